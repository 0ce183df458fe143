"""Opaque cursors: where a page ended, in a form that only this service needs to understand.

A cursor is the list's mark and the sort keys of the last row, as JSON in base64url. It is read by the types of those keys, so
that whatever else a client puts there is refused here and never reaches MySQL.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import to_json

After = Sequence[Any] | None

# What a sort key can be, besides str and date: the whole numbers and amounts that MySQL's BIGINT and DECIMAL(18,2) hold.
WholeNumber = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=2)]

LONGEST_CURSOR = 1000


class WrongCursor(ValueError):
    """The cursor was not given by this list with these filters."""


def make_cursor(list_name: str, filters: Mapping[str, Any], keys: Sequence[Any]) -> str:
    """Return the cursor for the page after the row with these sort keys."""
    return urlsafe_b64encode(to_json([_mark(list_name, filters), *keys])).decode().rstrip("=")


def read_cursor(list_name: str, filters: Mapping[str, Any], types: Sequence[Any], cursor: str) -> list[Any]:
    """Return the sort keys a cursor holds, each of its type; raises WrongCursor where this list did not give it."""
    try:
        mark, *keys = _form(*types).validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), strict=True)
    except ValueError:  # not base64, not JSON, not these types
        mark, keys = None, []
    if mark != _mark(list_name, filters):
        raise WrongCursor("is none that a page of this list with these filters gave; start from the first page")
    return keys


@cache
def _form(*types: Any) -> TypeAdapter[Any]:
    return TypeAdapter(tuple[(str, *types)])


def _mark(list_name: str, filters: Mapping[str, Any]) -> str:
    stated = json.dumps([list_name, sorted((name, str(value)) for name, value in filters.items())])
    return hashlib.sha256(stated.encode()).hexdigest()[:12]
