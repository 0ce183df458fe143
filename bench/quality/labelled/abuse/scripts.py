"""Orders that a program places."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, MINUTE


def scripted_account(case: Case) -> None:
    """A script orders for one account at a fixed interval."""
    person = case.accounts(1, ("random",))[0]
    shops = [case.stranger() for _ in range(case.draw(1, 6))]
    every = case.draw(4, 180) * MINUTE if case.chance(0.7) else DAY // case.draw(1, 3)
    _run_script(case, [person], shops, every, case.by_strength((24, 60), (12, 24), (6, 11)))
    case.ordinary_life([person])


def scripted_network(case: Case) -> None:
    """A script orders with many accounts in turn, at a fixed interval, across many shops."""
    people = case.accounts(case.by_strength((18, 120), (10, 34), (6, 14)))
    owned = case.chance(0.5)
    shops = [case.host() if owned else case.stranger() for _ in range(case.number(1, 12))]
    rounds = case.by_strength((1, 4), (1, 3), (1, 1))
    every = min(case.draw(1, 45) * MINUTE, case.days * DAY // (rounds * len(people) + 1))
    _run_script(case, people, shops, every, rounds * len(people))
    case.ordinary_life(people)


def _run_script(case: Case, people: list[int], shops: list[int], every: int, orders: int) -> None:
    amount = case.amounts()
    at = case.draw(0, max(0, case.days * DAY - every * orders - 1))
    jitter = {"strong": 0, "medium": 2, "thin": every // 40}[case.strength]
    skipped = {"strong": 0.0, "medium": 0.05, "thin": 0.15}[case.strength]
    random_shop = case.chance(0.5)
    for number in range(orders):
        at += every
        if at >= case.days * DAY:
            break
        if not case.chance(skipped):
            shop = case.one_of(*shops) if random_shop else shops[number % len(shops)]
            case.order(people[number % len(people)], shop, at + case.draw(-jitter, jitter), amount())
