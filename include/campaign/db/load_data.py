"""LOAD DATA LOCAL: whether it is allowed, its statement, and a pipe that is read while it is filled."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import mysql.connector
import polars as pl
from mysql.connector.abstracts import MySQLConnectionAbstract

SLICE_ROWS = 50_000
BATCH_ROWS = 1_000  # of an insert, where LOAD DATA LOCAL is refused
# Unknown to the server, disabled on either side, refused by the client, no privilege.
REFUSALS = {1148, 2068, 3948, 3950, 4166}


def statement(file: Path, table: str, columns: Sequence[str], *, replace: bool = False) -> str:
    """Return the statement that loads a file of tab-separated values into a table; it can be followed by ``set``."""
    name = str(file).replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"load data local infile '{name}' {'replace ' if replace else ''}into table {table}"
        r" character set utf8mb4 fields terminated by '\t' escaped by '\\' lines terminated by '\n'"
        f" ({', '.join(columns)})"
    )


def why_refused(connection: MySQLConnectionAbstract, folder: Path, table: str, column: str) -> str:
    """Return why server or client refuse LOAD DATA LOCAL, or an empty text. Tries it with an empty file in ``folder``.

    The connection must be outside of a transaction: a refusal may cost it, and then it is opened again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / "empty.tsv"
    probe.touch()
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement(probe, table, [column]))
    except mysql.connector.Error as error:
        if error.errno not in REFUSALS and "restrictions on access" not in str(error):
            raise
        _ensure_usable(connection)
        return f"error {error.errno}: {error.msg}" if error.errno > 0 else str(error)
    return ""


def _ensure_usable(connection: MySQLConnectionAbstract) -> None:
    # A client that refuses may leave the server waiting for the file. A connection that goes on keeps its locks.
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            if cursor.fetchall() == [(1,)]:
                return
    except mysql.connector.Error:
        pass
    connection.reconnect()


def slices(files: Sequence[Path], first: int, rows: int) -> Iterator[pl.DataFrame]:
    """Yield ``rows`` rows from number ``first`` on (from 0, through all Parquet files), a bounded number at a time."""
    for file in files:
        scan = pl.scan_parquet(file)
        height = scan.select(pl.len()).collect().item()
        start, stop = first, min(height, first + rows)
        while start < stop:
            frame = scan.slice(start, min(SLICE_ROWS, stop - start)).collect()
            yield frame
            start += frame.height
        rows -= max(0, stop - first)
        first = max(0, first - height)
        if not rows:
            return


@contextmanager
def streamed(write: Callable[[BinaryIO], None], folder: Path) -> Iterator[Path]:
    """Give the name of a pipe that a thread fills by ``write``: whoever reads it to its end has what a file would hold.

    Raises what ``write`` raised. A reader that stops early ends the writer.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        pipe = Path(place) / "rows.tsv"
        os.mkfifo(pipe)
        failure: list[BaseException] = []
        writer = threading.Thread(target=_write, args=(write, pipe, failure), daemon=True)
        writer.start()
        try:
            yield pipe
        except Exception as error:
            _join(writer, pipe)
            if failure and not isinstance(failure[0], BrokenPipeError):
                raise failure[0] from error  # a writer that fails cuts the text short: that is why its reader failed
            raise
        finally:
            _join(writer, pipe)
        if failure:
            raise failure[0]


def _join(writer: threading.Thread, pipe: Path) -> None:
    while writer.is_alive():
        # Its reader is done or never came: let the open of the other end return, and its writes fail.
        with suppress(OSError):
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        writer.join(0.05)


def _write(write: Callable[[BinaryIO], None], pipe: Path, failure: list[BaseException]) -> None:
    try:
        with pipe.open("wb") as target:
            write(target)
    except BaseException as error:  # handed to the thread that reads
        failure.append(error)
