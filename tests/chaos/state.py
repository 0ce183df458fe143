"""Everything that a run leaves, as checksums, and what must hold: the same after any fault and one clean run."""

from __future__ import annotations

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.publishing.publication_log import STAMP_TABLE, read_stamp
from campaign.settings import Settings

# Columns of the kept tables that two equal histories share; numbers of loads, times and runs differ.
RAW = {
    "transaction_data": "order_id, txn_time, txn_date, uid, shop_id, shop_owner_uid, gmv, rebate",
    "ingest_file": "sha256, file_name, bytes, status, rows_read, rows_accepted, rows_rejected, rows_known, cast(reasons as char)",
    "rejected_row": "sha256, line_number, reason, column_name, sentence, raw_length, raw_line",
    "order_day": "txn_date, first_order_id, last_order_id",
}


def checksums(connection: MySQLConnectionAbstract, settings: Settings, marts: tuple[str, ...]) -> dict[str, tuple]:
    """Return table -> rows and a checksum, of every raw table and served mart."""
    found = {
        table: _checksum(connection, f"{settings.raw_database}.{table}", columns) for table, columns in RAW.items()
    }
    for mart in marts:
        with connection.cursor() as cursor:
            cursor.execute(f"select * from {settings.mart_database}.{mart} limit 0")
            cursor.fetchall()
            columns = ", ".join(cursor.column_names)
        found[mart] = _checksum(connection, f"{settings.mart_database}.{mart}", columns)
    return found


def broken_promises(connection: MySQLConnectionAbstract, settings: Settings, marts: tuple[str, ...]) -> list[str]:
    """Return what does not hold after a clean run: the log, the sets, what is left over."""
    wrong = []
    mart, previous = settings.mart_database, settings.previous_database
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*), count(distinct generation), max(generation) from {mart}.publication")
        logged, numbers, newest = cursor.fetchone()
        stamp = read_stamp(connection, settings, mart)
        if stamp is None or stamp["generation"] != newest or logged != numbers:
            wrong.append(
                f"served {stamp and stamp['generation']}, newest in the log {newest}, {logged} lines, {numbers} numbers"
            )
        cursor.execute(f"select count(*) from {settings.raw_database}.pipeline_lease")
        if cursor.fetchone()[0]:
            wrong.append("the lease was not given back")
    if (before := tables_in(connection, previous)) not in (set(), {*marts, STAMP_TABLE}):
        wrong.append(f"{previous} has {sorted(before)}")
    if left := tables_in(connection, settings.build_database) & {*marts, STAMP_TABLE}:
        wrong.append(f"{settings.build_database} has {sorted(left)}")
    if left := {table for table in tables_in(connection, settings.raw_database) if "__" in table}:
        wrong.append(f"{settings.raw_database} has {sorted(left)}")
    return wrong


def _checksum(connection: MySQLConnectionAbstract, table: str, columns: str) -> tuple:
    marked = ", ".join(f"coalesce({column}, '~')" for column in columns.split(", "))
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*), coalesce(bit_xor(crc32(concat_ws('|', {marked}))), 0) from {table}")
        return cursor.fetchone()
