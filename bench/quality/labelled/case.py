"""One planted instance: its random draws by strength, its orders, its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from bench.quality.labelled.market import (
    ABUSIVE,
    DAY,
    EVENING_HOURS,
    HONEST,
    HOUR,
    MORNING_HOURS,
    NIGHT_HOURS,
    NOT_JUDGED,
    OFFICE_HOURS,
    CaseLabel,
    Market,
    Order,
)

STRENGTHS = ("strong", "medium", "thin")
Range = tuple[int, int]
# Of the orders of who takes part, the share that is ordinary buying elsewhere: the more, the thinner the abuse.
OUTSIDE = {"strong": (0.0, 0.35), "medium": (0.1, 0.6), "thin": (0.3, 0.8), "-": (0.0, 0.7)}
# How often they never buy elsewhere, and up to how many orders count for how often they do.
NOWHERE_ELSE = {"strong": 0.5, "medium": 0.25, "thin": 0.0, "-": 0.2}
OUTSIDE_FOR_AT_MOST = 5
# How often a shop in on it has a trade of its own.
OLD_HOSTS = {"strong": 0.4, "medium": 0.55, "thin": 0.75, "-": 1.0}
# Honest orders at a planted shop, as a multiple of the planted ones.
COVER = {"strong": (0.02, 0.4), "medium": (0.2, 1.2), "thin": (1.0, 4.0), "-": (0.3, 3.0)}


class Case:
    """What a scenario function plants with. Ranges include both ends; times are seconds from the campaign's start."""

    def __init__(self, market: Market, rng: np.random.Generator, kind: str, strength: str) -> None:
        self.market, self.rng, self.strength = market, rng, strength
        self.abuse = strength != "-"
        self.case = len(market.cases)
        market.cases.append(CaseLabel(kind, strength, self.case + 1))
        self.days, self.full = market.days, market.full
        # One hand keeps its habits: whether it uses a voucher on nearly every order or forgets some.
        self._voucher_use = rng.uniform(0.85 if strength == "strong" else 0.6, 1.0) if rng.random() < 0.5 else 1.0
        self._outside = 0.0 if rng.random() < NOWHERE_ELSE[strength] else rng.uniform(*OUTSIDE[strength])
        self._orders_of: Counter[int] = Counter()

    def draw(self, low: int, high: int) -> int:
        """Draw a whole number."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """Draw yes or no."""
        return bool(self.rng.random() < probability)

    def one_of(self, *choices: object) -> object:
        """Draw one of these."""
        return choices[self.rng.integers(len(choices))]

    def number(self, low: int, high: int) -> int:
        """Draw how many, evenly on a logarithmic scale: few large, many small."""
        return int(np.exp(self.rng.uniform(np.log(low), np.log(high + 1))))

    def by_strength(self, strong: Range, medium: Range, thin: Range) -> int:
        """Draw how many from the range of this instance's strength."""
        return self.number(*{"strong": strong, "medium": medium, "thin": thin}[self.strength])

    # Who and where

    def accounts(
        self, count: int, numberings: tuple[str, ...] = ("random", "random", "adjacent", "batch", "batches")
    ) -> list[int]:
        """Open accounts of one hand, and label them."""
        people = self.market.accounts(count, str(self.one_of(*numberings)))
        for person in people:
            self.customer(person)
        return people

    def customer(self, account: int, label: int | None = None) -> int:
        """Label a customer; the first label stands."""
        label = (ABUSIVE if self.abuse else HONEST) if label is None else label
        self.market.customer_labels.setdefault(account, (self.case, label))
        return account

    def shop(self, shop: int, label: int | None = None) -> int:
        """Label a shop; the first label stands."""
        label = (ABUSIVE if self.abuse else HONEST) if label is None else label
        self.market.shop_labels.setdefault(shop, (self.case, label))
        self.market.shop_taken.add(shop)
        return shop

    def used_shop(self, shop: int) -> int:
        """Label a shop that abuse uses without its owner's doing: it is not judged."""
        return self.shop(shop, NOT_JUDGED)

    def host(self) -> int:
        """Take a shop that is in on it: opened for it or little known, or one with a trade of its own."""
        old = self.chance(OLD_HOSTS[self.strength])
        return self.shop(self.market.some_shop(3, 60) if old else self.market.new_shop(dishes=self.draw(1, 10)))

    def stranger(self) -> int:
        """Take a background shop that has no part in it; as abuse goes through it, it is not judged."""
        return self.used_shop(self.market.some_shop(1, 60))

    def shops_of_a_group(self, count: int) -> list[int]:
        """Return where a group eats: shops that are there anyhow, or dear ones, where every order earns the whole rebate."""
        if self.chance(0.6):
            return [self.known_shop() for _ in range(count)]
        shops = [self.shop(self.market.new_shop(level=self.full * self.rng.uniform(1.15, 2.5))) for _ in range(count)]
        for shop in shops:
            self.passers_by(shop, self.draw(0, 15))
        return shops

    def known_shop(self) -> int:
        """Take a shop with a trade of its own."""
        return self.shop(self.market.some_shop(3, 80))

    def bystander(self) -> int:
        """Take a customer of the background into the case, and label them."""
        return self.customer(self.market.bystander())

    def visitor(self, known: float) -> int:
        """Take a customer of the background with this chance, else somebody who orders here alone."""
        return self.bystander() if self.chance(known) else self.customer(self.market.account())

    def neighbours(
        self, count: int, numberings: tuple[str, ...] = ("random", "random", "random", "batches")
    ) -> list[int]:
        """Take people who know one another, with accounts opened at some time."""
        return self.accounts(count, numberings)

    # Orders

    def order(
        self,
        customer: int,
        shop: int,
        at: float,
        gmv: int,
        *,
        voucher: bool | None = None,
        against_terms: bool = False,
        abusive: bool | None = None,
    ) -> None:
        """Place an order; ``voucher`` None leaves it to the habits of the hand, or of honest people."""
        if voucher is None:
            voucher = self.chance(self._voucher_use) if self.abuse else self.market.wants_voucher(gmv)
        at = min(max(int(at), 0), self.days * DAY - 1)
        abusive = self.abuse if abusive is None else abusive
        self._orders_of[customer] += 1
        self.market.orders.append(
            Order(at, customer, shop, max(1, int(gmv)), voucher and gmv >= 1000, against_terms, self.case, abusive)
        )

    def ordinary_order(self, customer: int, shop: int | None = None, at: float | None = None) -> None:
        """Place an order as anybody would: it is never abusive."""
        shop = self.market.everyday_shop() if shop is None else shop
        at = self.market.usual_time() if at is None else at
        gmv = self.market.price(shop)
        self.order(customer, shop, at, gmv, voucher=self.market.wants_voucher(gmv), abusive=False)

    def ordinary_life(self, customers: list[int]) -> None:
        """Let the people of the case buy like others too, mostly at one shop of their own."""
        for customer in customers:
            favourite = self.market.everyday_shop()
            mean = min(self._orders_of[customer], OUTSIDE_FOR_AT_MOST) * self._outside / (1 - self._outside)
            for _ in range(self.rng.poisson(mean)):
                self.ordinary_order(customer, favourite if self.chance(self.market.plan.loyalty) else None)

    def passers_by(self, shop: int, count: int) -> None:
        """Let honest people, who are in no case, buy at the shop; some come back, or buy elsewhere too."""
        market, here = self.market, 0
        while here < count:
            person, visits = market.anybody(), int(market.orders_of_customers(1)[0])
            for visit in range(visits):
                where = shop if visit == 0 or self.chance(market.plan.loyalty) else market.everyday_shop()
                here += where == shop
                gmv = market.price(where)
                wants = market.wants_voucher(gmv)
                market.orders.append(Order(market.usual_time(), person, where, gmv, wants, False, -1, False))

    def cover(self, shop: int, orders: int) -> None:
        """Surround this many planted orders with honest ones: the more, the thinner the abuse."""
        self.passers_by(shop, int(orders * self.rng.uniform(*COVER[self.strength])) + self.draw(0, 2))

    # How one hand pays and when

    def amounts(self, shop: int | None = None) -> Callable[[], int]:
        """Choose how this hand sets its amounts, and return what draws one."""
        rng, full = self.rng, self.full
        step = int(self.one_of(1, 1, 100, 500, 1000, 1000, 5000))
        width = rng.uniform(0.005, 0.2)  # hugs the smallest amount that earns the whole rebate
        low, high = sorted(rng.uniform(1.0, 1.9, 2))
        fixed = [self._above(rng.uniform(1.0, 1.9), 1000) for _ in range(self.draw(1, 6))]
        ladder = [full + self.draw(0, 2000)]

        def next_step() -> int:
            ladder[0] += self.draw(1, 900)
            return ladder[0]

        def menu() -> int:
            return max(1000, self.market.price(self.market.everyday_shop() if shop is None else shop))

        def full_menu() -> int:
            amount = menu()
            while amount < full:
                amount += menu()
            return amount

        styles = (
            lambda: self._above(1 + rng.uniform(0, width), step),
            lambda: self._above(rng.uniform(low, high), step),
            lambda: self._above(rng.uniform(1.0, 2.0), 5000),
            menu,
            full_menu,
            lambda: int(self.one_of(*fixed)),
            next_step,
        )
        return styles[rng.choice(len(styles), p=(0.3, 0.22, 0.12, 0.04, 0.12, 0.13, 0.07))]

    def _above(self, multiple: float, step: int) -> int:
        return -(-int(self.full * multiple) // step) * step

    def moments(self, count: int, days: tuple[int, int] | None = None) -> list[int]:
        """Draw when one hand places this many orders: in bursts, at a fixed interval, or all over its hours; in order.

        days: the first day and the one after the last; the whole campaign unless given.
        """
        rng = self.rng
        first, end = days or (0, self.days)
        style = rng.choice(3, p=(0.25, 0.25, 0.5))
        if style == 0:
            begins = [self.draw(first, end - 1) * DAY + self.market.usual_second() for _ in range(self.draw(1, 4))]
            width = np.exp(rng.uniform(np.log(180), np.log(2 * HOUR)))
            return sorted(int(self.one_of(*begins) + rng.uniform(0, width)) for _ in range(count))
        if style == 1:
            every = min(self.number(60, 4 * HOUR), (end - first) * DAY // (count + 1))
            begin = self.draw(first * DAY, end * DAY - every * (count + 1))
            jitter = int(every * {"strong": 0.005, "medium": 0.03, "thin": 0.1, "-": 0.1}[self.strength])
            return [begin + place * every + self.draw(-jitter, jitter) for place in range(count)]
        second = self.hours()
        return sorted(self.draw(first, end - 1) * DAY + second() for _ in range(count))

    def hours(self) -> Callable[[], int]:
        """Choose when this hand works, and return what draws a second of the day."""
        style = self.draw(0, 5)
        if style <= 2:
            return self.market.usual_second
        begin, end = (OFFICE_HOURS, EVENING_HOURS, NIGHT_HOURS if self.chance(0.5) else MORNING_HOURS)[style - 3]
        return lambda: self.draw(begin * HOUR, end * HOUR - 1)

    def some_days(self, count: int) -> list[int]:
        """Draw different days, in order, as many as asked or as there are."""
        return self.days_from(0, count)

    def days_from(self, first: int, count: int) -> list[int]:
        """Draw different days from this one on, in order, as many as asked or as there are."""
        return sorted(first + int(day) for day in self.rng.permutation(self.days - first)[:count])

    def day_of_round(self, number: int) -> int:
        """Draw a day of the campaign for the round of this number: every second day, or so."""
        return (number * 2 + self.draw(0, 1)) % self.days
