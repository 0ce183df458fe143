"""Rows that no rule accepts by themselves, but whose order may have other lines in the file: staged for the cross-row checks."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from campaign.ingest.validate.row import Rejected, Unsettled

FRAME_ROWS = 20_000
SCHEMA = {
    "line": pl.Int64,
    "order_id": pl.Int64,
    "kind": pl.String,  # incomplete or refused, both unsettled; outside (of campaigns) or rejected, both settled
    "reason": pl.String,
    "column_name": pl.String,
    "sentence": pl.String,
    # Of unsettled rows, as far as they are there; money in hundredths.
    "txn_time": pl.Datetime("ms"),
    "txn_date": pl.Date,
    "uid": pl.Int64,
    "shop_id": pl.Int64,
    "shop_owner_uid": pl.Int64,
    "gmv": pl.Int64,
    "rebate": pl.Int64,
}
_VALUES = list(SCHEMA)[6:]


class UnacceptedRows:
    """Rows with an order id that were not accepted, as Parquet files in the staging area's folder."""

    def __init__(self, folder: Path) -> None:
        """Stage into ``folder``."""
        self.folder = folder
        self.rows = 0
        self._files: list[Path] = []
        self._pending: list[tuple] = []

    def add(self, line: int, row: Rejected) -> None:
        """Stage a row; its order id is known."""
        if isinstance(row, Unsettled):
            kind = "incomplete" if any(name not in row.values for name in _VALUES) else "refused"
            values = map(row.values.get, _VALUES)
            self._pending.append((line, row.order_id, kind, row.reason, row.column, row.sentence, *values))
        else:
            kind = "outside" if row.reason == "outside_campaign" else "rejected"
            self._pending.append((line, row.order_id, kind, *[None] * (len(SCHEMA) - 3)))
        self.rows += 1
        if len(self._pending) >= FRAME_ROWS:
            self._write()

    def files(self) -> list[Path]:
        """Return the Parquet files, at least one, in the columns of SCHEMA."""
        if self._pending or not self._files:
            self._write()
        return self._files

    def _write(self) -> None:
        self._files.append(self.folder / f"unaccepted-{len(self._files):06}.parquet")
        pl.DataFrame(self._pending, schema=SCHEMA, orient="row").write_parquet(self._files[-1])
        self._pending.clear()
