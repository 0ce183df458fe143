"""Brings finished marts from the engine that built them into ``campaign_build`` in MySQL, where audit and publish find them.

An engine leaves each mart as Parquet in its ``marts_folder``, in the order of its key. Here it becomes a table with the keys
that the model names, filled by LOAD DATA LOCAL (or by batched inserts where that is refused), a bounded number of rows in memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.db.load_data import BATCH_ROWS, slices, streamed, why_refused
from campaign.errors import TransientError
from campaign.progress import Progress
from campaign.settings import Settings
from campaign.transform.dbt_project import MANIFEST, handed_over_tables

INCOMING = "incoming__"
# Of a large mart each stream loads a part, and a core of the server works for each.
STREAMS, STREAMS_FROM_ROWS = 2, 200_000
# Keys and statistics of a mart are made by one core: the other fills the next mart meanwhile.
MARTS_AT_ONCE = 2
# MySQL's keys hold 3,072 bytes; four texts of this length and a few numbers fit.
SHORT_TEXT = 160
TYPES = {pl.Int32: "int", pl.Int64: "bigint", pl.Date: "date", pl.Datetime: "datetime", pl.Decimal: "decimal({0}, {1})"}
# As mysql__session_settings: values that do not fit are errors, and keys are sorted in more than the usual 1 MiB.
SESSION = (
    "set session sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"
    " /*!80030 , session innodb_ddl_buffer_size = 67108864 */"
)

log = logging.getLogger(__name__)


class HandOverError(TransientError):
    """A mart could not be brought back whole. The message names it and says what to do."""


def bring_marts_back(settings: Settings, names: Iterable[str], manifest: Path = MANIFEST) -> dict[str, int]:
    """Put these marts, of those an engine hands over, into the build database; return name -> rows. Others are passed over.

    Raises HandOverError when one is not there or MySQL took other rows than were sent.
    """
    tables = handed_over_tables(manifest)
    with closing(connect(settings, settings.build_database)) as connection:
        refusal = why_refused(
            connection, settings.state_folder, f"{settings.raw_database}.transaction_data", "order_id"
        )

    def bring_back(name: str) -> int:
        with closing(connect(settings, settings.build_database)) as connection:
            return _bring_back(connection, settings, name, tables[name], refusal)

    wanted = [name for name in names if name in tables]
    with ThreadPoolExecutor(MARTS_AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(bring_back, wanted), strict=True))


def _bring_back(
    connection: MySQLConnectionAbstract, settings: Settings, name: str, config: Mapping[str, Any], refusal: str
) -> int:
    started = time.monotonic()
    files = _files(settings.marts_folder / f"{name}.parquet")
    rows = pl.scan_parquet(files).select(pl.len()).collect().item()
    incoming = f"{settings.build_database}.{INCOMING}{name}"
    with connection.cursor() as cursor:
        cursor.execute(SESSION)
        cursor.execute(f"drop table if exists {incoming}")
        cursor.execute(_definition(incoming, files, config))
    _fill(settings, incoming, files, rows, refusal)
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {incoming}")
        if (found := cursor.fetchone()[0]) != rows:
            raise HandOverError(
                f"{name}: of {rows} rows {found} arrived in {incoming}. Clear the task, which tries again."
            )
        keys = [f"add key by_{'_'.join(columns)} ({', '.join(columns)})" for columns in config.get("indexes") or []]
        if keys:
            cursor.execute(f"alter table {incoming} {', '.join(keys)}")
        # As mysql__create_indexes: the audit's queries are planned before MySQL makes statistics by itself.
        cursor.execute(f"analyze table {incoming}")
        cursor.fetchall()
        cursor.execute(f"drop table if exists {settings.build_database}.{name}")
        cursor.execute(f"rename table {incoming} to {settings.build_database}.{name}")
    log.info("%s: %s rows are back in MySQL, %.1f s", name, f"{rows:,}", time.monotonic() - started)
    return rows


def _files(mart: Path) -> list[Path]:
    """Return a mart's files in the order of its key: one, or the parts of a folder."""
    files = sorted(mart.glob("*.parquet")) if mart.is_dir() else [mart]
    if not files or not files[0].exists():
        raise HandOverError(f"{mart} is missing: the engine did not hand this mart over. Run again with full refresh.")
    return files


def _definition(table: str, files: list[Path], config: Mapping[str, Any]) -> str:
    """Return the statement that makes the table as the MySQL engine makes it; texts have one of two lengths."""
    scan = pl.scan_parquet(files)
    longest = scan.select(pl.col(pl.String).str.len_chars().max()).collect().to_dict(as_series=False)
    key = config["primary_key"]
    indexed = {*key, *(column for columns in config.get("indexes") or [] for column in columns)}
    columns = []
    for name, dtype in scan.collect_schema().items():
        if dtype == pl.String:
            is_short = name in indexed or (longest[name][0] or 0) <= SHORT_TEXT
            sql_type = f"varchar({SHORT_TEXT})" if is_short else "longtext"
        else:
            sql_type = TYPES[type(dtype)].format(getattr(dtype, "precision", 0), getattr(dtype, "scale", 0))
        columns.append(f"`{name}` {sql_type} {'not ' if name in key else ''}null")
    return (
        f"create table {table} ({', '.join(columns)}, primary key ({', '.join(key)}))"
        " default character set utf8mb4 collate utf8mb4_bin"
    )


def _fill(settings: Settings, table: str, files: list[Path], rows: int, refusal: str) -> None:
    progress = Progress(table.split(INCOMING)[-1], "brought back", rows)
    streams = STREAMS if rows >= STREAMS_FROM_ROWS else 1

    def fill(number: int) -> None:
        first, stop = rows * number // streams, rows * (number + 1) // streams
        with closing(connect(settings)) as connection, connection.cursor() as cursor:
            cursor.execute(SESSION)
            if refusal:
                _insert(cursor, table, files, first, stop - first, progress)
            else:
                _load(cursor, settings, table, files, first, stop - first, progress)

    with ThreadPoolExecutor(streams) as pool:
        list(pool.map(fill, range(streams)))


def _load(cursor, settings: Settings, table: str, files: list[Path], first: int, rows: int, progress: Progress) -> None:
    def write(target: BinaryIO) -> None:
        for frame in slices(files, first, rows):
            # Quoted are all but numbers and nulls, so that a text NULL is a text, and an empty one is not a null.
            frame.write_csv(
                target, include_header=False, quote_style="non_numeric", null_value="NULL",
                datetime_format="%Y-%m-%d %H:%M:%S",
            )  # fmt: skip
            progress.add(frame.height)

    with streamed(write, settings.store_folder) as pipe:
        name = str(pipe).replace("\\", "\\\\").replace("'", "\\'")
        cursor.execute(
            f"load data local infile '{name}' into table {table} character set utf8mb4"
            r""" fields terminated by ',' enclosed by '"' escaped by '' lines terminated by '\n'"""
        )
    cursor.execute("show warnings limit 1")
    if warning := cursor.fetchone():
        raise HandOverError(f"{table}: MySQL does not take a row as it is: {warning[-1]}")


def _insert(cursor, table: str, files: list[Path], first: int, rows: int, progress: Progress) -> None:
    for frame in slices(files, first, rows):
        places = ", ".join(["%s"] * frame.width)
        for batch in frame.iter_slices(BATCH_ROWS):
            cursor.executemany(f"insert into {table} values ({places})", batch.rows())
        progress.add(frame.height)
