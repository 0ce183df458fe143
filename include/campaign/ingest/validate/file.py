"""Judges a whole file by the rules that need no other row: each row ends in the spool, as accepted or as refused.

The fast lane takes what is evidently good out of each block; every other row goes to the judge.
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
from campaign.ingest.staging.area import SCHEMA, Spool, accepted_frame
from campaign.ingest.validate.row import Accepted, Judge, Unsettled, read_record
from campaign.ingest.validate.vectorized import FastLane
from campaign.progress import Progress

BLOCKS_AT_ONCE = 2


@dataclass
class JudgedFile:
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


def judge_file(
    path: Path,
    spool: Spool,
    campaigns: Sequence[Campaign],
    wanted: frozenset[int] | None = None,
    *,
    block_bytes: int = BLOCK_BYTES,
    with_fast_lane: bool = True,
) -> JudgedFile:
    """Judge every row of the file into the spool. Raises HeaderError, DamagedFileError or OSError."""
    chunks = read_chunks(path, block_bytes)
    header, first = _begin(chunks)
    lanes = _Lanes(header, Judge(header.names, campaigns, wanted), spool)
    lanes.line += 1 + header.raw.removesuffix(b"\n").count(b"\n")
    progress = Progress(path.name, "judged", path.stat().st_size)
    rest = b""
    accept = lanes.fast_lane.accept if with_fast_lane else lambda block: pl.DataFrame(schema=SCHEMA)
    for chunk, good in _accepted_ahead(chain([first], chunks), accept):
        if chunk.dropped:
            lanes.judge_block(rest, accept(rest), is_last=True)
            lanes.judge_long_line(chunk)
            rest = b""
        elif rest:
            block = rest + chunk.data
            rest = lanes.judge_block(block, accept(block), chunk.is_last)
        else:
            rest = lanes.judge_block(chunk.data, good.result(), chunk.is_last)
        lanes.judged.last_line_is_open = chunk.data != b"" and not chunk.data.endswith(b"\n")
        progress.add(lanes.judged.rows_read - progress.rows, chunk.position)
    judged = lanes.judged
    judged.header, judged.width = header.raw, len(header.names)
    judged.spellings = header.spellings
    judged.ignored = [name or "(one without a name)" for name in header.names if name not in COLUMN_NAMES]
    judged.status_columns = [header.names[position] for position in lanes.judge.status_positions]
    judged.padded_ids = lanes.judge.padded_ids
    return judged


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


class _Lanes:
    """Sends each row of a block to the fast lane or to the judge, and counts lines and rows."""

    def __init__(self, header: Header, judge: Judge, spool: Spool) -> None:
        self.header, self.judge, self.spool = header, judge, spool
        self.fast_lane = FastLane(judge)
        self.judged = JudgedFile()
        self.line = 1

    def judge_block(self, block: bytes, good: pl.DataFrame, is_last: bool) -> bytes:
        """Judge the rows of whole lines, of which the fast lane accepted ``good``.

        Returns the last lines if only what follows can tell where their row ends.
        """
        if not block:
            return b""
        rows = block.count(b"\n") + (not block.endswith(b"\n"))
        if good.height == rows:
            self.spool.accept(good.with_columns(pl.col("line") + self.line))
            self.judged.rows_read += rows
            self.line += rows
            return b""
        return self._judge_rest(block, rows, good, is_last)

    def _judge_rest(self, block: bytes, lines: int, good: pl.DataFrame, is_last: bool) -> bytes:
        """Judge each row that the fast lane did not accept; a quoted value may join lines that it took for rows."""
        taken = bytearray(lines)  # 1: accepted by the fast lane
        for index in good["line"]:
            taken[index] = 1
        starts = array("q", accumulate((len(line) + 1 for line in block.split(b"\n")), initial=0))
        rest, joined, slow, headers = b"", set(), [], 0
        index = taken.find(0)
        while index >= 0:
            start = starts[index]
            record = read_record(block, start, self.judge.width, is_last)
            if record is None:
                rest, lines = block[start:], index
                break
            raw = block[start : record.end].removesuffix(b"\n").removesuffix(b"\r")
            outcome = self.judge.judge(record, len(raw))
            if isinstance(outcome, Accepted):
                slow.append((self.line + index, outcome))
            elif isinstance(outcome, Unsettled):
                self.spool.set_aside(self.line + index, outcome)
            elif self.header.is_repeated_by(raw, self.line + index):
                self._pass_over(self.line + index)
                headers += 1
            else:
                self.spool.reject(self.line + index, outcome, raw)
            if record.lines > 1:
                self.judged.rows_of_several_lines += 1
                joined.update(range(index + 1, index + record.lines))
            index = taken.find(0, index + record.lines)
        if rest or joined:
            good = good.filter((pl.col("line") < lines) & ~pl.col("line").is_in(list(joined)))
        good = good.with_columns(pl.col("line") + self.line)
        self.spool.accept(pl.concat([good, accepted_frame(slow)]).sort("line") if slow else good)
        self.judged.rows_read += lines - len(joined) - headers
        self.line += lines
        return rest

    def _pass_over(self, line: int) -> None:
        self.judged.headers_again += 1
        self.judged.first_header_again = self.judged.first_header_again or line

    def judge_long_line(self, chunk: Chunk) -> None:
        """Refuse a line of which only the beginning was read."""
        length = len(chunk.data) + chunk.dropped
        self.spool.reject(self.line, self.judge.judge_long_line(length), chunk.data, length)
        self.judged.rows_read += 1
        self.line += 1
