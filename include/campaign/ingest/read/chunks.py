"""Reads a source file, plain or gzip, as chunks of whole lines, however long the file or a line is."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from campaign.contract.columns import MAX_LINE_BYTES

BLOCK_BYTES = 4 * 1024 * 1024
BLOCK_LINES = 100_000  # of good rows, a block holds fewer; what is kept of a line takes more room than an empty one
KEPT_OF_LONG_LINE = 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class DamagedFileError(ValueError):
    """A compressed file cannot be unpacked to its end."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines. The last chunk may be empty or lack its line end.

    ``dropped`` > 0 marks the beginning of one line longer than MAX_LINE_BYTES, of which so many bytes are not kept.
    ``position`` is how many bytes of the file on disk were read so far.
    """

    data: bytes
    is_last: bool
    position: int
    dropped: int = 0


def read_chunks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Chunk]:
    """Yield the file's chunks, without its byte order mark. At most about two blocks are in memory.

    Raises DamagedFileError when a gzip file ends early or is corrupt, OSError when the disk fails.
    """
    if block_bytes > MAX_LINE_BYTES:
        raise ValueError(f"a block of {block_bytes} bytes could hide a line of more than {MAX_LINE_BYTES}")
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        try:
            for chunk in _cut_at_line_ends(stream, raw, block_bytes):
                yield from _of_few_lines(chunk)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DamagedFileError(
                f"the gzip file is damaged or ends early ({error}); copy it again from where it came"
            ) from error


def _cut_at_line_ends(stream: BinaryIO, raw: BinaryIO, block_bytes: int) -> Iterator[Chunk]:
    partial: list[bytes] = []  # of the line that is not at its end yet
    length = 0  # of that line; it may be longer than what partial keeps
    new = stream.read(block_bytes)
    if new.startswith(BYTE_ORDER_MARK):
        new = new[len(BYTE_ORDER_MARK) :] or stream.read(block_bytes)
    while new:
        first_end = new.find(b"\n") + 1
        rest_of_line = new[: first_end or len(new)]
        if length + len(rest_of_line) > MAX_LINE_BYTES + 2:
            # Longer than any line may be, even less its line end: keep the beginning, count the rest.
            length += len(rest_of_line)
            tail = (b"".join(partial[-1:]) + rest_of_line)[-2:]
            partial = [(b"".join(partial) + rest_of_line)[:KEPT_OF_LONG_LINE], tail]
            if first_end:
                yield _long_line(partial, length, raw)
                partial, length = [], 0
                new = new[first_end:] or stream.read(block_bytes)
                continue
        else:
            cut = new.rfind(b"\n") + 1
            if cut:
                yield Chunk(b"".join(partial) + new[:cut], False, raw.tell())
                partial, length = [], 0
            partial.append(new[cut:])
            length += len(new) - cut
        new = stream.read(block_bytes)
    if length > MAX_LINE_BYTES + 2:
        yield _long_line(partial, length, raw)
        partial = []
    yield Chunk(b"".join(partial), True, raw.tell())


def _of_few_lines(chunk: Chunk) -> Iterator[Chunk]:
    data = chunk.data
    if data.count(b"\n") <= BLOCK_LINES:
        yield chunk
        return
    middle = len(data) // 2
    cut = data.rfind(b"\n", 0, middle) + 1 or data.find(b"\n", middle) + 1
    yield from _of_few_lines(replace(chunk, data=data[:cut], is_last=False))
    yield from _of_few_lines(replace(chunk, data=data[cut:]))


def _long_line(partial: list[bytes], length: int, raw: BinaryIO) -> Chunk:
    """Return a line's beginning; ``partial`` holds that and the line's last two bytes."""
    start, end = partial[0], partial[-1]
    line_end = 2 if end.endswith(b"\r\n") else 1 if end.endswith((b"\n", b"\r")) else 0
    return Chunk(start, False, raw.tell(), length - line_end - len(start))
