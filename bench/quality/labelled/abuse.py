"""Planted abuse: each function plants one instance of its kind, in the strength of the case.

A customer or shop that has part in it is labelled 1, a shop that is only used -1. Sizes, numbering of accounts, amounts, hours,
share of vouchers and honest orders around differ from instance to instance, so that no single habit gives a kind away.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, HOUR, NOT_JUDGED

MINUTE = 60


def account_farm(case: Case) -> None:
    """One hand orders with many accounts at a few shops that it shares the rebates with."""
    people = case.accounts(case.by_strength((15, 160), (8, 45), (4, 14)))
    shops = [case.shop(_a_host(case)) for _ in range(case.number(1, 5))]
    amount = case.amounts()
    each = case.by_strength((1, 5), (1, 3), (1, 2))
    visits = case.chance(0.4)  # a whole round at one shop, else each order at any of them
    for _ in range(each):
        shop = case.one_of(*shops)
        for person, at in zip(case.rng.permutation(people).tolist(), case.moments(len(people)), strict=True):
            case.order(person, shop if visits else case.one_of(*shops), at, amount())
    for shop in shops:
        case.cover(shop, len(people) * each // len(shops))
    case.ordinary_life(people)


def burner_accounts(case: Case) -> None:
    """One hand orders once with each account and throws it away; each order alone is innocent."""
    people = case.accounts(case.by_strength((20, 160), (12, 40), (6, 16)))
    shops = [case.shop(_a_host(case)) for _ in range(case.number(1, 3))]
    amount = case.amounts(shops[0])
    for person, at in zip(people, case.moments(len(people)), strict=True):
        case.order(person, case.one_of(*shops), at, amount())
    for shop in shops:
        case.cover(shop, len(people) // len(shops))
    if case.strength != "strong":
        case.ordinary_life(people)


def mule_rotation(case: Case) -> None:
    """A gang uses each account for one day only, at all its shops, and has fresh ones the next day."""
    shops = [case.shop(_a_host(case)) for _ in range(case.number(1, 8))]
    amount, second = case.amounts(), case.hours()
    size, orders = case.by_strength((5, 25), (3, 10), (2, 4)), 0
    everybody = []
    for day in case.some_days(case.by_strength((3, case.days), (2, 4), (2, 3))):
        people = case.accounts(size)
        everybody += people
        for person in people:
            at = day * DAY + second()
            for visit in range(case.draw(1, min(3, len(shops)))):
                case.order(person, case.one_of(*shops), at + visit * case.draw(1, 30) * MINUTE, amount())
                orders += 1
    for shop in shops:
        case.cover(shop, orders // len(shops))
    case.ordinary_life(everybody)


def voucher_resale(case: Case) -> None:
    """One hand orders for paying strangers with accounts of its own, one after the other, at whatever shops they wish."""
    people = case.accounts(case.by_strength((8, 60), (4, 16), (3, 6)))
    shops = [case.used_shop(case.market.everyday_shop()) for _ in range(case.number(2, 12))]
    pace = case.number(40, 20 * MINUTE)
    for day in case.some_days(case.by_strength((3, case.days), (2, 5), (1, 3))):
        at = day * DAY + min(case.market.usual_second(), DAY - 1)
        for person in case.rng.permutation(people).tolist():
            at += case.draw(pace // 2, pace * 2)
            shop = case.one_of(*shops)
            gmv = case.market.price(shop)
            case.order(person, shop, min(at, (day + 1) * DAY - 1), gmv if gmv >= case.full else gmv + case.full, voucher=True)
    case.ordinary_life(people)


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
        for day in _days_from(case, opening, case.by_strength((2, 5), (1, 3), (1, 2))):
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
    known = case.rng.uniform(0.1, 1.0)
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
    people = [
        case.bystander() if case.chance(0.6) else case.customer(case.market.account())
        for _ in range(case.by_strength((10, 60), (7, 20), (4, 8)))
    ]
    low, high = sorted(case.rng.uniform(1.0, 1.9, 2))
    step = int(case.one_of(1, 100, 500, 1000, 5000))
    returns = case.rng.random()  # of the days allowed, how many they come back
    orders = 0
    for person in people:
        for day in case.some_days(1 + int(returns * case.by_strength((1, case.days), (1, 3), (1, 2)))):
            gmv = -(-int(case.full * case.rng.uniform(low, high)) // step) * step
            case.order(person, shop, day * DAY + case.market.usual_second(), gmv)
            orders += 1
    case.cover(shop, max(6, orders))
    case.ordinary_life(people)


def rebate_echo(case: Case) -> None:
    """After an order with a voucher, one without for exactly the rebate just received: the shop returns it that way."""
    shop = case.shop(_a_host(case))
    people = [
        case.bystander() if case.chance(0.5) else case.customer(case.market.account())
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


def scripted_account(case: Case) -> None:
    """A script orders for one account at a fixed interval."""
    person = case.accounts(1, ("random",))[0]
    shops = [_stranger_shop(case) for _ in range(case.draw(1, 6))]
    every = case.draw(4, 180) * MINUTE if case.chance(0.7) else DAY // case.draw(1, 3)
    _run_script(case, [person], shops, every, case.by_strength((24, 60), (12, 24), (6, 11)))
    case.ordinary_life([person])


def scripted_network(case: Case) -> None:
    """A script orders with many accounts in turn, at a fixed interval, across many shops."""
    people = case.accounts(case.by_strength((18, 120), (10, 34), (6, 14)))
    owned = case.chance(0.5)
    shops = [case.shop(_a_host(case)) if owned else _stranger_shop(case) for _ in range(case.number(1, 12))]
    rounds = case.by_strength((1, 4), (1, 3), (1, 1))
    every = min(case.draw(1, 45) * MINUTE, case.days * DAY // (rounds * len(people) + 1))
    _run_script(case, people, shops, every, rounds * len(people))
    case.ordinary_life(people)


def split_basket(case: Case) -> None:
    """One basket is split over accounts of one hand within minutes, so that each part earns a rebate."""
    people = case.accounts(case.by_strength((4, 9), (3, 5), (2, 4)), ("random", "adjacent", "batch"))
    amount = case.amounts()
    for day in case.some_days(case.by_strength((3, case.days), (2, 4), (1, 2))):
        shop = case.one_of(case.market.everyday_shop(), _stranger_shop(case))
        case.used_shop(shop)
        at, pace = day * DAY + case.market.usual_second(), case.draw(15, 150)
        for place, person in enumerate(people):
            case.order(person, shop, at + place * pace, amount(), voucher=True)
    case.ordinary_life(people)


def mutual_owners(case: Case) -> None:
    """Two owners buy at each other's shop, again and again."""
    _buy_round(case, 2, both_ways=True)


def owner_circle(case: Case) -> None:
    """Three to eight owners buy one at the next one's shop, in a circle."""
    _buy_round(case, case.draw(3, 8), both_ways=case.chance(0.25))


def owner_puppets(case: Case) -> None:
    """Owners keep accounts that buy at the shops of their friends, so that no owner buys in person."""
    owners = [case.market.account() for _ in range(case.draw(2, 4))]
    shops = [case.shop(case.market.new_shop(owner)) for owner in owners]
    puppets = [case.accounts(case.by_strength((4, 8), (3, 5), (2, 3)), ("adjacent", "batch", "random")) for _ in owners]
    amount, second = case.amounts(), case.hours()
    orders = 0
    for side, mine in enumerate(puppets):
        for puppet in mine:
            for day in case.some_days(case.by_strength((3, 6), (2, 3), (1, 2))):
                shop = shops[(side + case.draw(1, len(shops) - 1)) % len(shops)]
                case.order(puppet, shop, day * DAY + second(), amount())
                orders += 1
    for shop in shops:
        case.cover(shop, orders // len(shops))
    case.ordinary_life([puppet for mine in puppets for puppet in mine])


def own_shop_buyer(case: Case) -> None:
    """An owner buys at the own shop with vouchers."""
    owner = case.accounts(1, ("random",))[0]
    shop = case.used_shop(case.market.new_shop(owner))
    amount = case.amounts(shop)
    days = case.some_days(case.by_strength((4, case.days), (2, 4), (1, 2)))
    for day in days:
        case.order(owner, shop, day * DAY + case.market.usual_second(), amount(), voucher=True)
    case.cover(shop, max(3, len(days)))
    case.ordinary_life([owner])


def wash_pair(case: Case) -> None:
    """One or two accounts buy at the same shop day after day for inflated amounts: rebate and turnover stay in the pair."""
    people = case.accounts(case.number(1, 2))
    shop = case.shop(_a_host(case))
    amount, second = case.amounts(), case.hours()
    orders = 0
    for person in people:
        for day in case.some_days(case.by_strength((min(5, case.days), case.days), (3, 5), (2, 3))):
            for _ in range(case.by_strength((1, 4), (1, 2), (1, 1))):
                case.order(person, shop, day * DAY + second(), amount())
                orders += 1
    case.cover(shop, orders)
    case.ordinary_life(people)


def shop_carousel(case: Case) -> None:
    """The owner of several shops sends the same accounts through all of them."""
    owner = case.market.account()
    shops = [case.shop(case.market.new_shop(owner)) for _ in range(case.draw(3, 6))]
    people = case.accounts(case.by_strength((6, 40), (4, 12), (3, 5)))
    amount, second = case.amounts(), case.hours()
    stacked = case.chance(0.4)  # a voucher at each shop on the same day, past the limit
    orders = 0
    for person in people:
        for day in case.some_days(case.by_strength((3, 6), (2, 4), (1, 3))):
            stops = case.draw(2, len(shops)) if stacked else 1
            for stop in range(stops):
                shop = shops[(person + day + stop) % len(shops)]
                case.order(person, shop, day * DAY + second(), amount(), against_terms=stacked)
                orders += 1
    for shop in shops:
        case.cover(shop, orders // len(shops))
    case.ordinary_life(people)


def voucher_stacking(case: Case) -> None:
    """One customer uses several vouchers on a day, at different shops."""
    person = case.bystander() if case.chance(0.3) else case.accounts(1, ("random",))[0]
    amount = case.amounts()
    for day in case.some_days(case.by_strength((2, 5), (1, 2), (1, 1))):
        at, minutes = day * DAY + case.draw(6 * HOUR, 20 * HOUR), case.one_of(3, 20, 200)
        for _ in range(case.by_strength((3, 6), (2, 4), (2, 2))):
            case.order(
                person,
                case.market.everyday_shop(),
                at + case.draw(0, int(minutes) * MINUTE),
                max(1000, amount()),
                voucher=True,
                against_terms=True,
            )
    case.ordinary_life([person])


def coordinated_tour(case: Case) -> None:
    """A group of accounts visits the same shops in the same order within minutes: one hand, one list."""
    people = case.accounts(case.by_strength((8, 60), (5, 16), (3, 7)))
    stops = [case.shop(_a_host(case)) for _ in range(case.draw(2, 4))] + [
        _stranger_shop(case) for _ in range(case.draw(0, 3))
    ]
    amount, jitter = case.amounts(), case.draw(2, 15) * MINUTE
    rounds = case.by_strength((3, 7), (2, 4), (2, 3))
    absent = {"strong": 0.05, "medium": 0.2, "thin": 0.3}[case.strength]
    for number in range(rounds):
        at = _a_day(case, number) * DAY + case.market.usual_second()
        for person in people:
            if not case.chance(absent):
                case.order(person, stops[number % len(stops)], at + case.draw(0, jitter), amount())
    for shop in stops:
        case.cover(shop, len(people) * rounds // len(stops))
    case.ordinary_life(people)


def buyer_syndicate(case: Case) -> None:
    """A group shares small shops beyond what neighbours do, and nearly every order earns the whole rebate."""
    people = case.accounts(case.by_strength((8, 60), (6, 16), (4, 7)))
    shops = [case.used_shop(case.market.some_shop(2, 12)) for _ in range(case.by_strength((4, 9), (4, 7), (3, 5)))]
    amount = case.amounts()
    for person in people:
        for visit in range(case.by_strength((4, 9), (3, 5), (3, 4))):
            case.order(
                person, shops[(person + visit * case.draw(1, 2)) % len(shops)], case.market.usual_time(), amount()
            )
    case.ordinary_life(people)


def order_brushing(case: Case) -> None:
    """A few accounts place many orders at one shop within an hour, to make it look popular."""
    shop = case.shop(_a_host(case))
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
    shop = case.shop(_a_host(case))
    people = case.accounts(case.by_strength((3, 8), (3, 8), (4, 10)))
    amount = int(case.one_of(1, 100, 1000, 2000, 5000))
    orders = 0
    for person in people:
        for _ in range(case.by_strength((12, 35), (6, 12), (2, 4))):
            gmv = amount if case.chance(0.8) else amount + case.draw(0, 9) * 100
            case.order(person, shop, case.market.usual_time(), gmv, voucher=False)
            orders += 1
    case.cover(shop, orders // 2)
    case.ordinary_life(people)


def hired_hands(case: Case) -> None:
    """Abuse spread thin: people with a life of their own each lend their account to one shop once or twice."""
    shop = case.shop(case.market.some_shop(8, 60))
    people = [case.bystander() for _ in range(case.by_strength((20, 90), (10, 30), (5, 10)))]
    amount, second = case.amounts(), case.hours()
    for person in people:
        for day in case.some_days(case.draw(1, 2)):
            case.order(person, shop, day * DAY + second(), amount())


def _a_host(case: Case) -> int:
    """A shop in on it: mostly opened for it or little known, sometimes one with a trade of its own."""
    if case.chance({"strong": 0.4, "medium": 0.55, "thin": 0.75}[case.strength]):
        return case.market.some_shop(3, 60)
    return case.market.new_shop(dishes=case.draw(1, 10))


def _stranger_shop(case: Case) -> int:
    """A background shop that has no part in it; as abuse goes through it, it is not judged."""
    return case.shop(case.market.some_shop(1, 60), NOT_JUDGED)


def _a_day(case: Case, number: int) -> int:
    return (number * 2 + case.draw(0, 1)) % case.days


def _days_from(case: Case, first: int, count: int) -> list[int]:
    days = [first + int(day) for day in case.rng.permutation(case.days - first)[:count]]
    return sorted(days)


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


def _buy_round(case: Case, size: int, *, both_ways: bool) -> None:
    owners = case.accounts(size, ("random", "random", "batch"))
    shops = [case.used_shop(case.market.new_shop(owner)) for owner in owners]
    amount, second = case.amounts(), case.hours()
    each = case.by_strength((3, case.days), (2, 3), (1, 1))
    for side, owner in enumerate(owners):
        for step in (1, size - 1) if both_ways and size > 2 else (1,):
            for day in case.some_days(each):
                case.order(owner, shops[(side + step) % size], day * DAY + second(), amount())
    for shop in shops:
        case.cover(shop, each + 3)
    case.ordinary_life(owners)


ABUSE: tuple[Callable[[Case], None], ...] = (
    account_farm,
    burner_accounts,
    mule_rotation,
    voucher_resale,
    pop_up_shop,
    house_accounts,
    kickback_shop,
    marked_up_prices,
    rebate_echo,
    scripted_account,
    scripted_network,
    split_basket,
    mutual_owners,
    owner_circle,
    owner_puppets,
    own_shop_buyer,
    wash_pair,
    shop_carousel,
    voucher_stacking,
    coordinated_tour,
    buyer_syndicate,
    order_brushing,
    rank_pumping,
    hired_hands,
)
