"""The tables of CAMPAIGN_FAILURE_DATABASE: rows that broke a test of dbt, in MySQL whichever engine found them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect_through_airflow, tables_in
from campaign.settings import Settings

ROWS_AT_ONCE = 500

log = logging.getLogger(__name__)


def forget_failing_rows(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Drop the tables of an earlier run: a table there means a test of this run."""
    database = settings.failure_database
    with connection.cursor() as cursor:
        for table in sorted(tables_in(connection, database)):
            cursor.execute(f"drop table {database}.`{table}`")


def store_failing_rows(settings: Settings, test: str, rows: Sequence[Mapping[str, str | None]]) -> str | None:
    """Store rows that another engine has handed over, as text; return the table, None where the loader has no place for it."""
    table = f"{settings.failure_database}.{test}"
    columns = [f"`{column}`" for column in rows[0]]
    try:
        with closing(connect_through_airflow()) as connection, connection.cursor() as cursor:
            cursor.execute(f"drop table if exists {table}")
            # With a key: some servers take no table without one.
            key = "failure_no bigint unsigned not null auto_increment primary key"
            cursor.execute(f"create table {table} ({key}, {', '.join(f'{column} longtext' for column in columns)})")
            insert = f"insert into {table} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})"
            for start in range(0, len(rows), ROWS_AT_ONCE):
                cursor.executemany(insert, [tuple(row.values()) for row in rows[start : start + ROWS_AT_ONCE]])
    except mysql.connector.Error as error:
        log.warning("The rows that broke %s cannot be stored: %s", test, error)
        return None
    return table
