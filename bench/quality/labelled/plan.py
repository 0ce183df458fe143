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
    popularity: exponent of the shops' ranks. dishes: mean number of prices on a menu. price_spread: standard deviation
    of the logarithm of prices within a shop. follow_ups: share of further orders that come within minutes.
    neighbours: share of a shop's buyers who signed up in its neighbourhood's time. owners_buy: share of customers who
    own a shop. second_voucher: chance that the platform grants a second voucher on a day, at another shop. voucher_use:
    factor on the share of orders with a voucher. token_orders: share of orders under 1,000 by people who try out the
    shop system. whole_minutes: times carry no seconds. numbers_rise: account numbers rise with sign-up. abuse:
    instances per kind and strength for each 10,000 orders, 0 for an honest campaign. share_of_kinds: how many of the
    kinds occur. lookalikes: instances per honest kind for each 10,000 orders.

    The ranges in ``draw_plan`` lie around what two days of a real campaign show (``bench.quality.marginals``).
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
    popularity: float
    dishes: float
    price_spread: float
    follow_ups: float
    neighbours: float
    owners_buy: float
    second_voucher: float
    voucher_use: float
    token_orders: float
    whole_minutes: bool
    numbers_rise: bool
    abuse: float
    share_of_kinds: float
    lookalikes: float

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
        loyalty=round(rng.uniform(0.55, 0.95), 3),
        orders_per_shop=round(days**0.8 * rng.uniform(0.32, 0.8), 2),
        popularity=round(rng.uniform(0.5, 0.85), 3),
        dishes=round(np.exp(rng.uniform(np.log(6), np.log(40))), 1),
        price_spread=round(rng.uniform(0.25, 0.55), 3),
        follow_ups=round(np.exp(rng.uniform(np.log(0.02), np.log(0.4))), 3),
        neighbours=round(rng.uniform(0.1, 0.8), 3),
        owners_buy=round(rng.uniform(0.02, 0.06), 3),
        second_voucher=round(float(rng.choice((0.0, 0.2, 0.5))), 2),
        voucher_use=round(rng.uniform(0.94, 1.0), 3),
        token_orders=round(float(rng.choice((0.0, 0.004, 0.03))), 3),
        whole_minutes=bool(rng.random() < 0.5),
        numbers_rise=bool(rng.random() < 0.85),
        abuse=0.0 if honest else round(np.exp(rng.uniform(np.log(0.5), np.log(1.8))), 2),
        share_of_kinds=round(rng.uniform(0.6, 1.0), 2),
        lookalikes=round(np.exp(rng.uniform(np.log(1.2), np.log(3.6))), 2),
    )
