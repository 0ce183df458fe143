"""Validates a whole file by the rules that need no other row: each row ends in the staging area, as accepted or as refused.

The vectorized validator takes what is evidently good out of each block; every other row goes to the row validator.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from pathlib import Path

import polars as pl

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.read.chunks import BLOCK_BYTES, Chunk, read_chunks
from campaign.ingest.read.header import Header, HeaderError, explain, read_header
from campaign.ingest.staging.area import SCHEMA, StagingArea, accepted_frame
from campaign.ingest.validate.row import Accepted, RowValidator, Unsettled, read_record
from campaign.ingest.validate.vectorized import VectorizedValidator
from campaign.progress import Progress

BLOCKS_AT_ONCE = 2


@dataclass
class FileScan:
    """What was seen: the header as it stands, columns that are ignored, rows, rows of several lines, and the end.

    A line that is the header again is no row; ``headers_again`` counts them, ``first_header_again`` is a line number.
    """

    header: bytes = b""
    width: int = 0
    ignored: list[str] = field(default_factory=list)
    spellings: list[str] = field(default_factory=list)
    headers_again: int = 0
    first_header_again: int = 0
    rows_read: int = 0
    rows_of_several_lines: int = 0
    last_line_is_open: bool = False  # it has no line end
    status_columns: list[str] = field(default_factory=list)  # of the ignored ones
    padded_ids: dict[str, tuple[int, str]] = field(default_factory=dict)  # column -> ids with leading zeros, the first


def validate_file(
    path: Path,
    staging: StagingArea,
    campaigns: Sequence[Campaign],
    wanted: frozenset[int] | None = None,
    *,
    block_bytes: int = BLOCK_BYTES,
    with_fast_lane: bool = True,
) -> FileScan:
    """Validate every row of the file into the staging area. Raises HeaderError, DamagedFileError or OSError."""
    chunks = read_chunks(path, block_bytes)
    header, first = _begin(chunks)
    blocks = _BlockValidator(header, RowValidator(header.names, campaigns, wanted), staging)
    blocks.line += 1 + header.raw.removesuffix(b"\n").count(b"\n")
    progress = Progress(path.name, "validated", path.stat().st_size)
    rest = b""
    accept = blocks.vectorized.accept if with_fast_lane else lambda block: pl.DataFrame(schema=SCHEMA)
    for chunk, good in _accepted_ahead(chain([first], chunks), accept):
        if chunk.dropped:
            blocks.validate_block(rest, accept(rest), is_last=True)
            blocks.reject_long_line(chunk)
            rest = b""
        elif rest:
            block = rest + chunk.data
            rest = blocks.validate_block(block, accept(block), chunk.is_last)
        else:
            rest = blocks.validate_block(chunk.data, good.result(), chunk.is_last)
        blocks.scan.last_line_is_open = chunk.data != b"" and not chunk.data.endswith(b"\n")
        progress.add(blocks.scan.rows_read - progress.rows, chunk.position)
    scan = blocks.scan
    scan.header, scan.width = header.raw, len(header.names)
    scan.spellings = header.spellings
    scan.ignored = [name or "(one without a name)" for name in header.names if name not in COLUMN_NAMES]
    scan.status_columns = [header.names[position] for position in blocks.validator.status_positions]
    scan.padded_ids = blocks.validator.padded_ids
    return scan


def _accepted_ahead(
    chunks: Iterable[Chunk], accept: Callable[[bytes], pl.DataFrame]
) -> Iterator[tuple[Chunk, Future[pl.DataFrame]]]:
    """Give each chunk with what ``accept`` makes of it, which is worked out while earlier ones are being dealt with."""
    ahead: deque[tuple[Chunk, Future[pl.DataFrame]]] = deque()
    with ThreadPoolExecutor(BLOCKS_AT_ONCE) as workers:
        for chunk in chunks:
            ahead.append((chunk, workers.submit(accept, b"" if chunk.dropped else chunk.data)))
            if len(ahead) > BLOCKS_AT_ONCE:
                yield ahead.popleft()
        while ahead:
            yield ahead.popleft()


def _begin(chunks: Iterator[Chunk]) -> tuple[Header, Chunk]:
    """Read the header; return it, and what follows it in the chunk where it ends."""
    data = b""
    for chunk in chunks:
        if chunk.dropped:
            raise HeaderError(explain(data + chunk.data))
        data += chunk.data
        header = read_header(data, chunk.is_last)
        if header:
            return header, replace(chunk, data=data[len(header.raw) :])
    raise AssertionError("the last chunk says that it is the last")


class _BlockValidator:
    """Sends each row of a block to the vectorized validator or to the row validator, and counts lines and rows."""

    def __init__(self, header: Header, validator: RowValidator, staging: StagingArea) -> None:
        self.header, self.validator, self.staging = header, validator, staging
        self.vectorized = VectorizedValidator(validator)
        self.scan = FileScan()
        self.line = 1

    def validate_block(self, block: bytes, good: pl.DataFrame, is_last: bool) -> bytes:
        """Validate the rows of whole lines, of which the vectorized validator accepted ``good``.

        Returns the last lines if only what follows can tell where their row ends.
        """
        if not block:
            return b""
        rows = block.count(b"\n") + (not block.endswith(b"\n"))
        if good.height == rows:
            self.staging.accept(good.with_columns(pl.col("line") + self.line))
            self.scan.rows_read += rows
            self.line += rows
            return b""
        return self._validate_rest(block, rows, good, is_last)

    def _validate_rest(self, block: bytes, lines: int, good: pl.DataFrame, is_last: bool) -> bytes:
        """Validate each row that the vectorized validator did not accept; a quoted value may join lines that it took for rows."""
        taken = bytearray(lines)  # 1: accepted by the vectorized validator
        for index in good["line"]:
            taken[index] = 1
        starts = array("q", accumulate((len(line) + 1 for line in block.split(b"\n")), initial=0))
        rest, joined, slow, headers = b"", set(), [], 0
        index = taken.find(0)
        while index >= 0:
            start = starts[index]
            record = read_record(block, start, self.validator.width, is_last)
            if record is None:
                rest, lines = block[start:], index
                break
            raw = block[start : record.end].removesuffix(b"\n").removesuffix(b"\r")
            outcome = self.validator.validate(record, len(raw))
            if isinstance(outcome, Accepted):
                slow.append((self.line + index, outcome))
            elif isinstance(outcome, Unsettled):
                self.staging.set_aside(self.line + index, outcome)
            elif self.header.is_repeated_by(raw, self.line + index):
                self._pass_over(self.line + index)
                headers += 1
            else:
                self.staging.reject(self.line + index, outcome, raw)
            if record.lines > 1:
                self.scan.rows_of_several_lines += 1
                joined.update(range(index + 1, index + record.lines))
            index = taken.find(0, index + record.lines)
        if rest or joined:
            good = good.filter((pl.col("line") < lines) & ~pl.col("line").is_in(list(joined)))
        good = good.with_columns(pl.col("line") + self.line)
        self.staging.accept(pl.concat([good, accepted_frame(slow)]).sort("line") if slow else good)
        self.scan.rows_read += lines - len(joined) - headers
        self.line += lines
        return rest

    def _pass_over(self, line: int) -> None:
        self.scan.headers_again += 1
        self.scan.first_header_again = self.scan.first_header_again or line

    def reject_long_line(self, chunk: Chunk) -> None:
        """Refuse a line of which only the beginning was read."""
        length = len(chunk.data) + chunk.dropped
        self.staging.reject(self.line, self.validator.reject_long_line(length), chunk.data, length)
        self.scan.rows_read += 1
        self.line += 1
