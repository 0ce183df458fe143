"""What terms would have cost in a campaign that has run, if nobody had behaved differently.

The marts hold vouchers by bands of amounts (``price_points``), not one by one. So the answer is what was paid, plus for each band
the difference that the terms make at its mean amount: with the terms of the campaign that is what was paid, to the unit. Within a
band the difference lies between known bounds, which say how far the answer may be off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

LAST_BAND = 40
ENDLESS = Decimal(10) ** 15  # larger than any order


@dataclass(frozen=True)
class Terms:
    """Terms of vouchers: share of the order, most money per voucher, vouchers per customer and day, smallest order."""

    rate: Decimal
    cap: Decimal
    limit: int
    minimum: Decimal = Decimal(0)

    def rebate(self, amount: Decimal) -> Decimal:
        """Return what a voucher pays on an order."""
        return min(self.rate * amount, self.cap) if amount >= self.minimum else Decimal(0)

    @property
    def best_basket(self) -> Decimal | None:
        """The smallest order that earns the whole voucher; None where no order does."""
        return max(self.cap / self.rate, self.minimum) if self.rate else None

    @property
    def worst_day(self) -> Decimal:
        """The most that one customer can cost on one day."""
        return self.cap * self.limit


@dataclass(frozen=True)
class Cell:
    """Vouchers on orders of ``low`` to ``high``, of this mean."""

    vouchers: int
    low: Decimal
    high: Decimal
    mean: Decimal


def cells(
    price_points: Sequence[dict[str, Any]], rebate_rates: Sequence[dict[str, Any]], voucher_gmv: Decimal, now: Terms
) -> list[Cell]:
    """Return the cells of a campaign; ``voucher_gmv`` is the GMV of all its orders with a voucher.

    A band's vouchers are taken to have the mean of its orders. The last band is open; there a voucher pays the cap, so that its
    rate says how large the order is (``_far_beyond_the_kink``), and what is left has the mean of what is left of ``voucher_gmv``.
    """
    found: list[Cell] = []
    starts = [Decimal(band["from_amount"]) for band in price_points]
    for band, low, high in zip(price_points, starts, [*starts[1:], ENDLESS], strict=True):
        vouchers = band["vouchers_used"]
        if band["band"] == LAST_BAND:
            far = _far_beyond_the_kink(rebate_rates, now)
            if sum(cell.vouchers for cell in far) <= vouchers:
                found += far
                vouchers -= sum(cell.vouchers for cell in far)
            mean = (voucher_gmv - sum(cell.vouchers * cell.mean for cell in found)) / max(vouchers, 1)
        else:
            mean = Decimal(band["total_gmv"]) / max(band["total_orders"], 1)
        if vouchers:
            found.append(Cell(vouchers, low, high, min(max(mean, low), high)))
    return found


def _far_beyond_the_kink(rebate_rates: Sequence[dict[str, Any]], now: Terms) -> list[Cell]:
    """Return cells of the vouchers that paid the cap, and no more than half of the rate."""
    found = []
    for one in rebate_rates:
        percent, vouchers = one["rate_percent"], one["vouchers_used"]
        if 2 * (percent + 1) <= 100 * now.rate and vouchers == one["vouchers_at_cap"]:
            high = 100 * now.cap / percent if percent else ENDLESS
            found.append(Cell(vouchers, 100 * now.cap / (percent + 1), high, Decimal(one["voucher_gmv"]) / vouchers))
    return found


def cost(paid: Decimal, campaign: Sequence[Cell], now: Terms, planned: Terms) -> tuple[Decimal, Decimal]:
    """Return what the planned terms would have cost where ``now`` cost ``paid``, and by how much that may be off at most."""
    total, doubt = paid, Decimal(0)
    for cell in campaign:
        at_mean = _difference(now, planned, cell.mean)
        edges = [_difference(now, planned, amount) for amount in _turns(cell, now, planned)]
        total += cell.vouchers * at_mean
        doubt += cell.vouchers * max(abs(edge - at_mean) for edge in edges)
    return (max(amount, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP) for amount in (total, doubt))


def _difference(now: Terms, planned: Terms, amount: Decimal) -> Decimal:
    return planned.rebate(amount) - now.rebate(amount)


def _turns(cell: Cell, now: Terms, planned: Terms) -> Iterable[Decimal]:
    """Give the amounts in the cell between which the difference is a straight line, and those just below a smallest order."""
    yield from (cell.low, cell.high)
    for terms in (now, planned):
        for amount in (terms.best_basket, terms.minimum, terms.minimum - Decimal("0.01")):
            if amount is not None and cell.low < amount < cell.high:
                yield amount
