"""One hand behind many accounts, or several vouchers of one account."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, HOUR, MINUTE


def account_farm(case: Case) -> None:
    """One hand orders with many accounts at a few shops that it shares the rebates with."""
    people = case.accounts(case.by_strength((15, 160), (8, 45), (4, 14)))
    shops = [case.host() for _ in range(case.number(1, 5))]
    amount = case.amounts()
    each = 1 if case.chance(0.5) else min(case.days, case.by_strength((2, 5), (2, 3), (1, 2)))
    visits = case.chance(0.4)  # a whole round at one shop, else each order at any of them
    for round_number in range(each):  # each on days of its own, as there is one voucher a day
        days = round_number * case.days // each, max(1, (round_number + 1) * case.days // each)
        shop = case.one_of(*shops)
        for person, at in zip(case.rng.permutation(people).tolist(), case.moments(len(people), days), strict=True):
            case.order(person, shop if visits else case.one_of(*shops), at, amount())
    for shop in shops:
        case.cover(shop, len(people) * each // len(shops))
    case.ordinary_life(people)


def burner_accounts(case: Case) -> None:
    """One hand orders once with each account and throws it away; each order alone is innocent."""
    people = case.accounts(case.by_strength((20, 160), (12, 40), (6, 16)))
    shops = [case.host() for _ in range(case.number(1, 3))]
    amount = case.amounts(shops[0])
    for person, at in zip(people, case.moments(len(people)), strict=True):
        case.order(person, case.one_of(*shops), at, amount())
    for shop in shops:
        case.cover(shop, len(people) // len(shops))
    if case.strength != "strong":
        case.ordinary_life(people)


def mule_rotation(case: Case) -> None:
    """A gang uses each account for one day only, at all its shops, and has fresh ones the next day."""
    shops = [case.host() for _ in range(case.number(1, 8))]
    amount, second = case.amounts(), case.hours()
    size, orders = case.by_strength((5, 25), (3, 10), (2, 4)), 0
    everybody, stops = [], min(len(shops), case.one_of(1, 1, 3))
    for day in case.some_days(case.by_strength((3, case.days), (2, 4), (2, 3))):
        people = case.accounts(size)
        everybody += people
        for person in people:
            at = day * DAY + second()
            for visit in range(case.draw(1, stops)):
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
            case.order(
                person, shop, min(at, (day + 1) * DAY - 1), gmv if gmv >= case.full else gmv + case.full, voucher=True
            )
    case.ordinary_life(people)


def split_basket(case: Case) -> None:
    """One basket is split over accounts of one hand within minutes, so that each part earns a rebate."""
    people = case.accounts(case.by_strength((4, 9), (3, 5), (2, 4)), ("random", "adjacent", "batch"))
    amount = case.amounts()
    usual, loyal = case.stranger(), case.one_of(0.0, 0.7, 1.0)
    for day in case.some_days(case.by_strength((3, case.days), (2, 4), (1, 2))):
        shop = usual if case.chance(loyal) else case.used_shop(case.market.everyday_shop())
        at, pace = day * DAY + case.market.usual_second(), case.draw(15, 150)
        for place, person in enumerate(people):
            case.order(person, shop, at + place * pace, amount(), voucher=True)
    case.ordinary_life(people)


def coordinated_tour(case: Case) -> None:
    """A group of accounts visits the same shops in the same order within minutes: one hand, one list."""
    people = case.accounts(case.by_strength((8, 60), (5, 16), (3, 7)))
    stops = [case.host() for _ in range(case.draw(2, 4))] + [case.stranger() for _ in range(case.draw(0, 3))]
    amount, jitter = case.amounts(), case.draw(2, 15) * MINUTE
    rounds = case.by_strength((3, 7), (2, 4), (2, 3))
    absent = {"strong": 0.05, "medium": 0.2, "thin": 0.3}[case.strength]
    for number in range(rounds):
        at = case.day_of_round(number) * DAY + case.market.usual_second()
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


def hired_hands(case: Case) -> None:
    """Abuse spread thin: people with a life of their own each lend their account to one shop once or twice."""
    shop = case.shop(case.market.some_shop(8, 60))
    people = [case.bystander() for _ in range(case.by_strength((20, 90), (10, 30), (5, 10)))]
    amount, second = case.amounts(), case.hours()
    for person in people:
        for day in case.some_days(case.draw(1, 2)):
            case.order(person, shop, day * DAY + second(), amount())


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
