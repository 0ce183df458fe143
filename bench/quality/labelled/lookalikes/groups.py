"""People who belong together: they share shops, hours, and now and then the week of sign-up."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import AFTERNOON, DAY, EVENING, MINUTE, NOON


def office_lunch(case: Case) -> None:
    """Colleagues order lunch together, day after day, at the few shops next door."""
    people = case.neighbours(case.draw(4, 16))
    shops = case.shops_of_a_group(case.draw(2, 5))
    for day in case.some_days(case.draw(2, case.days)):
        shop, at = case.one_of(*shops), day * DAY + NOON + case.draw(-40, 30) * MINUTE
        for person in people:
            if case.chance(0.7):
                where = shop if case.chance(0.75) else case.one_of(*shops)
                case.order(person, where, at + case.draw(0, 25) * MINUTE, case.market.price(where))
    case.ordinary_life(people)


def dormitory(case: Case) -> None:
    """Students of one house have signed up in one week and order in the evening at what is near and cheap."""
    people = case.neighbours(case.draw(8, 40), ("batch", "batches", "random", "random"))
    shops = case.shops_of_a_group(case.draw(3, 8))
    for person in people:
        for _ in range(case.draw(1, 5)):
            shop, at = case.one_of(*shops), case.draw(0, case.days - 1) * DAY + EVENING + case.draw(-60, 240) * MINUTE
            case.order(person, shop, at, case.market.price(shop))
    case.ordinary_life(people)


def family(case: Case) -> None:
    """A family shares its favourite shops, and now and then two of them order for everybody."""
    people = case.neighbours(case.draw(2, 5), ("random", "random", "adjacent"))
    shops = case.shops_of_a_group(case.draw(2, 4))
    for day in case.some_days(case.draw(2, case.days)):
        shop, at = case.one_of(*shops), day * DAY + case.market.usual_second()
        for person in people:
            if case.chance(0.55):
                case.order(person, shop, at + case.draw(0, 12) * MINUTE, case.market.price(shop))
    case.ordinary_life(people)


def chain_customers(case: Case) -> None:
    """Friends of a chain order at whichever of its branches is near."""
    owner = case.market.account()
    shops = [
        case.shop(case.market.new_shop(owner, case.full * case.rng.uniform(0.5, 1.8))) for _ in range(case.draw(3, 7))
    ]
    people = [case.bystander() for _ in range(case.draw(6, 16))]
    for person in people:
        for _ in range(case.draw(2, 6)):
            shop = case.one_of(*shops)
            case.order(person, shop, case.market.usual_time(), case.market.price(shop))
    for shop in shops:
        case.passers_by(shop, case.draw(5, 25))


def group_order(case: Case) -> None:
    """A tour bus or a class stops at one shop: everybody orders alone, within minutes, with an own voucher."""
    (shop,) = case.shops_of_a_group(1)
    people = case.neighbours(case.number(6, 50), ("random", "random", "batches", "batch", "adjacent"))
    for day in case.some_days(case.draw(1, 2)):
        at = day * DAY + case.market.usual_second()
        for place, person in enumerate(people):
            case.order(person, shop, at + place * case.draw(10, 60), case.market.price(shop))
    case.ordinary_life(people)


def class_sign_up(case: Case) -> None:
    """A class signs up together, number after number, and eats at one canteen."""
    people = case.neighbours(case.draw(6, 25), ("adjacent", "batch"))
    (canteen,) = case.shops_of_a_group(1)
    for person in people:
        for day in case.some_days(case.draw(1, 4)):
            case.order(person, canteen, day * DAY + NOON + case.draw(-40, 80) * MINUTE, case.market.price(canteen))
    case.ordinary_life(people)


def staff_meals(case: Case) -> None:
    """The staff of a shop eats there every working day and nowhere else."""
    shop = case.known_shop()
    people = case.neighbours(case.draw(2, 6))
    dish = case.market.price(shop)
    for person in people:
        second = int(case.one_of(NOON, AFTERNOON, EVENING))
        for day in case.some_days(case.draw(max(2, case.days // 2), case.days)):
            gmv = dish if case.chance(0.5) else case.market.price(shop)
            case.order(person, shop, day * DAY + second + case.draw(-40, 60) * MINUTE, gmv)
    case.passers_by(shop, case.draw(3, 15))


def new_branch_of_a_family(case: Case) -> None:
    """The owner's family and friends support a small shop in its first days, each with an own voucher."""
    shop = case.shop(case.market.new_shop())
    people = case.neighbours(case.draw(4, 10))
    for person in people:
        for day in case.some_days(case.draw(1, 3)):
            case.order(person, shop, day * DAY + case.market.usual_second(), case.market.price(shop))
    case.passers_by(shop, case.draw(6, 25))
    case.ordinary_life(people)


def family_of_the_owner(case: Case) -> None:
    """The owner's family eats at the own shop, with vouchers of their own; the owner pays without one."""
    people = case.neighbours(case.draw(2, 6), ("random", "random", "adjacent"))
    shop = case.shop(case.market.new_shop(people[0]))
    for person in people:
        for day in case.some_days(case.draw(1, case.days)):
            voucher = False if person == people[0] else None
            case.order(person, shop, day * DAY + case.market.usual_second(), case.market.price(shop), voucher=voucher)
    case.passers_by(shop, case.number(5, 40))
    case.ordinary_life(people)
