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


def cells(price_points: Sequence[dict[str, Any]], voucher_gmv: Decimal) -> list[Cell]:
    """Return the cells of a campaign's bands; ``voucher_gmv`` is the GMV of all its orders with a voucher.

    A band's vouchers are taken to have the mean of its orders, and the open last band what is left of ``voucher_gmv``.
    """
    found, rest = [], voucher_gmv
    starts = [Decimal(band["from_amount"]) for band in price_points]
    for band, low, high in zip(price_points, starts, [*starts[1:], ENDLESS], strict=True):
        vouchers = band["vouchers_used"]
        if not vouchers:
            continue
        last = band["band"] == LAST_BAND
        mean = rest / vouchers if last else Decimal(band["total_gmv"]) / band["total_orders"]
        mean = min(max(mean, low), high)
        rest -= vouchers * mean
        found.append(Cell(vouchers, low, high, mean))
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
