"""The accounts, shops, orders and labels of one campaign while it is being made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.quality.labelled.plan import CampaignPlan
from campaign_sample.shape import HOUR_WEIGHTS

DAY, HOUR, MINUTE = 86_400, 3_600, 60
BREAKFAST, NOON, AFTERNOON, EVENING = 8 * HOUR, 12 * HOUR, 15 * HOUR, 19 * HOUR
HONEST, ABUSIVE, NOT_JUDGED = 0, 1, -1

# Shares of accounts by number: old accounts have low numbers, then numbers rise, densest among the newest.
_SIGN_UP_SHARE = np.array((0.0, 0.13, 0.13, 0.42, 0.58, 0.72, 0.86, 0.97, 1.0))
_SIGN_UP_PLACE = np.array((0.00, 0.20, 0.30, 0.42, 0.56, 0.76, 0.93, 0.99, 1.0))
OFFICE_HOURS, EVENING_HOURS, NIGHT_HOURS, MORNING_HOURS = (9, 17), (17, 22), (0, 5), (6, 10)


@dataclass(frozen=True)
class Order:
    """One planted order. at: seconds from the campaign's start; against_terms: its voucher ignores the daily limit."""

    at: int
    customer: int
    shop: int
    gmv: int
    voucher: bool
    against_terms: bool
    case: int
    abusive: bool


@dataclass(frozen=True)
class CaseLabel:
    """What one planted instance is; ``strength`` is "-" for look-alikes."""

    kind: str
    strength: str
    instance: int


class Market:
    """Accounts by their number in the file, shops by their place in ``owners``; ``background`` fills in the honest part."""

    def __init__(self, plan: CampaignPlan) -> None:
        self.plan = plan
        self.rng = np.random.default_rng([plan.seed, 2])
        self.full, self.days = plan.full, plan.days
        self.taken: set[int] = set()
        span = int(self.rng.uniform(1.5e6, 2.5e7))
        first = int(self.rng.uniform(1e6, 9e8))
        self._first_number, self._span = first, span
        self.newest = first + span
        self._last_order = self.rng.uniform(0.45, 0.65)  # chance that a customer's second or later order is the last
        self.day_weights = self.rng.uniform(0.8, 1.25, plan.days)
        self.day_weights /= self.day_weights.sum()
        hours = np.array(HOUR_WEIGHTS, dtype=float) * self.rng.uniform(0.8, 1.25, 24)
        self._hour_ends = np.cumsum(hours / hours.sum())
        # By shop: its owner, the prices on its menu, their median before rounding.
        self.owners: list[int] = []
        self.menus: list[np.ndarray] = []
        self.levels: list[float] = []
        self.shop_taken: set[int] = set()
        self.background_shops = 0
        self.popularity_ends = np.zeros(0)
        self.ward_of_shop = np.zeros(0, dtype=np.int64)
        self.shop_orders = np.zeros(0, dtype=np.int64)
        self.customers = np.zeros(0, dtype=np.int64)
        self.known = 0.0  # of a shop's buyers, the share who buy elsewhere too
        self.orders: list[Order] = []
        self.cases: list[CaseLabel] = []
        self.customer_labels: dict[int, tuple[int, int]] = {}
        self.shop_labels: dict[int, tuple[int, int]] = {}

    # Accounts

    def account_numbers(self, count: int) -> np.ndarray:
        """Draw numbers of accounts that signed up before the campaign; some may be taken."""
        share = self.rng.random(count)
        return self._first_number + (np.interp(share, _SIGN_UP_SHARE, _SIGN_UP_PLACE) * self._span).astype(np.int64)

    def claim(self, number: int) -> int:
        """Return this number, or the next that is free."""
        while number in self.taken:
            number += 1
        self.taken.add(number)
        return number

    def account(self) -> int:
        """Open an account with a number like any other's."""
        return self.claim(int(self.account_numbers(1)[0]))

    def accounts(self, count: int, numbering: str) -> list[int]:
        """Open accounts: "random", "adjacent" (signed up one after another), "batch" or "batches" (within days)."""
        rng = self.rng
        if numbering == "random":
            return [self.account() for _ in range(count)]
        start = self.newest - int(rng.exponential(self._span / 8)) if rng.random() < 0.7 else self.account()
        start = max(start, self._first_number)
        if numbering == "adjacent":
            steps = rng.geometric(1 / rng.uniform(1.2, 8), count)
            return [self.claim(start + int(step)) for step in np.cumsum(steps)]
        batches = 1 if numbering == "batch" else int(rng.integers(2, 5))
        width = int(self._span * rng.uniform(0.0005, 0.004))
        starts = [start] + [int(self.account_numbers(1)[0]) for _ in range(batches - 1)]
        return [self.claim(starts[rng.integers(batches)] + int(rng.integers(width))) for _ in range(count)]

    def sign_up_now(self, at: int) -> int:
        """Open an account at this second of the campaign: its number is among the newest."""
        place = at / (self.days * DAY)
        return self.claim(self.newest + int(place * self._span * 0.004 * self.days) + int(self.rng.integers(40)))

    def bystander(self) -> int:
        """Pick a customer of the background who is in no case and owns no shop."""
        for _ in range(100):
            customer = int(self.customers[self.rng.integers(len(self.customers))])
            if customer not in self.customer_labels:
                return customer
        return self.account()  # hardly anybody is left

    def anybody(self) -> int:
        """Pick who happens to pass by: a customer of the background, or somebody who buys here only."""
        return self.bystander() if self.rng.random() < self.known else self.account()

    def orders_of_customers(self, count: int) -> np.ndarray:
        """Draw how often honest customers order."""
        again = 1 + self.rng.geometric(self._last_order, count)
        return np.where(self.rng.random(count) < self.plan.one_order, 1, again)

    # Shops

    def a_level(self) -> float:
        """Draw the median price of a shop's dishes."""
        return float(np.exp(self.rng.normal(np.log(82_000), 0.72)))

    def new_shop(self, owner: int | None = None, level: float | None = None, dishes: int | None = None) -> int:
        """Open a shop. level: median price of a dish; dishes: how many prices its menu has."""
        rng = self.rng
        level = self.a_level() if level is None else level
        dishes = 2 + int(rng.exponential(self.plan.dishes)) if dishes is None else dishes
        # Nearly all menus have round prices, a few shops sell by weight, and a dish here and there costs what it costs.
        usual = (1000, 5000, 10_000, 500, 100)[rng.choice(5, p=(0.45, 0.405, 0.12, 0.013, 0.012))]
        step = np.where(rng.random(dishes) < 0.012, rng.choice((1, 50, 100), dishes, p=(0.15, 0.15, 0.7)), usual)
        prices = level * np.exp(rng.normal(0, self.plan.price_spread, dishes))
        self.menus.append(np.maximum(step, (np.round(prices / step) * step).astype(np.int64)))
        self.owners.append(self.account() if owner is None else owner)
        self.levels.append(level)
        return len(self.owners) - 1

    def some_shop(self, low: int = 1, high: int = 10**9) -> int:
        """Pick a background shop that is in no case, with this many background orders; a new one where there is none."""
        fits = (self.shop_orders >= low) & (self.shop_orders <= high)
        free = [shop for shop in np.flatnonzero(fits).tolist() if shop not in self.shop_taken]
        if not free:
            return self.new_shop()
        shop = free[self.rng.integers(len(free))]
        self.shop_taken.add(shop)
        return shop

    def everyday_shop(self) -> int:
        """Pick a background shop as customers do: popular ones more often."""
        return int(np.searchsorted(self.popularity_ends, self.rng.random()))

    # Orders

    def usual_second(self) -> int:
        """Draw a second of the day when people order."""
        rng = self.rng
        return int(np.searchsorted(self._hour_ends, rng.random())) * HOUR + int(rng.integers(HOUR))

    def usual_seconds(self, count: int) -> np.ndarray:
        """Draw that many seconds of the day."""
        hours = np.searchsorted(self._hour_ends, self.rng.random(count))
        return np.minimum(hours, 23) * HOUR + self.rng.integers(0, HOUR, count)

    def a_day(self) -> int:
        """Draw a day of the campaign."""
        return int(self.rng.choice(self.days, p=self.day_weights))

    def usual_time(self) -> int:
        """Draw a second of the campaign when people order."""
        return self.a_day() * DAY + self.usual_second()

    def prices(self, shops: np.ndarray, wants_voucher: np.ndarray) -> np.ndarray:
        """Draw what honest customers pay at these shops; who has a voucher tops a small basket up to earn all of it."""
        rng, full = self.rng, self.full
        count = len(shops)
        sizes = np.array([len(menu) for menu in self.menus])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        menu = np.concatenate(self.menus)
        total = np.zeros(count, dtype=np.int64)
        items = np.minimum(rng.geometric(np.where(sizes[shops] == 1, 0.9, 0.73)), 8)
        for number in range(int(items.max(initial=0))):
            # The first dishes of a menu are its favourites.
            dish = (sizes[shops] * rng.random(count) ** 1.8).astype(np.int64)
            total += np.where(items > number, menu[starts[shops] + dish], 0)
        bulk = rng.random(count) < 0.035
        total = np.where(bulk, total * rng.integers(2, 9, count), total)
        near = wants_voucher & (total < full) & (total > 0.45 * full) & (rng.random(count) < 0.55)
        step = np.array((10_000, 5_000, 1_000))[rng.choice(3, count, p=(0.64, 0.25, 0.11))]
        topped = -(-full // step) * step + np.where(rng.random(count) < 0.3, step, 0)
        total = np.where(near, topped, total)
        total = np.where((total > 82_000) & (total < 108_000) & (rng.random(count) < 0.42), 100_000, total)
        rounded = (total > full) & (total < 4 * full) & (rng.random(count) < 0.17)
        return np.where(rounded, np.maximum(topped, np.round(total / 10_000).astype(np.int64) * 10_000), total)

    def price(self, shop: int, wants_voucher: bool = True) -> int:
        """Draw what one honest customer pays at this shop."""
        menu, rng = self.menus[shop], self.rng
        total = sum(
            int(menu[int(len(menu) * rng.random() ** 1.8)])
            for _ in range(min(8, int(rng.geometric(0.9 if len(menu) == 1 else 0.73))))
        )
        if wants_voucher and 0.45 * self.full < total < self.full and rng.random() < 0.55:
            step = int(rng.choice((10_000, 5_000, 1_000), p=(0.64, 0.25, 0.11)))
            total = -(-self.full // step) * step
        return total

    def wants_voucher(self, gmv: int) -> bool:
        """Draw whether an honest customer uses a voucher on this amount."""
        return bool(self.rng.random() < self.voucher_share(np.array([gmv]))[0])

    def voucher_share(self, gmv: np.ndarray) -> np.ndarray:
        """Share of orders of these amounts with a voucher, as on real days: few on cheap ones, most from the optimum on."""
        share = np.select([gmv < 1000, gmv < 0.45 * self.full, gmv < self.full], [0.0, 0.6, 0.93], 1.0)
        return share * self.plan.voucher_use
