"""Currencies by ISO 4217: how many digits an amount has after the point."""

from __future__ import annotations

from functools import cache

from iso4217 import Currency

STORED_DIGITS = 2  # money is stored in hundredths


@cache
def minor_digits(currency: str) -> int | None:
    """Return the digits after the point that the currency has; None for a code without any (gold, XXX) or unknown."""
    try:
        return Currency(currency).exponent
    except ValueError:
        return None


def smallest_amount(currency: str) -> int:
    """Return the smallest amount in hundredths: 100 for VND, 1 for EUR. Raises ValueError if it is finer than those."""
    digits = minor_digits(currency)
    if digits is None or digits > STORED_DIGITS:
        raise ValueError(f"{currency} is no currency with at most {STORED_DIGITS} decimals")
    return 10 ** (STORED_DIGITS - digits)
