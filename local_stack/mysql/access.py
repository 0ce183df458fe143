"""The databases and the two users of least privilege, on a private server or on a given one."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import bounded_waits
from campaign.db.open_readers import MAY_WATCH
from campaign.settings import Settings


def access_statements(settings: Settings, loader_password: str, api_password: str) -> list[str]:
    """Return the SQL that an administrator runs once; every statement may run again.

    The loader has all rights on the four databases and elsewhere sees who holds a table; the web service may only read the marts.
    """
    loader, api = f"'{settings.mysql_user}'@'%'", f"'{settings.mysql_api_user}'@'%'"
    statements = [_creation(name) for name in settings.databases]
    for user, password in ((loader, loader_password), (api, api_password)):
        statements.append(f"create user if not exists {user} identified by {quoted(password)}")
        statements.append(f"alter user {user} identified by {quoted(password)}")
    statements += [f"grant all privileges on {_pattern(name)}.* to {loader}" for name in settings.databases]
    statements.append(f"grant select on {_pattern(settings.mart_database)}.* to {api}")
    return statements + optional_statements(settings)


def optional_statements(settings: Settings) -> list[str]:
    """Return what is not needed, but without it failing rows are not stored and a waiting publication cannot name its readers."""
    loader = f"'{settings.mysql_user}'@'%'"
    failures = settings.failure_database
    statements = [
        _creation(failures),
        f"grant all privileges on {_pattern(failures)}.* to {loader}",
    ]
    statements += [f"grant select on performance_schema.{table} to {loader}" for table in MAY_WATCH]
    if settings.publish_end_readers:
        statements.append(f"grant /*!80000 connection_admin *//*M! connection admin */ on *.* to {loader}")
    return statements


def grant_access(
    administrator: MySQLConnectionAbstract, settings: Settings, loader_password: str, api_password: str
) -> None:
    """Create databases and users, and set the passwords, over an administrator's connection."""
    optional = optional_statements(settings)
    with administrator.cursor() as cursor:
        cursor.execute(bounded_waits(settings))
        cursor.execute("select schema_name from information_schema.schemata")
        # IF NOT EXISTS would wait, too, for whoever has read a table there in a transaction that is still open.
        there = {_creation(name) for (name,) in cursor.fetchall()}
        for statement in access_statements(settings, loader_password, api_password):
            if statement in there:
                continue
            # An administrator of a managed server may not be able to give these on.
            with suppress(mysql.connector.Error) if statement in optional else nullcontext():
                cursor.execute(statement)


def missing_access(host: str, settings: Settings, user: str, password: str, databases: tuple[str, ...]) -> str:
    """Return why a user cannot use these databases on a server, or the empty string."""
    for database in databases:
        try:
            mysql.connector.connect(
                host=host,
                port=settings.mysql_port,
                user=user,
                password=password,
                database=database,
                connection_timeout=10,
            ).close()
        except mysql.connector.Error as error:
            return str(error)
    return ""


def quoted(text: str) -> str:
    """Return text as an SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _creation(database: str) -> str:
    return f"create database if not exists `{database}` default character set utf8mb4 collate utf8mb4_bin"


def _pattern(database: str) -> str:
    # In a GRANT an underscore stands for any character: unescaped, the right would reach similarly named databases.
    return "`" + database.replace("_", "\\_") + "`"
