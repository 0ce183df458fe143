"""One planted instance: its random draws by strength, its orders, its labels."""

from __future__ import annotations

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


class Case:
    """What a scenario function plants with. Ranges include both ends; times are seconds from the campaign's start."""

    def __init__(self, market: Market, rng: np.random.Generator, kind: str, strength: str) -> None:
        self.market, self.rng, self.strength = market, rng, strength
        self.abuse = strength != "-"
        self.number = len(market.cases)
        market.cases.append(CaseLabel(kind, strength, self.number + 1))
        self.days, self.full = market.days, market.full
        # One hand keeps its habits: whether it uses a voucher on nearly every order or forgets some.
        self._voucher_use = rng.uniform(0.6, 1.0) if rng.random() < 0.5 else 1.0

    def draw(self, low: int, high: int) -> int:
        """Draw a whole number."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """Draw yes or no."""
        return bool(self.rng.random() < probability)

    def one_of(self, *choices: object) -> object:
        """Draw one of these."""
        return choices[self.rng.integers(len(choices))]

    def by_strength(self, strong: Range, medium: Range, thin: Range) -> int:
        """Draw from the range of this instance's strength."""
        return self.draw(*{"strong": strong, "medium": medium, "thin": thin}[self.strength])

    # Who and where

    def accounts(
        self, count: int, numberings: tuple[str, ...] = ("random", "adjacent", "batch", "batches")
    ) -> list[int]:
        """Open accounts of one hand, and label them."""
        people = self.market.accounts(count, str(self.one_of(*numberings)))
        for person in people:
            self.customer(person)
        return people

    def customer(self, account: int, label: int | None = None) -> int:
        """Label a customer; the first label stands."""
        label = (ABUSIVE if self.abuse else HONEST) if label is None else label
        self.market.customer_labels.setdefault(account, (self.number, label))
        return account

    def shop(self, shop: int, label: int | None = None) -> int:
        """Label a shop; the first label stands."""
        label = (ABUSIVE if self.abuse else HONEST) if label is None else label
        self.market.shop_labels.setdefault(shop, (self.number, label))
        self.market.shop_taken.add(shop)
        return shop

    def used_shop(self, shop: int) -> int:
        """Label a shop that abuse uses without its owner's doing: it is not judged."""
        return self.shop(shop, NOT_JUDGED)

    def bystander(self) -> int:
        """Take a customer of the background into the case, and label them."""
        return self.customer(self.market.bystander())

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
        self.market.orders.append(
            Order(at, customer, shop, max(1, int(gmv)), voucher and gmv >= 1000, against_terms, self.number, abusive)
        )

    def ordinary_order(self, customer: int, shop: int | None = None, at: float | None = None) -> None:
        """Place an order as anybody would: it is never abusive."""
        shop = self.market.everyday_shop() if shop is None else shop
        at = self.market.usual_time() if at is None else at
        gmv = self.market.price(shop)
        self.order(customer, shop, at, gmv, voucher=self.market.wants_voucher(gmv), abusive=False)

    def ordinary_life(self, customers: list[int], mean: float | None = None) -> None:
        """Let the people of the case buy like others too; abusers do the more, the thinner they spread."""
        if mean is None:
            low, high = {"strong": (0.0, 0.4), "medium": (0.2, 1.5), "thin": (0.8, 3.0), "-": (0.2, 1.5)}[self.strength]
            mean = self.rng.uniform(low, high)
        for customer in customers:
            for _ in range(self.rng.poisson(mean)):
                self.ordinary_order(customer)

    def passers_by(self, shop: int, count: int) -> None:
        """Let honest people, who are in no case, buy at the shop."""
        for _ in range(count):
            gmv = self.market.price(shop)
            wants = self.market.wants_voucher(gmv)
            self.market.orders.append(
                Order(self.market.usual_time(), self.market.anybody(), shop, gmv, wants, False, -1, False)
            )

    def cover(self, shop: int, orders: int) -> None:
        """Surround this many planted orders with honest ones: the more, the thinner the abuse."""
        low, high = {"strong": (0.05, 0.5), "medium": (0.4, 1.5), "thin": (1.2, 4.0), "-": (0.3, 3.0)}[self.strength]
        self.passers_by(shop, int(orders * self.rng.uniform(low, high)) + self.draw(0, 2))

    # How one hand pays and when

    def amounts(self, shop: int | None = None) -> Callable[[], int]:
        """Choose how this hand sets its amounts, and return what draws one."""
        rng, full = self.rng, self.full
        fixed = int(rng.uniform(1.0, 1.9) * full / 1000 + 1) * 1000
        width = rng.uniform(0.005, 0.15)
        step = int(self.one_of(1, 100, 500, 1000))
        ladder = [full + self.draw(0, 2000)]

        def next_step() -> int:
            ladder[0] += self.draw(1, 900)
            return ladder[0]

        def just_above() -> int:
            return -(-int(full * (1 + rng.uniform(0, width))) // step) * step

        def wide() -> int:
            return int(rng.uniform(1.03, 1.97) * full / 1000 + 0.5) * 1000

        def round_sum() -> int:
            return -(-int(full * rng.uniform(1.0, 2.0)) // 5000) * 5000

        def menu() -> int:
            return max(1000, self.market.price(self.market.everyday_shop() if shop is None else shop))

        def full_menu() -> int:
            amount = menu()
            while amount < full:
                amount += menu()
            return amount

        styles = (just_above, wide, round_sum, menu, full_menu, lambda: fixed, next_step)
        return styles[rng.choice(len(styles), p=(0.2, 0.25, 0.15, 0.12, 0.12, 0.1, 0.06))]

    def hours(self) -> Callable[[], int]:
        """Choose when this hand works, and return what draws a second of the day."""
        style = self.draw(0, 5)
        if style <= 2:
            return self.market.usual_second
        begin, end = (OFFICE_HOURS, EVENING_HOURS, NIGHT_HOURS if self.chance(0.5) else MORNING_HOURS)[style - 3]
        return lambda: self.draw(begin * HOUR, end * HOUR - 1)

    def some_days(self, count: int) -> list[int]:
        """Draw different days, in order, as many as asked or as there are."""
        return sorted(int(day) for day in self.rng.permutation(self.days)[:count])
