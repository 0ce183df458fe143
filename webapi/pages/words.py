"""Numbers and findings as a page writes them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"
GRAINS = {
    "customer": "per customer",
    "customer_shop": "per customer and shop",
    "customer_owner": "per customer and shop owner",
}
KINDS = {
    "first_voucher": "First voucher order of a customer",
    "later_voucher": "Later voucher orders",
    "guest_voucher": "Voucher orders of guests",
    "no_voucher": "Orders without a voucher",
}

Number = Decimal | float | int


def grouped(value: Number | None) -> str:
    """Return a number in groups of three digits; a fraction only where there is one, a dash for nothing."""
    if value is None:
        return NOTHING
    exact = Decimal(str(value))
    written = f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.2f}"
    return written.replace("-", MINUS)


def whole(value: Number | None) -> str:
    """Return an average or a limit to the unit, in groups of three digits; a dash for nothing."""
    return grouped(None if value is None else Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))


def plain(value: Number) -> str:
    """Return a number as a form takes it."""
    return f"{Decimal(str(value)).normalize():f}"


def two_digits(value: Number | None) -> str:
    """Return a number with two digits after the point, for a column; a dash for nothing."""
    return NOTHING if value is None else f"{Decimal(str(value)):,.2f}"


def percent(share: Number | None) -> str:
    """Return a share of 0 to 1 as a percentage with one digit after the point; a dash for nothing."""
    return hundredths(None if share is None else 100 * Decimal(str(share)))


def hundredths(value: Number | None) -> str:
    """Return a percentage with one digit after the point; a dash for nothing."""
    return NOTHING if value is None else f"{Decimal(str(value)):.1f} %"


def change(now: Number | None, before: Number | None) -> str:
    """Return by how much a number grew or shrank, as a signed percentage; nothing where there was none before, or no change."""
    if now is None or not before or now == before:
        return ""
    grown = 100 * (Decimal(str(now)) - Decimal(str(before))) / Decimal(str(before))
    return f"{grown:+.1f} %".replace("-", MINUS)


def limit_sentence(enforcement: Sequence[dict[str, Any]]) -> str:
    """Return in one sentence at which grains the platform held the voucher limit of a day."""
    if not enforcement:
        return "No voucher has been used, so nothing says whether the voucher limit was held."
    held = [GRAINS.get(one["grain"], one["grain"]) for one in enforcement if one["held"]]
    broken = [
        f"{GRAINS.get(one['grain'], one['grain'])} (up to {one['most_per_day']} a day)"
        for one in enforcement
        if not one["held"]
    ]
    if not broken:
        return "The daily voucher limit held at every grain."
    if not held:
        return f"The daily voucher limit was exceeded {', '.join(broken)}."
    return f"The daily voucher limit held {', '.join(held)}; it was exceeded {', '.join(broken)}."
