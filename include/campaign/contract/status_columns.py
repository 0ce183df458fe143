"""Finds ignored columns that tell which orders were cancelled or returned: they count as sold, and the message has to say so."""

from __future__ import annotations

import re
import unicodedata

LONGEST_STATUS = 40  # characters
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+")
_STATUS = re.compile(
    r".*status|state|cancel|refund|return|void|fulfil|tinhtrang|trangthai|dahuy|huy(?!en)|hoan(tra|tien)|trahang"
)


def is_status(column: str) -> bool:
    """Return whether a column's name, in any spelling, speaks of an order's state: Order Status, isCancelled, Trạng thái."""
    plain = unicodedata.normalize("NFD", column.replace("Đ", "D").replace("đ", "d"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = [word.lower() for word in _WORDS.findall(plain)]
    starts = [words[at:] for at in range(len(words))]
    return any(_STATUS.match("".join(rest)) for rest in starts)


def as_status(value: bytes) -> str:
    """Return a value as it is counted: short, and without commas, which separate the values of several columns."""
    return value.decode("utf-8", "backslashreplace").replace(",", ";").replace("\n", " ").strip(" ")[:LONGEST_STATUS]
