"""Opaque cursors: where a page ended, in a form that only this service needs to understand."""

from __future__ import annotations

import binascii
import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

After = Sequence[Any] | None

LONGEST_CURSOR = 1000
NOT_OURS = "is not a cursor that a page of this list gave as next_cursor"


class WrongCursor(ValueError):
    """The cursor was not given by this list with these filters."""


def make_cursor(list_name: str, filters: Mapping[str, Any], keys: Sequence[Any]) -> str:
    """Return the cursor for the page after the row with these sort keys."""
    text = json.dumps([_mark(list_name, filters), *(_plain(key) for key in keys)], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(list_name: str, filters: Mapping[str, Any], keys: int, cursor: str) -> list[Any]:
    """Return the sort keys a cursor holds; raises WrongCursor where it is not one of this list with these filters."""
    try:
        held = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise WrongCursor(NOT_OURS) from None
    if not isinstance(held, list) or len(held) != keys + 1 or held[0] != _mark(list_name, filters):
        raise WrongCursor("belongs to another list or to other filters; start from the first page")
    return [_key(one) for one in held[1:]]


def _mark(list_name: str, filters: Mapping[str, Any]) -> str:
    stated = json.dumps([list_name, sorted((name, str(value)) for name, value in filters.items())])
    return hashlib.sha256(stated.encode()).hexdigest()[:12]


def _plain(key: Any) -> str | int | list[str]:
    """Return a sort key as JSON holds it. A decimal is marked: MySQL compares a number with a *text* as floats."""
    if isinstance(key, Decimal):
        return [str(key)]
    return str(key) if isinstance(key, date) else key


def _key(held: Any) -> str | int | Decimal:
    if isinstance(held, str | int):
        return held
    try:
        (text,) = held
        return Decimal(text)
    except (TypeError, ValueError, InvalidOperation):
        raise WrongCursor(NOT_OURS) from None
