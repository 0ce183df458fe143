"""Write rows as the platform exports them: quoted header and times, whole minutes, whole units of money."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from campaign_sample.plan import Plan
from campaign_sample.town import MINUTES_PER_DAY

COLUMNS = ("txn_time", "txn_date", "order_id", "uid", "shop_id", "shop_owner_uid", "gmv", "rebate")
HEADER = ",".join(f'"{name}"' for name in COLUMNS).encode() + b"\n"


class Times:
    """The campaign's minutes and days as the file spells them."""

    def __init__(self, plan: Plan) -> None:
        midnight = datetime.combine(plan.start, datetime.min.time())
        minutes = range(plan.days * MINUTES_PER_DAY)
        self._minutes = pl.Series([f"{midnight + timedelta(minutes=minute)}" for minute in minutes], dtype=pl.String)
        self._days = self._minutes.gather_every(MINUTES_PER_DAY)

    def of(self, minutes: np.ndarray) -> tuple[pl.Series, pl.Series]:
        """txn_time and txn_date of minutes counted from the campaign's start."""
        return self._minutes.gather(pl.Series(minutes)), self._days.gather(pl.Series(minutes // MINUTES_PER_DAY))


def text_of(columns: Iterable[pl.Series | np.ndarray]) -> bytes:
    """Rows as lines of CSV without a header; the columns come in the contract's order."""
    buffer = io.BytesIO()
    frame = pl.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    frame.write_csv(buffer, include_header=False, quote_style="non_numeric")
    return buffer.getvalue()


@contextmanager
def replacing(path: Path, *, compress: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only when it is complete.

    Compressed content is the same for the same seed; the compressed bytes also depend on the machine's zlib.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb") as plain:
            if compress:
                with gzip.GzipFile(filename="", mode="wb", fileobj=plain, compresslevel=1, mtime=0) as packed:
                    yield packed
            else:
                yield plain
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_table(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a small CSV, complete or not at all."""
    with replacing(path) as out:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        text.flush()
        text.detach()
