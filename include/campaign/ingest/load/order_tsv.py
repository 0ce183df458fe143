"""Staged orders as the lines that LOAD DATA reads into ``transaction_data``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl

from campaign.db.load_data import slices

COLUMNS = ("order_id", "txn_time", "txn_date", "uid", "shop_id", "shop_owner_uid", "gmv", "rebate", "load_no")


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
