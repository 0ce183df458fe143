"""Reads amounts exactly, and explains why a text is not a number that can be read in one way only.

A number is written in digits with at most one point, which is the decimal point. Exactly three digits after it are rejected in
every currency that money can be stored in, because no such currency has three and half the world writes fifty thousand as 50.000.
"""

from __future__ import annotations

import re
import unicodedata

from campaign.contract.currencies import minor_digits, smallest_amount

MONEY_BELOW = 10**16
_NUMBER = re.compile(rb" *([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+)) *")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([.,'’\s])(?:[0-9]{2,3}\1)*[0-9]{3}((?!\1)[.,][0-9]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_AROUND = re.compile(r"([^0-9+-]*)([+-]?[0-9](?:[0-9.,'’\s]*[0-9])?)([^0-9]*)")
_SPREADSHEET_SIGNS = "'\"=\ufeff"


class AmountError(ValueError):
    """An amount cannot be taken. ``reason`` is a code of the contract, the message a clause that says what was expected."""

    def __init__(self, reason: str, clause: str) -> None:
        """Take code and clause."""
        super().__init__(clause)
        self.reason = reason


def read_amount(value: bytes, currency: str | None) -> int | None:
    """Return an amount in hundredths, or None if it is not written as a number. Raises AmountError.

    Without a currency, because no campaign has the day, only what is wrong in every currency is rejected: such a row is not
    stored, and its campaign's currency decides when it has one.
    """
    match = _NUMBER.fullmatch(value)
    if not match:
        return None
    sign, whole, fraction, bare_fraction = match.groups()
    whole, fraction = (whole or b"").lstrip(b"0"), fraction or bare_fraction or b""
    allowed = _decimals(currency)
    if len(fraction) == 3:
        raise AmountError(
            "out_of_range",
            "with three digits after the point: is the point a thousands separator? "
            f"{_without_point(whole, fraction)}; {allowed}",
        )
    fraction = fraction.rstrip(b"0")
    if len(fraction) > 2:
        raise AmountError("out_of_range", allowed)
    if len(whole) > 16:
        raise AmountError("out_of_range", f"an amount below {MONEY_BELOW} was expected")
    hundredths = int(whole + fraction.ljust(2, b"0"))
    if currency and hundredths % smallest_amount(currency):
        raise AmountError("out_of_range", allowed)
    return -hundredths if sign == b"-" else hundredths


def _without_point(whole: bytes, fraction: bytes) -> str:
    if len(whole) <= 3:
        return f"Then write {((whole + fraction).lstrip(b'0') or b'0').decode()}"
    if fraction == b"000":
        return f"It does not look so: write {whole.decode()}"
    return "It does not look so: write fewer decimals"


def _decimals(currency: str | None) -> str:
    if currency and smallest_amount(currency) == 100:
        return f"a whole number was expected, {currency} has no decimals"
    return "at most 2 decimals were expected"


def money(hundredths: int) -> str:
    """Return an amount as a person writes it, in digits that can be read in one way only: 12 or 12.50."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' * (hundredths < 0)}{whole}" + (f".{rest:02}" if rest else "")


def how_to_write(text: str) -> str:
    """Return a clause on a text that is nearly a number: what it looks like and how to write it. Empty for any other."""
    text = text.strip(" ")
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    if plain != text:
        return "; write it in the digits 0 to 9" + (f": {plain}" if _NUMBER.fullmatch(plain.encode()) else "")
    if _EXPONENT.fullmatch(text):
        return (
            "; a spreadsheet shortens long numbers so: format the column as a number without decimals and export again"
        )
    if text.endswith("%"):
        return "; a percentage is not an amount"
    before, inside, after = _AROUND.fullmatch(text).groups() if _AROUND.fullmatch(text) else ("", text, "")
    around = (before + after).strip()
    if around and _is_currency(around):
        return "; write the number alone, without the currency" + _ungrouped(inside)
    if around.strip(_SPREADSHEET_SIGNS):
        return ""
    if inside != text:
        return f"; leave out the {'signs' if around else 'blanks'} around it" + _ungrouped(inside)
    return _ungrouped(text)


def _is_currency(text: str) -> bool:
    signs = any(unicodedata.category(sign) == "Sc" or sign in "đĐ" for sign in text)
    return (signs and len(text) < 4) or minor_digits(text.upper()) is not None


def _ungrouped(text: str) -> str:
    """Return the clause on a number with separators between its digits, or the empty string."""
    match = _GROUPED.fullmatch(text)
    if match and (match[1] != "." or match[2] or len(match[0].split(".")) > 2):
        digits = "".join(re.findall("[0-9+-]", text.removesuffix(match[2] or "")))
        fraction = f".{match[2][1:]}" if match[2] else ""
        return f"; write it without thousands separators: {digits}{fraction}"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        return f"; is the comma the decimal point? Then write {text.replace(',', '.')}"
    return ""
