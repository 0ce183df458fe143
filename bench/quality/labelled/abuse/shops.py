"""Shops that are in on it."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, HOUR, MINUTE


def pop_up_shop(case: Case) -> None:
    """A shop opens for the campaign and lives on accounts of its owner alone."""
    market = case.market
    opening = case.draw(0, max(0, case.days - 3))
    owner = market.sign_up_now(opening * DAY) if case.chance(0.5) else market.account()
    shop = case.shop(market.new_shop(owner, dishes=case.draw(1, 6)))
    people = case.accounts(case.by_strength((12, 90), (7, 25), (4, 10)))
    amount, second = case.amounts(shop), case.hours()
    orders = 0
    for person in people:
        for day in case.days_from(opening, case.by_strength((2, 5), (1, 3), (1, 2))):
            case.order(person, shop, day * DAY + second(), amount())
            orders += 1
    case.cover(shop, orders)
    case.ordinary_life(people)


def house_accounts(case: Case) -> None:
    """A shop that has been there before: its owner's own accounts place most of its orders, for inflated amounts."""
    market = case.market
    owner = market.account()
    shop = case.shop(market.new_shop(owner))
    count = case.by_strength((8, 60), (5, 18), (3, 8))
    if case.chance(0.3):  # opened on the day on which the owner signed up
        people = [case.customer(market.claim(owner + step * case.draw(1, 9))) for step in range(1, count + 1)]
    else:
        people = case.accounts(count)
    amount, second = case.amounts(), case.hours()
    orders = 0
    for person in people:
        for day in case.some_days(case.by_strength((2, 7), (1, 4), (1, 3))):
            case.order(person, shop, day * DAY + second(), amount())
            orders += 1
    case.cover(shop, orders)
    case.ordinary_life(people)


def kickback_shop(case: Case) -> None:
    """A shop that trades honestly gives buyers part of the rebate back: they return for it, nobody eats."""
    shop = case.shop(case.market.some_shop(3, 40))
    known = case.rng.random()
    people = [
        case.bystander() if case.chance(known) else case.customer(case.market.account())
        for _ in range(case.by_strength((10, 80), (7, 25), (4, 10)))
    ]
    amount, second = case.amounts(), case.hours()
    for person in people:
        for day in case.some_days(case.by_strength((3, case.days), (2, 4), (1, 3))):
            case.order(person, shop, day * DAY + second(), amount())
    case.cover(shop, len(people))
    case.ordinary_life(people)


def marked_up_prices(case: Case) -> None:
    """A cheap shop writes larger amounts for accomplices than it sells for, so that the whole rebate is earned."""
    shop = case.shop(case.market.new_shop(level=case.full * case.rng.uniform(0.25, 0.55), dishes=case.draw(1, 8)))
    known = case.rng.random()
    people = [
        case.bystander() if case.chance(known) else case.customer(case.market.account())
        for _ in range(case.by_strength((10, 60), (7, 20), (4, 8)))
    ]
    low, high = sorted(case.rng.uniform(1.0, 1.9, 2))
    step = int(case.one_of(1, 100, 500, 1000, 5000))
    returns = case.rng.random()  # of the days allowed, how many they come back
    orders = 0
    for person in people:
        for day in case.some_days(1 + int(returns * case.by_strength((1, 5), (1, 3), (1, 2)))):
            gmv = -(-int(case.full * case.rng.uniform(low, high)) // step) * step
            case.order(person, shop, day * DAY + case.market.usual_second(), gmv)
            orders += 1
    case.cover(shop, max(6, orders))
    case.ordinary_life(people)


def rebate_echo(case: Case) -> None:
    """After an order with a voucher, one without for exactly the rebate just received: the shop returns it that way."""
    shop = case.host()
    known = case.rng.random()
    people = [
        case.bystander() if case.chance(known) else case.customer(case.market.account())
        for _ in range(case.by_strength((8, 70), (5, 16), (3, 6)))
    ]
    amount = case.amounts(shop)
    share = {"strong": 0.95, "medium": 0.75, "thin": 0.6}[case.strength]
    within = case.draw(3, 100) * MINUTE
    orders = 0
    for person in people:
        for day in case.some_days(case.by_strength((1, 5), (1, 3), (1, 2))):
            at, gmv = day * DAY + min(case.market.usual_second(), DAY - within - 60), max(1000, amount())
            case.order(person, shop, at, gmv, voucher=True)
            orders += 1
            if case.chance(share):
                later = case.draw(30, within)
                case.order(person, shop, at + later, case.market.plan.rebate(gmv), voucher=False)
    case.cover(shop, orders)
    case.ordinary_life(people)


def wash_pair(case: Case) -> None:
    """One or two accounts buy at the same shop day after day for inflated amounts: rebate and turnover stay in the pair."""
    people = case.accounts(case.number(1, 2))
    shop = case.host()
    amount, second = case.amounts(), case.hours()
    orders = 0
    for person in people:
        for day in case.some_days(case.by_strength((min(5, case.days), case.days), (3, 5), (2, 3))):
            for _ in range(case.by_strength((1, 4), (1, 2), (1, 1))):
                case.order(person, shop, day * DAY + second(), amount())
                orders += 1
    case.cover(shop, orders)
    case.ordinary_life(people)


def order_brushing(case: Case) -> None:
    """A few accounts place many orders at one shop within an hour, to make it look popular."""
    shop = case.host()
    people = case.accounts(case.by_strength((1, 5), (1, 3), (1, 2)), ("random", "adjacent", "batch"))
    amount = case.amounts(shop)
    low_value = case.chance(0.3)
    orders = 0
    for day in case.some_days(case.by_strength((2, 5), (1, 3), (1, 1))):
        at = day * DAY + min(case.market.usual_second(), 22 * HOUR)
        for person in people:
            for _ in range(case.by_strength((5, 14), (4, 7), (3, 4))):
                gmv = case.draw(1, 9) * 1000 if low_value else amount()
                case.order(person, shop, at + case.draw(0, HOUR), gmv)
                orders += 1
    case.cover(shop, orders)
    case.ordinary_life(people)


def rank_pumping(case: Case) -> None:
    """Accounts place token orders to lift a shop in the ranking; some cost less than 1,000, none needs a voucher."""
    shop = case.host()
    people = case.accounts(case.by_strength((3, 8), (3, 8), (4, 10)))
    amount = case.number(1, 20) * 1000 if case.chance(0.6) else int(case.one_of(1, 100, 500, 999))
    orders = 0
    for person in people:
        for _ in range(case.by_strength((12, 35), (6, 12), (2, 4))):
            gmv = amount if case.chance(0.8) else amount + case.draw(0, 9) * 100
            case.order(person, shop, case.market.usual_time(), gmv, voucher=False)
            orders += 1
    case.cover(shop, orders // 2)
    case.ordinary_life(people)
