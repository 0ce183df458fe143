"""Judges a whole file by the rules that need no other row: each row ends in the spool, as accepted or as refused.

The fast lane takes what is evidently good out of each block; every other row goes to the judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import polars as pl

from campaign.campaigns import Campaign
from campaign.contract import COLUMN_NAMES
from campaign.fast_lane import FastLane
from campaign.header import Header, HeaderError, read_header
from campaign.judge import Accepted, Judge, read_record
from campaign.progress import Progress
from campaign.reader import BLOCK_BYTES, Chunk, read_chunks
from campaign.spool import Spool, accepted_frame


@dataclass
class JudgedFile:
    """What was seen: the header as it stands, columns that are ignored, rows, and rows of several lines."""

    header: bytes = b""
    width: int = 0
    ignored: list[str] = field(default_factory=list)
    rows_read: int = 0
    rows_of_several_lines: int = 0


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
    header, chunk, data = _begin(chunks)
    lanes = _Lanes(Judge(header.names, campaigns, wanted), spool, with_fast_lane)
    lanes.line += 1 + header.raw.removesuffix(b"\n").count(b"\n")
    progress = Progress(path.name, "judged", path.stat().st_size)
    rest = lanes.judge_block(data, chunk.is_last)
    for chunk in chunks:
        if chunk.dropped:
            lanes.judge_block(rest, is_last=True)
            lanes.judge_long_line(chunk)
            rest = b""
        else:
            rest = lanes.judge_block(rest + chunk.data, chunk.is_last)
        progress.add(lanes.judged.rows_read - progress.rows, chunk.position)
    judged = lanes.judged
    judged.header, judged.width = header.raw, len(header.names)
    judged.ignored = [name for name in header.names if name not in COLUMN_NAMES]
    return judged


def _begin(chunks: Iterator[Chunk]) -> tuple[Header, Chunk, bytes]:
    """Read the header; return it, the chunk it ends in and what follows it there."""
    data = b""
    for chunk in chunks:
        if chunk.dropped:
            raise HeaderError(f"the first line is {len(chunk.data) + chunk.dropped:,} bytes long; is this a CSV file?")
        data += chunk.data
        header = read_header(data, chunk.is_last)
        if header:
            return header, chunk, data[len(header.raw) :]
    raise AssertionError("the last chunk says that it is the last")


class _Lanes:
    """Sends each row of a block to the fast lane or to the judge, and counts lines and rows."""

    def __init__(self, judge: Judge, spool: Spool, with_fast_lane: bool) -> None:
        self.judge, self.spool = judge, spool
        self.fast_lane = FastLane(judge) if with_fast_lane else None
        self.judged = JudgedFile()
        self.line = 1

    def judge_block(self, block: bytes, is_last: bool) -> bytes:
        """Judge the rows of whole lines; return the last lines if only what follows can tell where their row ends."""
        if not block:
            return b""
        rows = block.count(b"\n") + (not block.endswith(b"\n"))
        good = self.fast_lane.accept(block) if self.fast_lane else None
        if good is not None and good.height == rows:
            self.spool.accept(good.with_columns(pl.col("line") + self.line))
            self.judged.rows_read += rows
            self.line += rows
            return b""
        return self._judge_rest(block, rows, good, is_last)

    def _judge_rest(self, block: bytes, lines: int, good: pl.DataFrame | None, is_last: bool) -> bytes:
        """Judge each row that the fast lane did not accept; a quoted value may join lines that it took for rows."""
        taken = bytearray(lines)  # 1: accepted by the fast lane
        if good is not None:
            for index in good["line"]:
                taken[index] = 1
        starts = [0, *accumulate(len(line) + 1 for line in block.split(b"\n"))]
        rest, joined, slow = b"", set(), []
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
            else:
                self.spool.reject(self.line + index, outcome, raw)
            if record.lines > 1:
                self.judged.rows_of_several_lines += 1
                joined.update(range(index + 1, index + record.lines))
            index = taken.find(0, index + record.lines)
        frames = [accepted_frame(slow)]
        if good is not None:
            if rest or joined:
                good = good.filter((pl.col("line") < lines) & ~pl.col("line").is_in(list(joined)))
            frames.append(good.with_columns(pl.col("line") + self.line))
        self.spool.accept(pl.concat(frames).sort("line") if slow else frames[-1])
        self.judged.rows_read += lines - len(joined)
        self.line += lines
        return rest

    def judge_long_line(self, chunk: Chunk) -> None:
        """Refuse a line of which only the beginning was read."""
        length = len(chunk.data) + chunk.dropped
        self.spool.reject(self.line, self.judge.judge_long_line(length), chunk.data, length)
        self.judged.rows_read += 1
        self.line += 1
