"""Turns staged rows into the text that LOAD DATA reads, and feeds it to the reader as it is made."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import polars as pl

COLUMNS = ("order_id", "txn_time", "txn_date", "uid", "shop_id", "shop_owner_uid", "gmv", "rebate", "load_no")
SLICE_ROWS = 50_000


def write_orders(
    files: Sequence[Path], first: int, rows: int, load_no: int, target: BinaryIO, tell: Callable[[int], None]
) -> None:
    """Write ``rows`` rows from number ``first`` on (from 0, through all Parquet files) as lines of COLUMNS."""
    for frame in slices(files, first, rows):
        frame.select(
            "order_id",
            "txn_time",
            txn_date=pl.col("txn_time").dt.date(),
            uid="uid",
            shop_id="shop_id",
            shop_owner_uid="shop_owner_uid",
            gmv=pl.col("gmv").cast(pl.Decimal(20, 2)) / 100,
            rebate=pl.col("rebate").cast(pl.Decimal(20, 2)) / 100,
            load_no=load_no,
        ).write_csv(
            target, separator="\t", include_header=False, quote_style="never", datetime_format="%Y-%m-%d %H:%M:%S"
        )
        tell(frame.height)


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
