"""What other terms would have cost: exact for the terms of the campaign, within the stated bounds for others."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapi.plan import LAST_BAND, Terms, cells, cost

NOW = Terms(Decimal("0.3"), Decimal(20000), 1)
DRAWN = random.Random(7)
ORDERS = [Decimal(DRAWN.choice([50000, 69000, DRAWN.randrange(1, 300_000)])) for _ in range(500)]
PAID = sum(NOW.rebate(amount) for amount in ORDERS)
WIDTH = NOW.best_basket / 20


def _bands() -> list[dict]:
    bands = []
    for band in range(LAST_BAND + 1):
        inside = [amount for amount in ORDERS if min(int(amount / WIDTH), LAST_BAND) == band]
        figures = {"total_orders": len(inside), "vouchers_used": len(inside), "total_gmv": sum(inside)}
        bands.append({"band": band, "from_amount": band * WIDTH, **figures})
    return bands


def _rates() -> list[dict]:
    found: dict[int, list[Decimal]] = {}
    for amount in ORDERS:
        found.setdefault(int(100 * NOW.rebate(amount) / amount), []).append(amount)
    return [
        {
            "rate_percent": percent,
            "vouchers_used": len(inside),
            "vouchers_at_cap": sum(NOW.rebate(amount) >= NOW.cap for amount in inside),
            "voucher_gmv": sum(inside),
        }
        for percent, inside in found.items()
    ]


CELLS = cells(_bands(), _rates(), sum(ORDERS), NOW)


def test_terms_of_the_campaign_cost_what_was_paid_to_the_unit():
    odd = Decimal("49207938.00")  # platforms round in their own way
    assert tuple(cost(odd, CELLS, NOW, NOW)) == (odd, 0)


@pytest.mark.parametrize(
    ("rate", "cap", "minimum"),
    [("0.2", 20000, 0), ("0.3", 10000, 0), ("0.5", 50000, 0), ("0.3", 20000, 60000), ("0.1", 90000, 5), ("0", 0, 0)],
)
def test_other_terms_cost_what_every_order_would_give_within_the_bounds(rate, cap, minimum):
    planned = Terms(Decimal(rate), Decimal(cap), 1, Decimal(minimum))
    estimated, doubt = cost(PAID, CELLS, NOW, planned)
    assert abs(estimated - sum(planned.rebate(amount) for amount in ORDERS)) <= doubt + Decimal("0.01")


@given(st.integers(0, 100), st.integers(0, 200_000), st.integers(0, 400_000))
def test_any_terms_stay_within_the_bounds(percent, cap, minimum):
    planned = Terms(Decimal(percent) / 100, Decimal(cap), 1, Decimal(minimum))
    estimated, doubt = cost(PAID, CELLS, NOW, planned)
    assert abs(estimated - sum(planned.rebate(amount) for amount in ORDERS)) <= doubt + Decimal("0.01")


def test_orders_far_beyond_the_kink_are_known_by_their_rates():
    assert sum(cell.vouchers for cell in CELLS) == len(ORDERS)
    planned = Terms(Decimal("0.3"), Decimal(60000), 1)
    estimated, _ = cost(PAID, CELLS, NOW, planned)
    assert abs(estimated / sum(planned.rebate(amount) for amount in ORDERS) - 1) < Decimal("0.01")


def test_best_basket_is_where_the_cap_begins_or_the_smallest_order():
    assert Terms(Decimal("0.25"), Decimal(10000), 1).best_basket == 40000
    assert Terms(Decimal("0.25"), Decimal(10000), 2, Decimal(50000)).best_basket == 50000
    assert Terms(Decimal(0), Decimal(10000), 2).best_basket is None
    assert Terms(Decimal("0.25"), Decimal(10000), 3).worst_day == 30000
