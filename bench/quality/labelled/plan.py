"""What one labelled campaign is like: drawn once from its seed, so that no two campaigns of a set are alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

# (rate in percent, cap): most campaigns have the terms of the real one, some have others, so that no amount is special.
USUAL_TERMS = (30, 20_000)
OTHER_TERMS = ((20, 30_000), (50, 25_000), (25, 15_000))


@dataclass(frozen=True)
class CampaignPlan:
    """One campaign.

    orders: honest background orders; planted ones come on top. one_order: share of customers with a single order.
    loyalty: chance that a further order goes to a customer's first shop. orders_per_shop: mean, before planting.
    second_voucher: chance that the platform grants a second voucher on a day, at another shop. voucher_use: factor on
    the share of orders with a voucher. token_orders: share of orders under 1,000 by people who try out the shop system.
    whole_minutes: times carry no seconds. numbers_rise: account numbers rise with sign-up. abuse: instances per kind
    and strength for each 10,000 orders, 0 for an honest campaign. share_of_kinds: how many of the kinds occur.
    """

    name: str
    seed: int
    starts_on: date
    days: int
    orders: int
    rate_percent: int
    cap: int
    one_order: float
    loyalty: float
    orders_per_shop: float
    second_voucher: float
    voucher_use: float
    token_orders: float
    whole_minutes: bool
    numbers_rise: bool
    abuse: float
    share_of_kinds: float

    @property
    def campaign_id(self) -> int:
        """Its id in the campaign seed."""
        return self.seed

    @property
    def full(self) -> int:
        """The smallest amount that earns the whole rebate."""
        return -(-self.cap * 100 // self.rate_percent)

    def rebate(self, gmv: int) -> int:
        """The rebate that a voucher gives on an order of this amount."""
        return min(self.cap, -(-gmv * self.rate_percent // 100))


def draw_plan(seed: int, starts_on: date, *, honest: bool = False) -> CampaignPlan:
    """Draw the campaign of this seed. ``honest`` leaves out all abuse."""
    rng = np.random.default_rng([seed, 1])
    days = int(rng.integers(4, 15))
    usual = rng.random() < 0.8
    rate, cap = USUAL_TERMS if usual else OTHER_TERMS[rng.integers(len(OTHER_TERMS))]
    return CampaignPlan(
        name=f"{'Honest' if honest else 'Generated'} {seed}",
        seed=seed,
        starts_on=starts_on,
        days=days,
        orders=int(np.exp(rng.uniform(np.log(3_000), np.log(26_000)))),
        rate_percent=rate,
        cap=cap,
        one_order=round(max(0.55, 0.84 - 0.016 * days + rng.uniform(-0.06, 0.06)), 3),
        loyalty=round(rng.uniform(0.45, 0.85), 3),
        orders_per_shop=round(rng.uniform(2.6, 7.5), 2),
        second_voucher=round(float(rng.choice((0.0, 0.1, 0.5))), 2),
        voucher_use=round(rng.uniform(0.97, 1.0), 3),
        token_orders=round(float(rng.choice((0.0, 0.004, 0.03))), 3),
        whole_minutes=bool(rng.random() < 0.5),
        numbers_rise=bool(rng.random() < 0.85),
        abuse=0.0 if honest else round(np.exp(rng.uniform(np.log(0.6), np.log(2.2))), 2),
        share_of_kinds=round(rng.uniform(0.6, 1.0), 2),
    )
