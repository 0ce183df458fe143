"""Orders that a program places."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, MINUTE


def scripted_account(case: Case) -> None:
    """A script orders for one account at a fixed interval."""
    person = case.accounts(1, ("random",))[0]
    shops = [case.stranger() for _ in range(case.draw(1, 6))]
    orders = case.by_strength((24, 60), (12, 24), (6, 11))
    every = case.draw(4, 180) * MINUTE if case.chance(0.7) else DAY // case.draw(1, 3)
    begin = case.draw(0, max(0, case.days * DAY - every * orders - 1))
    _run_script(case, [person] * orders, shops, case.amounts(), begin, every)
    case.ordinary_life([person])


def scripted_network(case: Case) -> None:
    """A script orders with many accounts in turn, at a fixed interval, across many shops."""
    people = case.accounts(case.by_strength((18, 120), (10, 34), (6, 14)))
    owned = case.chance(0.5)
    shops = [case.host() if owned else case.stranger() for _ in range(case.number(1, 12))]
    rounds, amount = case.by_strength((1, 4), (1, 3), (1, 1)), case.amounts()
    if case.chance(0.7):  # it knows that there is one voucher a day
        every = min(case.draw(1, 45) * MINUTE, DAY // (len(people) + 1))
        for day in case.some_days(rounds):
            begin = day * DAY + case.draw(0, DAY - every * len(people) - 1)
            _run_script(case, people, shops, amount, begin, every)
    else:
        orders = rounds * len(people)
        every = min(case.draw(1, 45) * MINUTE, case.days * DAY // (orders + 1))
        begin = case.draw(0, case.days * DAY - every * orders - 1)
        _run_script(case, list(islice(cycle(people), orders)), shops, amount, begin, every)
    case.ordinary_life(people)


def _run_script(
    case: Case, people: list[int], shops: list[int], amount: Callable[[], int], begin: int, every: int
) -> None:
    jitter = {"strong": 0, "medium": 2, "thin": every // 40}[case.strength]
    skipped = {"strong": 0.0, "medium": 0.05, "thin": 0.15}[case.strength]
    random_shop = case.chance(0.5)
    for number, person in enumerate(people):
        at = begin + number * every
        if at < case.days * DAY and not case.chance(skipped):
            shop = case.one_of(*shops) if random_shop else shops[number % len(shops)]
            case.order(person, shop, at + case.draw(-jitter, jitter), amount())
