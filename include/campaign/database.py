"""One way to open a MySQL connection outside Airflow (inside, tasks use the hook of connection ``campaign_mysql``).

And one to see which tables are there.
"""

from __future__ import annotations

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings

# What our statements are written for. Under a server's ANSI_QUOTES or NO_BACKSLASH_ESCAPES the same text means another thing.
SQL_MODE = "STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION"


def connect(settings: Settings, database: str | None = None) -> MySQLConnectionAbstract:
    """Connect as the loader, in autocommit, with LOAD DATA LOCAL allowed on the client's side.

    Raises mysql.connector.Error when the server refuses; its message names host and port.
    """
    return mysql.connector.connect(
        host=settings.mysql_host or "127.0.0.1",
        port=settings.mysql_port,
        user=settings.mysql_user,
        password=settings.mysql_password.get_secret_value(),
        database=database or settings.raw_database,
        allow_local_infile=True,
        autocommit=True,
        sql_mode=SQL_MODE,
        connection_timeout=10,
    )


def connect_through_airflow(connection_id: str) -> MySQLConnectionAbstract:
    """Connect as the Airflow connection says, in autocommit, with LOAD DATA LOCAL allowed. For use inside a task."""
    from airflow.providers.mysql.hooks.mysql import MySqlHook  # Airflow exists only where tasks run

    connection = MySqlHook(mysql_conn_id=connection_id, local_infile=True).get_conn()
    connection.autocommit = True
    connection.sql_mode = SQL_MODE
    return connection


def tables_in(connection: MySQLConnectionAbstract, database: str) -> set[str]:
    """Return the names of a database's base tables; views do not count, they cannot be served."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s and table_type = 'BASE TABLE'",
            (database,),
        )
        return {row[0] for row in cursor.fetchall()}
