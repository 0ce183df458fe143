"""Reading in blocks: whatever the block size, the same lines come out, and no byte is lost."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.ingest.read.chunks import Chunk, DamagedFileError, read_chunks
from tests.fixtures.long_form import examples

LONGEST = 20
KEPT = 8


@pytest.fixture(autouse=True, scope="module")
def small_limits():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("campaign.ingest.read.chunks.MAX_LINE_BYTES", LONGEST)
        patch.setattr("campaign.ingest.read.chunks.KEPT_OF_LONG_LINE", KEPT)
        patch.setattr("campaign.ingest.read.chunks.BLOCK_LINES", 2)
        yield


def lines_of(chunks: list[Chunk]) -> list[tuple[bytes, int]]:
    """Return every line as (what was kept, its length without line end)."""
    lines = []
    for chunk in chunks:
        if chunk.dropped:
            lines.append((chunk.data, len(chunk.data) + chunk.dropped))
            continue
        for line in _split(chunk.data):
            bare = line.removesuffix(b"\n").removesuffix(b"\r")
            lines.append((bare, len(bare)))
    return lines


def _split(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + [part for part in parts[-1:] if part]


pieces = st.one_of(
    st.binary(max_size=6), st.sampled_from([b"\n", b"\r\n", b"\r", b"x" * 15, b"y" * 50, b"", b"\xef\xbb\xbf"])
)


@settings(max_examples=examples(500), deadline=None)
@given(st.lists(pieces, max_size=20).map(b"".join), st.integers(3, LONGEST), st.booleans())
def test_lines_do_not_depend_on_blocks(tmp_path_factory, content: bytes, block_bytes: int, packed: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    path.write_bytes(gzip.compress(content) if packed else content)
    if content.startswith(b"\x1f\x8b") and not packed:
        return
    chunks = list(read_chunks(path, block_bytes))
    assert [chunk.is_last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert all(chunk.data.endswith(b"\n") for chunk in chunks[:-1] if not chunk.dropped)
    expected = []
    for line in _split(content.removeprefix(b"\xef\xbb\xbf")):
        bare = line.removesuffix(b"\n").removesuffix(b"\r")
        too_long = len(line) > LONGEST + 2
        expected.append((line[:KEPT] if too_long else bare, len(bare)))
    assert lines_of(chunks) == expected


def test_a_block_may_not_hide_a_line_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="could hide"):
        next(read_chunks(tmp_path / "any.csv", LONGEST + 1))


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"a,b\n" * 1000, mtime=0)[:-9], b"\x1f\x8b", b"\x1f\x8b\x08" + bytes(30)],
    ids=("cut", "magic", "header"),
)
def test_a_damaged_gzip_file_is_named_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="damaged or ends early"):
        list(read_chunks(path, LONGEST))
