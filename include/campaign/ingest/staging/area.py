"""The folder in which one load stages its rows: good ones as Parquet chunks, refused ones as text that LOAD DATA reads.

It lies in the state folder and is gone when the load ends. One whose process was killed is removed by the next run: every
living process holds a file lock on its own.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from campaign.ingest.staging.sort_buffer import SortBuffer
from campaign.ingest.staging.unaccepted import UnacceptedRows
from campaign.ingest.validate.row import Accepted, Rejected, Unsettled, readable

SCHEMA = {
    "line": pl.Int64,
    "order_id": pl.Int64,
    "txn_time": pl.Datetime("ms"),
    "uid": pl.Int64,
    "shop_id": pl.Int64,
    "shop_owner_uid": pl.Int64,
    "gmv": pl.Int64,  # hundredths, as is rebate
    "rebate": pl.Int64,
    "campaign_id": pl.Int32,
    "status": pl.String,  # of ignored columns that tell an order's state, with commas between them
}
KEPT_OF_A_REASON = 100  # of a file that fails as a whole
TOLD_OF_A_REASON = 3
CUT_MARK = "… [cut here, see raw_length]"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


@dataclass(frozen=True)
class AcceptedFiles:
    """Staged rows, as Parquet files in the columns of SCHEMA."""

    files: list[Path]
    rows: int
    in_order: bool


class StagingArea:
    """Staged rows of one load. Use as a context manager."""

    def __init__(self, state_folder: Path, longest_raw_line: int) -> None:
        """Make the folder; a raw line longer than ``longest_raw_line`` bytes is cut, with a mark."""
        parent = _parent(state_folder)
        with _locked(parent):
            self.folder = Path(tempfile.mkdtemp(prefix="load-", dir=parent))
            self._lock = _locked(self.folder)
        self.longest_raw_line = longest_raw_line
        self.reasons: Counter[str] = Counter()
        self.sentences: dict[str, list[str]] = {}  # the first TOLD_OF_A_REASON of each reason
        self.rows_accepted = 0
        self.unaccepted = UnacceptedRows(self.folder)
        self._files: list[Path] = []
        self._order = SortBuffer()
        self._writer = ThreadPoolExecutor(1)
        self._written: Future | None = None
        self.rejected_file = self.folder / "rejected.tsv"
        self._rejected = self.rejected_file.open("w", encoding="utf-8", newline="")

    def __enter__(self) -> StagingArea:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()
        self._rejected.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def accept(self, frame: pl.DataFrame) -> None:
        """Stage good rows, in the columns of SCHEMA."""
        self.rows_accepted += frame.height
        self._write(self._order.push(frame))

    def accepted(self) -> AcceptedFiles:
        """Return the staged rows: Parquet files, at least one, and whether they are in the strict order of order ids."""
        rest = self._order.finish()
        self._write(pl.DataFrame(schema=SCHEMA) if rest is None else rest, even_if_empty=not self._files)
        self._wait_for_writer()
        return AcceptedFiles(self._files, self.rows_accepted, self._order.holds)

    def _write(self, frame: pl.DataFrame, even_if_empty: bool = False) -> None:
        """Write a frame while the next one is being validated."""
        if frame.height or even_if_empty:
            self._wait_for_writer()
            self._files.append(self.folder / f"accepted-{len(self._files):06}.parquet")
            # Uncompressed, the staging area is smaller than the file that was read, and takes half the time to write.
            self._written = self._writer.submit(
                frame.write_parquet, self._files[-1], compression="uncompressed", statistics=False
            )

    def _wait_for_writer(self) -> None:
        if self._written:
            self._written.result()

    def reject(self, line: int, rejected: Rejected, raw: bytes, raw_length: int | None = None) -> None:
        """Stage one refused row; ``raw`` is the line without its line end, or its beginning if ``raw_length`` says so."""
        self.reasons[rejected.reason] += 1
        sentence = f"line {line}: {rejected.sentence}"
        told = self.sentences.setdefault(rejected.reason, [])
        if len(told) < TOLD_OF_A_REASON:
            told.append(sentence)
        if rejected.order_id is not None:
            self.unaccepted.add(line, rejected)
        length = len(raw) if raw_length is None else raw_length
        text = readable(raw[: self.longest_raw_line])
        encoded = text.encode()
        if len(encoded) > self.longest_raw_line or length > len(raw) or len(raw) > self.longest_raw_line:
            room = self.longest_raw_line - len(CUT_MARK.encode())
            text = encoded[: min(room, len(encoded))].decode("utf-8", "ignore") + CUT_MARK
        values = (
            str(line),
            rejected.reason,
            rejected.column or "\\N",
            sentence.translate(_ESCAPES),
            str(length),
            text.translate(_ESCAPES),
        )
        self._rejected.write("\t".join(values) + "\n")

    def set_aside(self, line: int, row: Unsettled) -> None:
        """Stage a row for the cross-row checks: what becomes of it depends on the other lines of its order."""
        self.unaccepted.add(line, row)

    def rejected(self) -> Path:
        """Return the file of the refused rows, written out so far."""
        self._rejected.flush()
        return self.rejected_file

    def forget_rejected(self) -> None:
        """Drop the refused rows."""
        self.reasons.clear()
        self.sentences.clear()
        self._rejected.seek(0)
        self._rejected.truncate()

    def first_rejected_of_each_reason(self) -> Path:
        """Return a file with the first KEPT_OF_A_REASON refused rows of each reason."""
        seen: Counter[str] = Counter()
        first = self.folder / "rejected-first.tsv"
        with self.rejected().open("rb") as source, first.open("wb") as target:
            for row in source:
                reason = row.split(b"\t", 2)[1].decode()
                seen[reason] += 1
                if seen[reason] <= KEPT_OF_A_REASON:
                    target.write(row)
        return first


def accepted_frame(rows: Sequence[tuple[int, Accepted]]) -> pl.DataFrame:
    """Return validated rows (line number, values) in the columns of SCHEMA."""
    # Column by column: a frame made of row tuples costs more than validating them did.
    columns = {name: [getattr(row, name) for _, row in rows] for name in SCHEMA if name != "line"}
    return pl.DataFrame({"line": [line for line, _ in rows]} | columns, schema=SCHEMA)


def remove_abandoned(state_folder: Path) -> None:
    """Remove the folders of loads whose processes are gone."""
    parent = _parent(state_folder)
    with _locked(parent):
        for folder in parent.glob("load-*"):
            with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)


def _parent(state_folder: Path) -> Path:
    parent = state_folder / "ingest"
    parent.mkdir(parents=True, exist_ok=True)
    return parent


def _locked(folder: Path, how: int = 0) -> IO[str]:
    """Return a file that holds the folder's lock until it is closed, or its process ends."""
    lock = (folder / ".lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | how)
    return lock
