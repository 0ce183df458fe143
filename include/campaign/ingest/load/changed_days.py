"""Which days' orders changed: whoever changes ``transaction_data`` notes it, so that a build reads changed days only.

A note that is missing shows as totals that differ, and stops the build; a full refresh mends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl


def note_days_of_orders(cursor, raw: str, prefix: str, files: Sequence[Path], *, replacing: bool) -> None:
    """Note the days of the orders in Parquet files with ``order_id`` and ``txn_time``, in the transaction that stored them.

    ``replacing``: stored orders gave way to some of them, so the days that these may have lain in are noted too.
    """
    if _first_note_over_stored_orders(cursor, raw, prefix):
        return
    days = (
        pl.scan_parquet(list(files))
        .group_by(pl.col("txn_time").dt.date().alias("day"))
        .agg(pl.col("order_id").min().alias("first"), pl.col("order_id").max().alias("last"))
        .collect()
    )
    if replacing:
        note_days_between(cursor, raw, prefix, days["first"].min(), days["last"].max())
    cursor.executemany(
        f"insert into {raw}.{prefix}order_day values (%s, utc_timestamp(6), %s, %s) on duplicate key update"
        " changed_at = values(changed_at), first_order_id = least(first_order_id, values(first_order_id)),"
        " last_order_id = greatest(last_order_id, values(last_order_id))",
        days.sort("day").rows(),
    )


def note_days_between(cursor, raw: str, prefix: str, first_order_id: int, last_order_id: int) -> None:
    """Note every day that may have held an order with an id between these two: for orders that were removed or replaced."""
    cursor.execute(
        f"update {raw}.{prefix}order_day set changed_at = utc_timestamp(6)"
        " where first_order_id <= %s and last_order_id >= %s",
        (last_order_id, first_order_id),
    )


def _first_note_over_stored_orders(cursor, raw: str, prefix: str) -> bool:
    """Note all days, and tell so, if none is noted although earlier loads stored orders: they did it without noting."""
    cursor.execute(
        f"select not exists (select 1 from {raw}.{prefix}order_day)"
        f" and exists (select 1 from {raw}.{prefix}ingest_file where status = 'loaded' and rows_accepted > 0)"
    )
    if not cursor.fetchone()[0]:
        return False
    cursor.execute(
        f"insert into {raw}.{prefix}order_day select txn_date, utc_timestamp(6), min(order_id), max(order_id)"
        f" from {raw}.{prefix}transaction_data group by txn_date"
    )
    return True
