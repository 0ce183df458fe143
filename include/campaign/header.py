"""Reads a file's first line: which columns stand where, or a sentence that says why it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.contract import COLUMN_NAMES, MAX_COLUMNS, MAX_RECORD_BYTES
from campaign.judge import read_record, shown

_EXPECTED = f"a header line was expected: {','.join(COLUMN_NAMES)} (in any order)"


class HeaderError(ValueError):
    """The first line does not name the contract's columns; the message says what is there and what was expected."""


@dataclass(frozen=True)
class Header:
    """The column names, those of the contract in its spelling, and the header's bytes, line end included."""

    names: list[str]
    raw: bytes


def read_header(data: bytes, is_last: bool) -> Header | None:
    """Read the header out of the file's first bytes; None when more are needed to tell where it ends. Raises HeaderError."""
    if not data:
        if is_last:
            raise HeaderError(f"the file is empty; {_EXPECTED}")
        return None
    record = read_record(data, 0, None, is_last)
    if record is None:
        return None
    raw = data[: record.end]
    line = raw.strip()
    if not line:
        raise HeaderError(f"the first line is empty; {_EXPECTED}")
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise HeaderError("the file is UTF-16; save it as UTF-8")
    if line.startswith(b"\x1f\x8b"):
        raise HeaderError("the file is compressed twice; unpack it once")
    if record.fields is None:
        raise HeaderError(_other_separator(line) or f"in the first line {record.problem}; {_EXPECTED}")
    if record.count > MAX_COLUMNS or len(raw) > MAX_RECORD_BYTES:
        raise HeaderError(f"the first line has {len(raw):,} bytes and {record.count:,} values; {_EXPECTED}")
    names = [value.decode("utf-8", "backslashreplace").strip() for value in record.fields]
    names = [name.lower() if name.lower() in COLUMN_NAMES else name for name in names]
    twice = [name for name in COLUMN_NAMES if names.count(name) > 1]
    if twice:
        raise HeaderError(f"column {', '.join(twice)} is twice in the first line; leave one of each")
    missing = [name for name in COLUMN_NAMES if name not in names]
    if missing:
        raise HeaderError(_why_missing(line, missing))
    return Header(names, raw)


def _why_missing(line: bytes, missing: list[str]) -> str:
    if b"\r" in line:
        return "the lines end with a carriage return alone; line feeds were expected"
    if len(missing) < len(COLUMN_NAMES):
        return f"column {', '.join(missing)} is missing in the first line {shown(line)}; {_EXPECTED}"
    return _other_separator(line) or f"the first line {shown(line)} names none of the columns; {_EXPECTED}"


def _other_separator(line: bytes) -> str:
    """Return the sentence for a line whose values are not separated by commas, or the empty string."""
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs"), (b"|", "bars")):
        if line.count(separator) >= len(COLUMN_NAMES) - 1:
            return f"line 1 {shown(line)} is separated by {name}; {_EXPECTED}. Save the file with commas as separator"
    return ""
