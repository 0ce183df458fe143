"""Finds rows again in their file: those that only the cross-row checks refused were staged without their text."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from campaign.ingest.read.chunks import BLOCK_BYTES, read_chunks
from campaign.ingest.validate.cross_row import Refused
from campaign.ingest.validate.row import read_record


def with_raw_lines(
    path: Path, width: int, refused: Iterable[Refused], block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[Refused, bytes]]:
    """Yield each refused row with its text, less the line end. They come by line, and at each line a row begins."""
    finder = _Finder(width, iter(refused))
    rest = b""
    for chunk in read_chunks(path, block_bytes):
        if finder.row is None:
            return
        if chunk.dropped:
            yield from finder.find(rest, is_last=True)
            finder.line, rest = finder.line + 1, b""
        else:
            rest = yield from finder.find(rest + chunk.data, chunk.is_last)


class _Finder:
    def __init__(self, width: int, refused: Iterator[Refused]) -> None:
        self.width, self.refused = width, refused
        self.row = next(refused, None)
        self.line = 1  # of the file, where the next block begins

    def find(self, block: bytes, is_last: bool) -> Generator[tuple[Refused, bytes], None, bytes]:
        """Yield what is wanted of whole lines; return the last lines if only what follows can tell where their row ends."""
        position = 0
        while position < len(block):
            if self.row is None or self.line < self.row.line:
                newline = block.find(b"\n", position)
                position = newline + 1 if newline >= 0 else len(block)
                self.line += 1
                continue
            record = read_record(block, position, self.width, is_last)
            if record is None:
                return block[position:]
            yield self.row, block[position : record.end].removesuffix(b"\n").removesuffix(b"\r")
            position, self.line = record.end, self.line + record.lines
            self.row = next(self.refused, None)
        return b""
