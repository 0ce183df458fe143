"""Validates one row, in plain Python. It is the reference; the vectorized validator may only agree with it.

Three steps, in the order of ``contract.REASONS``: ``read_record`` cuts the next row out of the bytes, ``RowValidator.validate``
holds its values against the contract, then against the window and terms of the campaign. Rules that need other rows (duplicates,
stored orders, owners) come later, in ``cross_row``.

Money is an integer of hundredths from here on, so every comparison is exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES, COLUMNS, LARGEST_ID, MAX_COLUMNS, MAX_LINE_BYTES, MAX_RECORD_BYTES
from campaign.contract.numbers import AmountError, how_to_write, money, read_amount
from campaign.contract.status_columns import as_status, is_status
from campaign.contract.times import how_to_write_time

_INTEGER = re.compile(rb" *([+-]?[0-9]+) *")
_WHOLE_WITH_DECIMALS = re.compile(rb" *[0-9]+(\.0{0,9}) *")
_IF_NO_ORDER = "; if the line is a title, a note or a total, delete it"
_TIME = re.compile(rb" *([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.0+)? *")
_DATE = re.compile(rb" *([0-9]{4})-([0-9]{2})-([0-9]{2})(?: 00:00:00(?:\.0+)?)? *")
_SEPARATORS = b',;|"'
_SHOWN_BYTES = 60
_SHOWN_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it lies in the file: ``data[start:end]`` holds it with its line end, ``lines`` physical lines long.

    ``fields`` holds no more values than were asked for, ``count`` says how many there are. It is None when the quotes are
    broken; then ``problem`` says how, and the record is the first line alone. ``is_blank`` says that there is nothing but
    separators and blanks.
    """

    end: int
    lines: int
    fields: list[bytes] | None
    count: int = 0
    problem: str = ""
    is_blank: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The values of a good row; gmv and rebate in hundredths of the currency's unit, ``status`` those of ignored columns."""

    order_id: int
    txn_time: datetime
    uid: int
    shop_id: int
    shop_owner_uid: int
    gmv: int
    rebate: int
    campaign_id: int
    status: str = ""


@dataclass(frozen=True)
class Rejected:
    """Why a row is not accepted: a code of the contract, the column it shows in (or None), and a clause for a person.

    ``order_id`` is the row's, where it can be read: no other line of that order is stored either.
    """

    reason: str
    column: str | None
    sentence: str
    order_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Unsettled(Rejected):
    """A row whose values can be read, as far as they are there, and that no rule accepts by itself.

    The other lines of its order settle what becomes of it: it may repeat one of them without some values, or differ from them.
    ``values`` are those of the contract's columns, as in Accepted, and txn_date.
    """

    values: dict[str, int | datetime | date] = field(default_factory=dict)


def read_record(data: bytes, start: int, width: int | None, is_last: bool) -> Record | None:
    """Cut out the row that starts at ``start``. ``data`` consists of whole lines; ``is_last`` says that the file ends there.

    ``width`` is how many values the header has; None for the header itself.

    A quoted value may hold commas, doubled quotes and line ends. A quote that does not close within MAX_RECORD_BYTES, or
    does so in a way that gives other than ``width`` values, costs its own line only: the lines after it are read for
    themselves, so that a stray quote cannot swallow good rows. Returns None when more data is needed to tell.
    """
    kept = MAX_COLUMNS if width is None else width
    newline = data.find(b"\n", start)
    line_end = len(data) if newline < 0 else newline
    if data.find(b'"', start, line_end) < 0:
        line = _without_cr(data[start:line_end])
        is_blank = _is_blank(line)
        fields = line.split(b",", kept)[:kept]
        return Record(min(line_end + 1, len(data)), 1, fields, line.count(b",") + 1, is_blank=is_blank)
    fields: list[bytes] = []
    count = 0
    position = start
    while True:
        if data[position : position + 1] == b'"':
            closing = _closing_quote(data, position + 1, min(len(data), start + MAX_RECORD_BYTES))
            if closing < 0:
                if not is_last and len(data) - start < MAX_RECORD_BYTES:
                    return None
                problem = f"the quote that opens value {count + 1} is never closed"
                break
            if count < kept:
                fields.append(data[position + 1 : closing].replace(b'""', b'"'))
            count += 1
            position = closing + 1
            if data.startswith(b"\r\n", position) or (position == len(data) - 1 and data.endswith(b"\r")):
                position += 1
            if data[position : position + 1] not in (b",", b"\n", b""):
                problem = f"text follows the closing quote of value {count}"
                break
        else:
            comma = data.find(b",", position)
            newline = data.find(b"\n", position, comma if comma >= 0 else len(data))
            stop = newline if newline >= 0 else comma if comma >= 0 else len(data)
            if count < kept:
                fields.append(data[position:stop] if stop == comma else _without_cr(data[position:stop]))
            count += 1
            position = stop
        if data[position : position + 1] != b",":
            lines = 1 + data.count(b"\n", start, position)
            if lines > 1 and width not in (None, count):
                problem = f"a quote spans {lines} lines and then the row has {count} values instead of {width}"
                break
            is_blank = _is_blank(data[start:position])
            return Record(min(position + 1, len(data)), lines, fields, count, is_blank=is_blank)
        position += 1
    return Record(min(line_end + 1, len(data)), 1, None, 0, problem)


def _is_blank(line: bytes) -> bool:
    return not line.translate(None, _SEPARATORS).decode("utf-8", "replace").strip()


def _without_cr(line: bytes) -> bytes:
    return line[:-1] if line.endswith(b"\r") else line


def _closing_quote(data: bytes, position: int, limit: int) -> int:
    while True:
        position = data.find(b'"', position, limit)
        if position < 0 or data[position + 1 : position + 2] != b'"':
            return position
        position += 2


def shown(value: bytes) -> str:
    """Return a value as it may stand in a sentence: readable, on one line, not too long."""
    text = readable(value[:_SHOWN_BYTES])
    text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return f"'{text}'" if len(value) <= _SHOWN_BYTES else f"'{text}…' ({len(value):,} bytes)"


def readable(raw: bytes) -> str:
    r"""Return raw bytes as text: UTF-8 as it is, any byte that is not UTF-8, and NUL, as ``\xNN``."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def is_utf8(raw: bytes) -> bool:
    """Tell whether bytes are text in UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


class RowValidator:
    """Validates the rows of one file: knows the header's width, where each contract column stands, and the campaigns.

    ``padded_ids`` maps a column to the number of ids with leading zeros that were read in it, and the first of them.
    """

    def __init__(
        self, header: Sequence[str], campaigns: Sequence[Campaign], wanted: frozenset[int] | None = None
    ) -> None:
        """Take the header's names (contract columns once each, others ignored) and the wanted campaigns' ids (None: all)."""
        self.width = len(header)
        self.positions = {column.name: header.index(column.name) for column in COLUMNS}
        self.status_positions = [
            position for position, name in enumerate(header) if name not in COLUMN_NAMES and is_status(name)
        ]
        self.campaigns = [each for each in campaigns if wanted is None or each.campaign_id in wanted]
        self.windows = (
            ", ".join(f"{each.campaign_id} ({each.window})" for each in self.campaigns[:_SHOWN_WINDOWS]) or "none"
        )
        if len(self.campaigns) > _SHOWN_WINDOWS:
            self.windows += f" and {len(self.campaigns) - _SHOWN_WINDOWS} more"
        self.padded_ids: dict[str, tuple[int, str]] = {}
        self._columns = [(column.name, self.positions[column.name], column.kind) for column in COLUMNS]

    def validate(self, record: Record, raw_length: int) -> Accepted | Rejected:
        """Hold one row against every rule that needs no other row. ``raw_length`` is the line's, without its line end."""
        if raw_length == 0:
            return Rejected("empty_line", None, "the line is empty")
        if raw_length > MAX_LINE_BYTES:
            return self.reject_long_line(raw_length)
        if record.is_blank:
            return Rejected("empty_line", None, "the line holds nothing but separators and blanks")
        fields = record.fields
        if fields is None:
            return Rejected("bad_quotes", None, record.problem)
        if record.count != self.width:
            return Rejected(
                "wrong_column_count",
                None,
                f"{record.count} value{'s' * (record.count != 1)}, {self.width} were expected, as in the header"
                f"{_why_other_count(record, self.width)}",
            )
        outcome = self._validate_fields(fields)
        if isinstance(outcome, Accepted):
            return outcome
        order_id = _read_id("order_id", fields[self.positions["order_id"]])
        outcome = replace(outcome, order_id=None if isinstance(order_id, Rejected) else order_id)
        return self._perhaps_no_order(outcome, fields)

    def _validate_fields(self, fields: list[bytes]) -> Accepted | Rejected:
        values = {}
        first = None
        campaign = None
        for name, position, kind in self._columns:
            raw = fields[position]
            value = _read_money(name, raw, campaign) if kind == "money" else _READERS[kind](name, raw)
            if isinstance(value, Unsettled):
                first = first or value
                values |= value.values
                continue
            if isinstance(value, Rejected):
                return value if first is None else Rejected(first.reason, first.column, first.sentence)
            values[name] = value
            if name == "txn_date":
                campaign = next((each for each in self.campaigns if each.starts_on <= value <= each.ends_on), None)
            elif kind == "id":
                self._note_padding(name, raw)
        if first:
            is_known_order = "order_id" in values
            return (
                replace(first, values=values)
                if is_known_order
                else Rejected(first.reason, first.column, first.sentence)
            )
        status = ",".join(as_status(fields[position]) for position in self.status_positions)
        return self._validate_values(values, campaign, status)

    def _note_padding(self, name: str, raw: bytes) -> None:
        digits = raw.strip(b" +-")
        if digits.startswith(b"0") and len(digits) > 1:
            count, first = self.padded_ids.get(name, (0, digits[:_SHOWN_BYTES].decode()))
            self.padded_ids[name] = count + 1, first

    def _perhaps_no_order(self, rejected: Rejected, fields: list[bytes]) -> Rejected:
        blank = sum(not fields[position].strip() for position in self.positions.values())
        return replace(rejected, sentence=rejected.sentence + _IF_NO_ORDER) if 2 * blank > len(COLUMNS) else rejected

    def reject_long_line(self, raw_length: int) -> Rejected:
        """Refuse a line for its length."""
        return Rejected(
            "line_too_long", None, f"the line is {raw_length:,} bytes long, at most {MAX_LINE_BYTES:,} were expected"
        )

    def _validate_values(self, values: dict, campaign: Campaign | None, status: str) -> Accepted | Rejected:
        day: date = values.pop("txn_date")
        if day != values["txn_time"].date():
            return Rejected(
                "date_mismatch", "txn_date", f"txn_date is {day}, but txn_time is on {values['txn_time'].date()}"
            )
        gmv, rebate = values["gmv"], values["rebate"]
        if rebate > gmv:
            sentence = f"rebate {money(rebate)} is more than gmv {money(gmv)}"
            return Unsettled("rebate_above_gmv", "rebate", sentence, values=values | {"txn_date": day})
        if campaign is None:
            return Rejected(
                "outside_campaign",
                "txn_date",
                f"txn_date is {day}, in the window of no campaign; windows are: {self.windows}",
            )
        sentence = ""
        if rebate > 100 * campaign.voucher_cap:
            sentence = f"rebate {money(rebate)} is over the campaign's cap of {money(int(100 * campaign.voucher_cap))}"
        elif rebate > largest_rebate(campaign, gmv):
            sentence = f"rebate {money(rebate)} is over {campaign.voucher_rate:f} of gmv {money(gmv)}, rounded up, by more than 1"
        if sentence:
            return Unsettled("rebate_above_terms", "rebate", sentence, values=values | {"txn_date": day})
        return Accepted(campaign_id=campaign.campaign_id, status=status, **values)


def largest_rebate(campaign: Campaign, gmv: int) -> int:
    """Return the largest rebate the rate allows for ``gmv``, both in hundredths: ceil(rate x gmv) + 1 unit."""
    numerator, denominator = campaign.voucher_rate.as_integer_ratio()
    return 100 * (-(-numerator * gmv // (denominator * 100)) + 1)


def _why_other_count(record: Record, width: int) -> str:
    """Say what a line of another number of values than ``width`` may suffer from, if that shows."""
    if record.count == width + 1 and not record.fields[-1].strip():
        return "; the line ends in a comma too many"
    if record.count > width:
        return "; a value that holds a comma needs quotes around it, and an amount a point before its decimals"
    if record.count == 1 and b"," in record.fields[0]:
        return "; the whole line is one quoted value, take the quotes around it away"
    line = b",".join(record.fields)
    if b"\0" in line:
        return "; the line holds NUL bytes"
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs"), (b"|", "bars")):
        if line.count(separator) == width - 1:
            return f"; the line's values are separated by {name}, commas were expected"
    return _IF_NO_ORDER


def _unreadable(name: str, value: bytes, reason: str, expected: str) -> Rejected:
    """Say why a value cannot be read, the more basic reason first."""
    if not value.strip(b" "):
        zero = "; write 0 for an order without voucher" if name == "rebate" else ""
        return Unsettled("missing_value", name, f"{name} is empty, {expected} was expected{zero}")
    if b"\0" in value:
        return Rejected(
            "bad_encoding", name, f"{name} is {shown(value)}, which holds a NUL byte; {expected} was expected"
        )
    if not is_utf8(value):
        return Rejected("bad_encoding", name, f"{name} is {shown(value)}, which is not UTF-8; {expected} was expected")
    hint = how_to_write_time(value.decode()) if reason == "not_a_time" else how_to_write(value.decode())
    return Rejected(reason, name, f"{name} is {shown(value)}, {expected} was expected{hint}")


def _read_time(name: str, value: bytes) -> datetime | Rejected:
    match = _TIME.fullmatch(value)
    if match:
        try:
            return datetime(*map(int, match.groups()))
        except ValueError:
            pass
    return _unreadable(name, value, "not_a_time", "a time like 2026-06-10 13:37:00")


def _read_date(name: str, value: bytes) -> date | Rejected:
    match = _DATE.fullmatch(value)
    if match:
        try:
            return date(*map(int, match.groups()))
        except ValueError:
            pass
    return _unreadable(name, value, "not_a_time", "a date like 2026-06-10 (a time of day only if it is midnight)")


def _read_id(name: str, value: bytes) -> int | Rejected:
    match = _INTEGER.fullmatch(value)
    if not match:
        decimals = _WHOLE_WITH_DECIMALS.fullmatch(value)
        expected = f"a whole number without {decimals[1].decode()}" if decimals else "a whole number"
        return _unreadable(name, value, "not_a_number", expected)
    digits = match[1].lstrip(b"+-").lstrip(b"0") or b"0"
    number = int(digits) if len(digits) < 20 else LARGEST_ID + 1
    if number > LARGEST_ID or (number and match[1].startswith(b"-")):
        return Rejected(
            "out_of_range", name, f"{name} is {shown(value)}, a whole number from 0 to {LARGEST_ID} was expected"
        )
    return number


def _read_money(name: str, value: bytes, campaign: Campaign | None) -> int | Rejected:
    try:
        hundredths = read_amount(value, campaign and campaign.currency)
    except AmountError as error:
        sentence = f"{name} is {shown(value)}, {error}"
        if name == "rebate" and value.lstrip(b" 0").startswith(b"."):
            sentence += "; is it the rate? The amount of the voucher was expected"
        return Rejected(error.reason, name, sentence)
    if hundredths is None:
        return _unreadable(name, value, "not_a_number", "a number")
    if name == "gmv" and hundredths <= 0:
        sentence = f"gmv is {shown(value)}, more than 0 was expected; leave out refunds and what was not sold"
        return Unsettled("negative_or_zero_gmv", name, sentence, values={name: hundredths})
    if name == "rebate" and hundredths < 0:
        sentence = f"rebate is {shown(value)}, 0 or more was expected; write what the voucher paid without a minus"
        return Unsettled("negative_rebate", name, sentence, values={name: hundredths})
    return hundredths


_READERS = {"time": _read_time, "date": _read_date, "id": _read_id}
