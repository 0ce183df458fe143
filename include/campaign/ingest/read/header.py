"""Reads a file's first line: which columns stand where, or a sentence that says why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from campaign.contract.columns import COLUMN_NAMES, MAX_COLUMNS, MAX_RECORD_BYTES
from campaign.ingest.read.chunks import BYTE_ORDER_MARK
from campaign.ingest.read.file_kind import name_kind
from campaign.ingest.read.near_names import name_near
from campaign.ingest.validate.row import is_utf8, read_record, shown

SEARCHED_BYTES = MAX_RECORD_BYTES  # of a file whose first line is no header: for its kind, or a header further down
_EXPECTED = f"a header line was expected: {','.join(COLUMN_NAMES)} (in any order)"
_WITH_COMMAS = "Export the file again with commas between the values and points before decimals"
_RENAME = "Rename the columns; if the line is an order, put a header above it"
_SEPARATORS = {
    b";": "semicolons", b"\t": "tabs", b"|": "bars", b"^": "carets", b"~": "tildes", b":": "colons",
    b"\x01": "control characters", b"\x1f": "control characters", "，".encode(): "full-width commas",
    "；".encode(): "full-width semicolons",
}  # fmt: skip
_FEW = len(COLUMN_NAMES) // 2  # a line with so many of the names is a header, if perhaps one that cannot be used
_HINT = re.compile(rb"(?i)txn|order|shop|rebate")  # what such a line holds at least; to look at values takes longer
_DIGIT = re.compile(rb"[0-9]")
_NO_TEXT = re.compile(rb"[\x00\x02-\x08\x0e-\x1e]")
_LEFT_OUT = re.compile(r"[\s_.\-\u200b\ufeff]+")
_LONGEST_SHOWN = 300


def _key(name: str) -> str:
    return _LEFT_OUT.sub("", name).casefold()


_BY_KEY = {_key(name): name for name in COLUMN_NAMES}


class HeaderError(ValueError):
    """The file has no header, or two; the message says what is there, what was expected, and what to do."""


@dataclass(frozen=True)
class Header:
    """The column names, those of the contract in its spelling, and the header's bytes, line end included.

    ``spellings`` lists contract columns that the file spells in another way, as ``'Order ID' for order_id``.
    """

    names: list[str]
    raw: bytes
    spellings: list[str]

    def is_repeated_by(self, line: bytes, number: int) -> bool:
        """Tell whether a line of the file is its header again. Raises HeaderError if it is one of other columns."""
        if len(line) > MAX_RECORD_BYTES or not (_HINT.search(line) or self._may_be_of_words(line)):
            return False
        values = _values(line)
        names = _names(values)
        known = len(set(names).intersection(COLUMN_NAMES))
        if known >= _FEW and [_of_contract(name) for name in names] == [_of_contract(name) for name in self.names]:
            return True
        told = f"{_cut(values)}; line 1 is: {_cut(self.names)}. Make a file of its own from line {number} on"
        if known >= _FEW:
            raise HeaderError(f"line {number} is a second header, of other columns or another order: {told}")
        if len(values) == len(self.names) and all(values) and not any(map(str.isdigit, "".join(values))):
            raise HeaderError(
                f"line {number} holds words in every column, as a second header does: {told}, with the columns of line 1; or"
                " delete the line if it is a note"
            )
        return False

    def _may_be_of_words(self, line: bytes) -> bool:
        return not _DIGIT.search(line) and line.count(b",") >= len(self.names) - 1


def read_header(data: bytes, is_last: bool) -> Header | None:
    """Read the header out of the file's first bytes; None when more are needed to tell. Raises HeaderError."""
    if not data:
        if is_last:
            raise HeaderError(f"the file is empty; {_EXPECTED}")
        return None
    record = read_record(data, len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0, None, is_last)
    if record is None:
        return None
    raw = data[: record.end]
    if record.fields is not None and record.count <= MAX_COLUMNS and len(raw) <= MAX_RECORD_BYTES and b"\0" not in raw:
        values = [_text(value) for value in record.fields]
        names = _names(values)
        if set(names).issuperset(COLUMN_NAMES) and not any("\r" in value.replace("\r\n", "") for value in values):
            _ensure_once(names, values)
            pairs = [pair for pair in zip(values, names, strict=True) if pair[1] in COLUMN_NAMES]
            return Header(names, raw, [f"'{value}' for {name}" for value, name in pairs if value != name])
    if not is_last and len(data) < SEARCHED_BYTES:
        return None
    raise HeaderError(explain(data[:SEARCHED_BYTES]))


def explain(beginning: bytes) -> str:
    """Say why a file that begins so has no header in its first line, and what to do."""
    line = beginning.split(b"\n", 1)[0].strip()
    if kind := name_kind(beginning):
        return kind
    if _NO_TEXT.search(line):
        return f"the first line {shown(line)} holds NUL bytes or others of no text; {_EXPECTED}. Export it again as CSV UTF-8"
    if b"\r" in line:
        return "lines end with a carriage return alone, line feeds were expected. Save the file with line ends of Windows or Unix"
    return _where_it_stands(beginning) or (_why_missing(line) if line else f"the first line is empty; {_EXPECTED}")


def _where_it_stands(beginning: bytes) -> str:
    """Return the sentence for a header that is not the first line, or not separated by commas; empty if none is found."""
    for number, line in enumerate(beginning.split(b"\n"), 1):
        if not _HINT.search(line):
            continue
        for names, written in _readings(line.strip()):
            missing = [name for name in COLUMN_NAMES if name not in names]
            if len(missing) > len(COLUMN_NAMES) - _FEW:
                continue
            if number == 1 and not written:
                return ""
            told = [f"the header is found in line {number} {shown(line.strip())}"]
            if missing:
                told.append(f", without column {', '.join(missing)}")
            if number > 1:
                above = "line 1" if number == 2 else f"lines 1 to {number - 1}"
                told.append(f"; it must be line 1. Delete {above}, or, if orders are there, move the header above them")
            return "".join(told) + (f"; {written}" if written else "")
    return ""


def _readings(line: bytes) -> Iterator[tuple[list[str], str]]:
    """Yield the names that a line gives when it is read so or so, and what is to be done about it if it is not by commas."""
    if not line or len(line) > MAX_RECORD_BYTES:
        return
    values = _values(line)
    yield _names(values), ""
    if len(values) == 1 and "," in values[0]:
        yield (
            _names(_values(values[0].encode())),
            "each line is one quoted value. Save the file without the quotes around whole lines",
        )
    for separator, name in _SEPARATORS.items():
        if line.count(separator) >= _FEW - 1:
            yield (
                _names(_split(line, separator)),
                f"its values are separated by {name}, commas were expected. {_WITH_COMMAS}",
            )


def _why_missing(line: bytes) -> str:
    record = read_record(line, 0, None, is_last=True)
    values, separated = _values(line), ""
    for separator, name in _SEPARATORS.items():
        if line.count(separator) > max(_FEW, len(values)):
            values, separated = _split(line, separator), f", its values separated by {name},"
    if record.problem and not separated:
        return f"in the first line {record.problem}; {_EXPECTED}"
    names = _names(values)
    missing = [name for name in COLUMN_NAMES if name not in names]
    if not missing or record.count > MAX_COLUMNS:
        return f"the first line has {len(line):,} bytes and {record.count:,} values; {_EXPECTED}"
    encoded = "" if is_utf8(line) else ", which is not UTF-8,"
    if len(missing) < len(COLUMN_NAMES):
        what = f"column {', '.join(missing)} is missing in the first line {shown(line)}{encoded}{separated}"
    else:
        what = f"the first line {shown(line)}{encoded}{separated} names none of the columns"
    near = name_near(missing, [value for value in values if _key(value) not in _BY_KEY]) if len(values) > 1 else ""
    step = f"What may hold them: {near}. Rename or add them (gmv is before the rebate)" if near else _RENAME
    steps = [step, *([_WITH_COMMAS] if separated else []), *(["Save the file as CSV UTF-8"] if encoded else [])]
    return f"{what}; {_EXPECTED}. {'. '.join(steps)}"


def _ensure_once(names: list[str], values: list[str]) -> None:
    for name in COLUMN_NAMES:
        if names.count(name) > 1:
            claims = ", ".join(f"'{value}'" for value, claimed in zip(values, names, strict=True) if claimed == name)
            raise HeaderError(
                f"column {name} is twice in the first line ({claims}); leave one of them, or rename the others"
            )


def _values(line: bytes) -> list[str]:
    """Return the values of a line by commas; of one whose quotes are broken, what stands between the commas."""
    line = line.removeprefix(BYTE_ORDER_MARK).removesuffix(b"\n").removesuffix(b"\r")
    record = read_record(line, 0, None, is_last=True)
    return [_text(value) for value in (line.split(b",") if record.fields is None else record.fields)]


def _split(line: bytes, separator: bytes) -> list[str]:
    return [_text(value.strip(b' "')) for value in line.split(separator)]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace").strip()


def _names(values: list[str]) -> list[str]:
    return [_BY_KEY.get(_key(value), value) for value in values]


def _of_contract(name: str) -> str:
    return name if name in COLUMN_NAMES else ""


def _cut(values: list[str]) -> str:
    text = ",".join(values)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
