"""Who lives in the campaign, which shops there are, and the orders that scenarios place there by hand.

People and shops are numbers: first the honest crowd and its shops, then whoever a scenario brings in (newcomers, new
shops). A newcomer is nobody of the crowd, so nothing happens to a planted subject but what its scenario says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from campaign_sample import shape
from campaign_sample.plan import Plan

MINUTES_PER_DAY = 1440


@dataclass(frozen=True)
class Label:
    """The truth about one subject.

    subjects: its numbers; one, two for a pair, all members of a ring or group. rules: those that its planted orders are
    evidence for, to be found if it is abuse and forgiven if it is a trap; none if no rule can see it alone. orders: the
    places of these orders in ``Town.orders``.
    """

    subject_type: str
    subjects: tuple[int, ...]
    rules: tuple[str, ...]
    orders: tuple[int, ...]


@dataclass(frozen=True)
class PlantedOrder:
    """One order, by the numbers of people and shops; ``minute`` counts from the campaign's start."""

    minute: int
    customer: int
    shop: int
    gmv: int
    has_voucher: bool


class Town:
    """The people, shops and planted orders of one campaign."""

    def __init__(self, plan: Plan) -> None:
        self.days, self.noise, self.cheapest_full_rebate = plan.days, plan.noise, plan.cheapest_full_rebate
        self.crowd = shape.customers_for(plan.good_rows, plan.days)
        self.crowd_shops = shape.shops_for(plan.good_rows)
        self.crowd_owners = (self.crowd_shops // shape.SHOPS_PER_BLOCK + 1) * shape.OWNERS_PER_BLOCK
        self.people = self.crowd + self.crowd_owners
        self.orders: list[PlantedOrder] = []
        self._owners_of_new_shops: list[int] = []
        self._vouchers: set[tuple[int, int]] = set()
        self._vouchers_at_shops: set[tuple[int, int, int]] = set()

    @property
    def shops(self) -> int:
        """Number of shops, new ones included."""
        return self.crowd_shops + len(self._owners_of_new_shops)

    def owners_of_shops(self) -> np.ndarray:
        """Return the owner's number of every shop, by the shop's number."""
        crowd_shops = np.arange(self.crowd_shops)
        block, place = np.divmod(crowd_shops, shape.SHOPS_PER_BLOCK)
        owners = self.crowd + block * shape.OWNERS_PER_BLOCK + shape.OWNER_IN_BLOCK[place]
        return np.concatenate([owners, np.array(self._owners_of_new_shops, dtype=np.int64)])

    def newcomer(self) -> int:
        """Bring in somebody who has not ordered yet."""
        self.people += 1
        return self.people - 1

    def new_shop(self, owner: int | None = None) -> int:
        """Open a shop, of this owner or of a new one."""
        self._owners_of_new_shops.append(self.newcomer() if owner is None else owner)
        return self.shops - 1

    def some_shops(self, rng: np.random.Generator, count: int) -> list[int]:
        """Pick different shops of the crowd, popular ones more often."""
        shops: list[int] = []
        while len(shops) < count:
            shop = int(shape.popular(rng.random(1), self.crowd_shops)[0])
            if shop not in shops:
                shops.append(shop)
        return shops

    def some_owner(self, rng: np.random.Generator) -> int:
        """Pick an owner of a shop of the crowd."""
        return self.crowd + int(rng.integers(0, self.crowd_owners - shape.OWNERS_PER_BLOCK + 1))

    def some_days(self, rng: np.random.Generator, count: int) -> list[int]:
        """Pick different days, in order, as many as asked or as the campaign has."""
        return sorted(int(day) for day in rng.permutation(self.days)[:count])

    def order(
        self,
        customer: int,
        shop: int,
        day: int,
        minute: int,
        gmv: int,
        *,
        voucher: bool = True,
        against_terms: bool = False,
    ) -> int:
        """Place an order and return its place in ``orders``.

        A voucher is granted on an order of 1,000 or more, once per customer and day; ``against_terms`` gets it past
        that limit but not past the one the platform does enforce, once per customer, shop and day.
        """
        at_shop = (customer, shop, day)
        taken = at_shop in self._vouchers_at_shops if against_terms else (customer, day) in self._vouchers
        granted = voucher and gmv >= 1000 and not taken
        if granted:
            self._vouchers.add((customer, day))
            self._vouchers_at_shops.add(at_shop)
        self.orders.append(PlantedOrder(day * MINUTES_PER_DAY + minute % MINUTES_PER_DAY, customer, shop, gmv, granted))
        return len(self.orders) - 1

    def ordinary_order(
        self, rng: np.random.Generator, customer: int, shop: int, day: int, gmv: int | None = None
    ) -> int:
        """Place an order at a usual time for a usual price."""
        return self.order(customer, shop, day, a_time(rng), a_price(rng, shop) if gmv is None else gmv)

    def ordinary_life(self, rng: np.random.Generator, customer: int) -> list[int]:
        """Let an abuser buy like others too: each day, with the chance ``noise``, an order at a shop of the crowd."""
        days = [day for day in range(self.days) if rng.random() < self.noise]
        shops = self.some_shops(rng, len(days))
        return [self.ordinary_order(rng, customer, shop, day) for day, shop in zip(days, shops, strict=True)]

    def passers_by(self, rng: np.random.Generator, shop: int, count: int, gmv: int | None = None) -> list[int]:
        """Place orders at the shop by ``count`` people who order this once."""
        days = rng.integers(0, self.days, count).tolist()
        return [self.ordinary_order(rng, self.newcomer(), shop, day, gmv) for day in days]

    def price_with_full_rebate(self, rng: np.random.Generator) -> int:
        """Draw a round price, up to 25,000 above the smallest that earns the whole rebate, as honest people pay too."""
        return (-(-self.cheapest_full_rebate // 1000) + draw(rng, (0, 25))) * 1000

    def noise_of(self, orders: int) -> int:
        """Say how many other orders surround this many planted ones."""
        return round(orders * self.noise)


def draw(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    """Draw a whole number between the bounds, both included."""
    return int(rng.integers(bounds[0], bounds[1] + 1))


def a_time(rng: np.random.Generator) -> int:
    """Draw a minute of the day, as likely as people are to order then."""
    return int(shape.MINUTE_TABLE[rng.integers(0, shape.MINUTE_SLOTS)])


def a_price(rng: np.random.Generator, shop: int) -> int:
    """Draw an amount as ordered at this shop."""
    level = shape.PRICE_LEVEL_OF_SHOP[shop % len(shape.PRICE_LEVEL_OF_SHOP)]
    return int(shape.PRICE_TABLE[level, rng.integers(0, shape.PRICE_SLOTS)])
