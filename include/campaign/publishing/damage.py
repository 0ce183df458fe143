"""Damage by hand that a run must not pass over: served tables that were dropped or altered, orders that are gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.errors import UserError
from campaign.publishing.publication_log import STAMP_TABLE
from campaign.settings import Settings


class DamageError(UserError):
    """Something that no run repairs by itself. The message gives the commands that do."""


def find_damage(connection: MySQLConnectionAbstract, settings: Settings, stamp: Mapping[str, Any]) -> list[str]:
    """Return a clause per served table that is not as it was published: gone, or with more or fewer rows, or altered."""
    mart, row_counts = settings.mart_database, stamp["row_counts"]
    if missing := sorted(row_counts.keys() - tables_in(connection, mart)):
        return [f"{mart}.{table} is no table any more" for table in missing]
    damaged = []
    with connection.cursor() as cursor:
        for table, rows in row_counts.items():
            cursor.execute(f"select count(*) from {mart}.{table}")
            (found,) = cursor.fetchone()
            if found != rows:
                damaged.append(f"{mart}.{table} has {found:,} rows and was published with {rows:,}")
        cursor.execute(
            "select table_comment from information_schema.tables where table_schema = %s and table_name = %s",
            (mart, STAMP_TABLE),
        )
        (published,) = cursor.fetchone()
    # An earlier release left no comment.
    if published and (None in stamp.values() or published != forms(connection, mart, row_counts)):
        damaged.append(f"a column or key of a table in {mart} was altered")
    return damaged


def forms(connection: MySQLConnectionAbstract, database: str, tables: Iterable[str]) -> str:
    """Hash the columns and keys of tables. 64 hexadecimal digits, kept as the comment of the stamp, which travels with them."""
    wanted = set(tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, ordinal_position, column_name, column_type, is_nullable, collation_name"
            " from information_schema.columns where table_schema = %s",
            (database,),
        )
        found = cursor.fetchall()
        cursor.execute(
            "select table_name, seq_in_index, index_name, column_name, non_unique, null"
            " from information_schema.statistics where table_schema = %s",
            (database,),
        )
        found += cursor.fetchall()
    texts = sorted("|".join(map(_text, row)) for row in found if _text(row[0]) in wanted)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _text(value: object) -> str:
    # The driver's two implementations differ: one gives long texts of information_schema as bytes.
    return bytes(value).decode() if isinstance(value, bytes | bytearray) else str(value)


def refuse_lost_orders(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Raise DamageError when files are known as loaded and no order is stored: loading them again would skip them."""
    raw = settings.raw_database
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*), coalesce(sum(rows_accepted), 0) from {raw}.ingest_file"
            f" where status = 'loaded' and rows_accepted > 0 and not exists (select 1 from {raw}.transaction_data)"
        )
        files, rows = cursor.fetchone()
    if files:
        tables = ", ".join(f"{raw}.{table}" for table in ("ingest_file", "rejected_row", "order_day"))
        raise DamageError(
            f"{raw}.transaction_data is empty, and {files} files with {rows:,} accepted rows count as loaded: it was dropped or"
            " emptied by hand. Nothing was loaded, and what is served stays. Restore the table from a backup; or forget the files"
            f' and load them again: make sql Q="drop table {tables}", then make run on all of them.'
        )
