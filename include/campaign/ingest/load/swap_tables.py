"""The first large load goes into new tables beside the empty ones, by several streams, and then all change places at once.

One LOAD DATA keeps one core of the server busy, and one transaction cannot be fed by two connections. Where there is nothing
to add to, it need not be one: what nobody reads yet may be filled in any way, and MySQL's RENAME of several tables is atomic,
also when the server is killed. So readers still see one change. Later loads add to what is there, in one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings

LOADING, RETIRED = "loading__", "retired__"
TABLES = ("transaction_data", "rejected_row", "ingest_file", "source_version", "order_day")
FROM_ROWS = 1_000_000
# They are copied, so they must be few.
LARGEST_QUARANTINE = 100_000
# A reader with an open transaction keeps the tables from changing places; a load in one transaction need not wait for it.
RENAME_WAIT_SECONDS = 30

log = logging.getLogger(__name__)


class SwapRefusedError(RuntimeError):
    """The tables could not change places; nothing has changed."""


def suit(connection: MySQLConnectionAbstract, settings: Settings, rows: int) -> bool:
    """Tell whether ``rows`` rows should go into side tables."""
    if rows < FROM_ROWS:
        return False
    raw = settings.raw_database
    with connection.cursor() as cursor:
        # MariaDB does not promise that a rename of several tables survives a crash as one.
        cursor.execute("select version() like '%mariadb%'")
        if cursor.fetchone()[0]:
            return False
        cursor.execute(
            f"select not exists (select 1 from {raw}.transaction_data) and"
            f" (select count(*) from (select 1 from {raw}.rejected_row limit {LARGEST_QUARANTINE + 1}) as some)"
            f" <= {LARGEST_QUARANTINE}"
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def beside(connection: MySQLConnectionAbstract, settings: Settings) -> Iterator[str]:
    """Make the side tables, give their prefix, and let them take the places of the kept ones when the block ends well.

    All but ``transaction_data`` begin with what the kept ones hold. Raises SwapRefusedError when readers do not let go.
    """
    raw = settings.raw_database
    # A load that lost its connection, and with it the lock, may have streams that still write: not into these.
    prefix = f"{LOADING}{connection.connection_id}__"
    drop_left_overs(connection, settings)
    try:
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"create table {raw}.{prefix}{table} like {raw}.{table}")
                cursor.execute(f"insert into {raw}.{prefix}{table} select * from {raw}.{table}")
        yield prefix
        _swap(connection, raw, prefix)
    finally:
        if connection.is_connected():
            drop_left_overs(connection, settings)


def drop_left_overs(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Drop the side tables that a killed load left."""
    raw = settings.raw_database
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables"
            " where table_schema = %s and (table_name like %s or table_name like %s)",
            (raw, LOADING.replace("_", r"\_") + "%", RETIRED.replace("_", r"\_") + "%"),
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"drop table {raw}.{table}")


def _swap(connection: MySQLConnectionAbstract, raw: str, prefix: str) -> None:
    moves = [f"{raw}.{table} to {raw}.{RETIRED}{table}" for table in TABLES]
    moves += [f"{raw}.{prefix}{table} to {raw}.{table}" for table in TABLES]
    with connection.cursor() as cursor:
        cursor.execute("select @@session.lock_wait_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("set session lock_wait_timeout = %s", (RENAME_WAIT_SECONDS,))
        try:
            cursor.execute(f"rename table {', '.join(moves)}")
        except mysql.connector.Error as error:
            if error.errno != errorcode.ER_LOCK_WAIT_TIMEOUT:
                raise
            log.info("%s is being read in a long transaction: loading in one transaction instead", raw)
            raise SwapRefusedError(str(error)) from error
        finally:
            cursor.execute("set session lock_wait_timeout = %s", (usual,))
