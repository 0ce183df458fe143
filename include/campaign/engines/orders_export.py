"""The accepted orders as Parquet, for an engine that does not read MySQL's tables: one file per day, in the store's ``orders``.

MySQL keeps the orders; this is a copy, fed before a build. A file's name says which state of its day it holds
(``order_day.changed_at``), so only days that have changed are read again, and a feed that was killed goes on where it was.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import polars as pl
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.db.paging import COLUMNS, fetch_in_pages
from campaign.errors import TransientError
from campaign.settings import Settings

# One core of the server reads a day.
STREAMS = 2
# Where there are no orders, what engines read the columns from: they refuse a folder without a file.
NO_ORDERS = "2000-01-01.empty.parquet"
# A day's file, or the lines or the part that a feed which was killed has left of it.
OURS = re.compile(r"\d{4}-\d\d-\d\d\..+\.parquet|\.\d{4}-\d\d-\d\d\.(csv|part)")

STAGED = dict.fromkeys(COLUMNS, pl.Int64) | {"txn_time": pl.Datetime("us")}

# File name -> the day and ids around all of its orders.
Days = dict[str, tuple[str, int, int]]

log = logging.getLogger(__name__)


class StoreError(TransientError):
    """The copy has other orders than MySQL, or its folder holds what is not of it. The message says what to do."""


def feed_orders(connection: MySQLConnectionAbstract, settings: Settings, *, anew: bool = False) -> int:
    """Bring the copy up to MySQL's orders and return how many were read: those of changed days, or all with ``anew``.

    Raises StoreError when the copy then has other orders all the same, as somebody is writing them meanwhile, or when something
    else is in the folder, which is left as it is.
    """
    started = time.monotonic()
    folder = settings.store_folder / "orders"
    folder.mkdir(parents=True, exist_ok=True)
    if anew:
        _keep_only(folder, {})
    read = _read_days(settings, folder, _noted_days(connection, settings))
    if not _is_whole(connection, settings, folder):
        log.info("The store's days are not all orders, or cannot be read: reading all of them")
        _keep_only(folder, {})
        read = _read_days(settings, folder, _days_as_stored(connection, settings))
        if not _is_whole(connection, settings, folder):
            raise StoreError(f"{folder} and MySQL have different orders. Is somebody writing them? Run again.")
    log.info("The store has all orders; %s were read, in %.1f s", f"{read:,}", time.monotonic() - started)
    return read


def keep_first_orders(
    connection: MySQLConnectionAbstract, settings: Settings, files: Sequence[Path], load_no: int
) -> None:
    """Take the copy from what was just loaded into empty tables, staged rows in Parquet files, instead of reading it back."""
    folder = settings.store_folder / "orders"
    folder.mkdir(parents=True, exist_ok=True)
    staged = pl.scan_parquet(list(files)).with_columns(load_no=pl.lit(load_no, pl.Int64))
    for name, (day, *_) in _noted_days(connection, settings).items():
        _write(staged.filter(pl.col("txn_time").dt.date() == pl.lit(day).str.to_date()), folder / name, day)


def _noted_days(connection: MySQLConnectionAbstract, settings: Settings) -> Days:
    statement = (
        "select cast(txn_date as char), date_format(changed_at, '%Y%m%dT%H%i%s.%f'), first_order_id, last_order_id"
        f" from {settings.raw_database}.order_day"
    )
    return _days(connection, statement)


def _days_as_stored(connection: MySQLConnectionAbstract, settings: Settings) -> Days:
    """Return the days without a state: the next feed does not take their files for known."""
    statement = (
        "select cast(txn_date as char), 'unnoted', min(order_id), max(order_id)"
        f" from {settings.raw_database}.transaction_data group by txn_date"
    )
    return _days(connection, statement)


def _days(connection: MySQLConnectionAbstract, statement: str) -> Days:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {f"{day}.{state}.parquet": (day, first, last) for day, state, first, last in cursor.fetchall()}


def _read_days(settings: Settings, folder: Path, days: Days) -> int:
    """Make the folder hold these files and no others; return the orders that had to be read for it."""
    _keep_only(folder, days)
    if not days:
        _write(pl.LazyFrame(schema=STAGED), folder / NO_ORDERS, NO_ORDERS[:10])
    missing = [name for name in days if not (folder / name).exists()]
    with ThreadPoolExecutor(STREAMS) as streams:
        return sum(streams.map(lambda name: _read_day(settings, folder / name, *days[name]), missing))


def _read_day(settings: Settings, target: Path, day: str, first: int, last: int) -> int:
    lines = target.with_name(f".{day}.csv")
    with closing(connect(settings)) as connection, connection.cursor() as cursor, lines.open("w") as file:
        of_the_day = f"txn_date = '{day}' and order_id between {first} and {last}"
        found = fetch_in_pages(cursor, f"{settings.raw_database}.transaction_data", of_the_day, file)
    if found:
        schema = dict.fromkeys(COLUMNS, pl.Int64) | {"txn_time": pl.String}
        time_of_day = pl.col("txn_time").str.to_datetime("%Y-%m-%d %H:%M:%S")
        _write(pl.scan_csv(lines, has_header=False, schema=schema).with_columns(txn_time=time_of_day), target, day)
    lines.unlink()
    return found


def _write(orders: pl.LazyFrame, target: Path, day: str) -> None:
    """Write orders of one day, money in hundredths, in the columns and types of ``transaction_data``."""
    amounts = {name: (pl.col(name).cast(pl.Decimal(20, 2)) / 100).cast(pl.Decimal(18, 2)) for name in ("gmv", "rebate")}
    # Spark passes over files whose name begins with a dot, DuckDB over those that do not end in .parquet.
    part = target.with_name(f".{day}.part")
    orders.select(
        *COLUMNS[:1],
        pl.col("txn_time").cast(pl.Datetime("us")),
        pl.lit(day).str.to_date().alias("txn_date"),
        *COLUMNS[2:5],
        **amounts,
        load_no="load_no",
    ).sink_parquet(part)
    part.rename(target)


def _keep_only(folder: Path, wanted: Days) -> None:
    paths = list(folder.iterdir())
    ours = [path for path in paths if OURS.fullmatch(path.name)]
    # Engines pass over hidden files, which file systems and desktops leave.
    if strange := sorted({path.name for path in paths if path.name[0] != "."} - {path.name for path in ours}):
        raise StoreError(
            f"{folder} is for copies of orders, one file per day, and holds {', '.join(strange[:5])} besides. Move it elsewhere,"
            " or name another folder in CAMPAIGN_STORE."
        )
    for path in ours:
        if path.name not in wanted:
            path.unlink()


def _is_whole(connection: MySQLConnectionAbstract, settings: Settings, folder: Path) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {settings.raw_database}.transaction_data")
        (stored,) = cursor.fetchone()
    files = list(folder.glob("*.parquet"))
    try:
        return stored == (pl.scan_parquet(files).select(pl.len()).collect().item() if files else 0)
    except (pl.exceptions.PolarsError, OSError) as error:  # not Parquet, or cut short
        log.warning("%s cannot be read: %s", folder, error)
        return False
