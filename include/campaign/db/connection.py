"""One way to open a MySQL connection outside Airflow (inside, tasks use the hook of connection ``campaign_mysql``).

And one to see which tables are there.
"""

from __future__ import annotations

import logging

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings, get_settings

CONNECTION_ID = "campaign_mysql"  # Airflow's name for the loader

# What our statements are written for. Under a server's ANSI_QUOTES or NO_BACKSLASH_ESCAPES the same text means another thing.
SQL_MODE = "STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION"


class LockWaitError(mysql.connector.DatabaseError):
    """Another session did not let go of a table or a row in the set time. The message says what to do."""

    def __init__(self, msg: str | None = None, errno: int | None = None, sqlstate: str | None = None) -> None:
        """Take what the driver makes an error of."""
        super().__init__(
            f"{msg}: another session has held a table or row for CAMPAIGN_TABLE_WAIT_SECONDS. SHOW FULL PROCESSLIST"
            " shows the sessions; end the one with an old transaction (KILL and its id), then clear the task or run again",
            errno=errno,
            sqlstate=sqlstate,
        )


def bounded_waits(settings: Settings) -> str:
    """Return the statement that each session begins with, so that no wait is for ever, and give its error a sentence."""
    mysql.connector.custom_error_exception(errorcode.ER_LOCK_WAIT_TIMEOUT, LockWaitError)
    seconds = settings.table_wait_seconds
    return f"set session lock_wait_timeout = {seconds}, session innodb_lock_wait_timeout = {seconds}"


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
        init_command=bounded_waits(settings),
    )


def connect_through_airflow(connection_id: str = CONNECTION_ID) -> MySQLConnectionAbstract:
    """Connect as the Airflow connection says, in autocommit, with LOAD DATA LOCAL allowed. For use inside a task."""
    from airflow.providers.mysql.hooks.mysql import MySqlHook  # Airflow exists only where tasks run

    logging.getLogger("mysql.connector").setLevel(logging.WARNING)  # it tells of each plug-in it loads
    begin = bounded_waits(get_settings())
    connection = MySqlHook(mysql_conn_id=connection_id, local_infile=True, init_command=begin).get_conn()
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
