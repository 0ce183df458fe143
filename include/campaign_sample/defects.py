"""Lines that the input contract must reject, at least one kind for each reason code that an ordinary line can earn.

Missing are ``conflicting_order``, which needs an order that is stored already (load a campaign, then one of the same seed
and start with another ``--cap``), ``differing_lines``, which would take out a good line, too, ``cut_id``, ``line_too_long``
and ``file_failed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle

TXN_TIME, TXN_DATE, ORDER_ID, UID, SHOP_ID, OWNER, GMV, REBATE = range(8)


@dataclass(frozen=True)
class Terms:
    """What a row is judged against: first day, voucher rate in percent, cap in the currency's unit."""

    start: date
    rate_percent: int
    cap: int


Defect = tuple[str, Callable[[list[bytes], Terms], list[bytes]]]


def _put(column: int, text: bytes) -> Callable[[list[bytes], Terms], list[bytes]]:
    return lambda fields, terms: [*fields[:column], text, *fields[column + 1 :]]


def _put_amounts(gmv: int, rebate: int) -> Callable[[list[bytes], Terms], list[bytes]]:
    return lambda fields, terms: [*fields[:GMV], b"%d" % gmv, b"%d" % rebate]


def _over_cap(fields: list[bytes], terms: Terms) -> list[bytes]:
    gmv = 2 * (-(-terms.cap * 100 // terms.rate_percent)) + terms.cap
    return [*fields[:GMV], b"%d" % gmv, b"%d" % (terms.cap + 5)]


def _over_rate(fields: list[bytes], terms: Terms) -> list[bytes]:
    gmv = terms.cap * 50 // terms.rate_percent + 10
    return [*fields[:GMV], b"%d" % gmv, b"%d" % min(gmv, -(-gmv * terms.rate_percent // 100) + 2)]


def _day_before(fields: list[bytes], terms: Terms) -> list[bytes]:
    day = (terms.start - timedelta(days=1)).isoformat().encode()
    return [b'"%s 12:00:00"' % day, b'"%s 00:00:00"' % day, *fields[ORDER_ID:]]


def _other_owner(fields: list[bytes], terms: Terms) -> list[bytes]:
    return [*fields[:OWNER], b"%d" % (int(fields[OWNER]) + 1), *fields[GMV:]]


def _other_date(fields: list[bytes], terms: Terms) -> list[bytes]:
    return [fields[TXN_TIME], b'"2001-01-01 00:00:00"', *fields[ORDER_ID:]]


DEFECTS: tuple[Defect, ...] = (
    ("empty_line", lambda fields, terms: []),
    ("bad_quotes", lambda fields, terms: [fields[TXN_TIME] + b"x", *fields[TXN_DATE:]]),
    ("wrong_column_count", lambda fields, terms: fields[:-1]),
    ("wrong_column_count", lambda fields, terms: [*fields, b"0"]),
    *(("not_a_number", _put(column, b"abc")) for column in range(ORDER_ID, REBATE + 1)),
    ("not_a_time", _put(TXN_TIME, b'"2026-02-30 25:61:00"')),
    ("not_a_time", _put(TXN_DATE, b'"yesterday"')),
    ("date_mismatch", _other_date),
    ("negative_or_zero_gmv", _put_amounts(0, 0)),
    ("negative_or_zero_gmv", _put_amounts(-5000, 0)),
    ("negative_rebate", _put(REBATE, b"-1")),
    ("rebate_above_gmv", _put_amounts(5000, 5001)),
    *(("missing_value", _put(column, b"")) for column in range(REBATE + 1)),
    *(("out_of_range", _put(column, b"9223372036854775808")) for column in range(ORDER_ID, OWNER + 1)),
    ("out_of_range", _put(GMV, b"10000000000000000")),
    ("out_of_range", _put(GMV, b"70000.125")),
    ("bad_encoding", _put(OWNER, b"10\xff5")),
    ("outside_campaign", _day_before),
    ("rebate_above_terms", _over_cap),
    ("rebate_above_terms", _over_rate),
    ("second_owner_of_shop", _other_owner),
)


class Spoiler:
    """Makes bad lines from good ones, going round all defects."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._next: Iterator[Defect] = cycle(DEFECTS)

    def spoil(self, line: bytes, spare_order_id: int) -> tuple[str, bytes]:
        """Return (reason code, bad line) made from a good line that stands before it in the file; no line ends.

        The bad line has the spare id, so that the reason is its only fault.
        """
        reason, change = next(self._next)
        fields = line.split(b",")
        fields[ORDER_ID] = b"%d" % spare_order_id
        return reason, b",".join(change(fields, self._terms))
