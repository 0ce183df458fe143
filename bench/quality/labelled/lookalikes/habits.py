"""People with a habit of their own."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import BREAKFAST, DAY, HOUR, MINUTE


def regular(case: Case) -> None:
    """Some people eat at the same shop nearly every day, mostly the same at the same time."""
    for _ in range(case.draw(1, 5)):
        person, shop = case.bystander(), case.known_shop()
        favourite, second = case.market.price(shop), case.market.usual_second()
        same, late = case.rng.uniform(0.2, 1.0), case.number(5, 60)
        for day in case.some_days(case.draw(max(2, case.days // 2), case.days)):
            gmv = favourite if case.chance(same) else case.market.price(shop)
            case.order(person, shop, day * DAY + second + case.draw(-late, late) * MINUTE, gmv)
            if case.chance(0.15):  # a coffee later, without a voucher
                case.order(person, shop, day * DAY + second + case.draw(60, 240) * MINUTE, case.market.price(shop))


def night_worker(case: Case) -> None:
    """Somebody works at night and eats then."""
    person, shops = case.bystander(), [case.market.everyday_shop() for _ in range(case.draw(1, 3))]
    for day in case.some_days(case.draw(3, 8)):
        shop = case.one_of(*shops)
        case.order(person, shop, day * DAY + case.draw(0, 5 * HOUR), case.market.price(shop))


def coffee_subscription(case: Case) -> None:
    """An app orders the same coffee every day at the same time for its subscribers."""
    shop = case.known_shop()
    price = case.draw(25, 60) * 1000
    for _ in range(case.draw(1, 6)):
        person, second = case.bystander(), BREAKFAST + case.draw(-60, 90) * MINUTE
        for day in range(case.draw(0, 1), case.days):
            if case.chance(0.9):
                case.order(person, shop, day * DAY + second + case.draw(0, 40), price)


def gift_orders(case: Case) -> None:
    """Somebody sends the same gift to many people in one sitting; one voucher, the rest at full price."""
    person, shop = case.bystander(), case.known_shop()
    price = case.market.price(shop) * case.draw(1, 4)
    at = case.draw(0, case.days - 1) * DAY + case.draw(8 * HOUR, 20 * HOUR)
    for number in range(case.draw(3, 10)):
        case.order(person, shop, at + number * case.draw(30, 200), price)


def seller_test(case: Case) -> None:
    """An owner or a hand of the shop tries out the checkout with token amounts and no voucher."""
    owner = case.customer(case.market.account())
    shop = case.shop(case.market.new_shop(owner))
    tester = owner if case.chance(0.5) else case.customer(case.market.account())
    at = case.market.usual_time()
    for number in range(case.draw(1, 4)):
        gmv = int(case.one_of(1, 100, 999, 1000, 10_000))
        case.order(tester, shop, at + number * case.draw(1, 30) * MINUTE, gmv, voucher=False)
    case.passers_by(shop, case.draw(5, 25))


def platform_tester(case: Case) -> None:
    """Somebody of the platform tries orders of 1 at many shops."""
    person = case.customer(case.market.account())
    for _ in range(case.draw(5, 15)):
        case.order(
            person, case.market.everyday_shop(), case.market.usual_time(), int(case.one_of(1, 1, 100)), voucher=False
        )


def bargain_hunter(case: Case) -> None:
    """People who read of it plan every basket at the amount that just earns the whole rebate: what the terms allow."""
    step, room = int(case.one_of(100, 1000, 1000, 5000)), case.number(1, 9)
    for _ in range(case.number(1, 12)):
        person, favourite = case.bystander(), case.market.everyday_shop()
        for day in case.some_days(case.draw(2, case.days)):
            shop = favourite if case.chance(0.5) else case.market.everyday_shop()
            gmv = (-(-case.full // step) + case.draw(0, room)) * step
            case.order(person, shop, day * DAY + case.market.usual_second(), gmv, voucher=True)


def small_shop_with_a_fan(case: Case) -> None:
    """A small shop of few orders, half of them by its one fan."""
    shop, person = case.shop(case.market.new_shop()), case.bystander()
    for day in case.some_days(case.draw(2, 5)):
        case.order(person, shop, day * DAY + case.market.usual_second(), case.market.price(shop))
    case.passers_by(shop, case.draw(2, 6))


def caterer_for_meetings(case: Case) -> None:
    """An assistant orders for meetings: large amounts, several on one day, one voucher."""
    person, shops = case.bystander(), [case.market.everyday_shop() for _ in range(case.draw(1, 3))]
    for day in case.some_days(case.draw(1, 4)):
        for _ in range(case.draw(1, 4)):
            shop = case.one_of(*shops)
            at = day * DAY + case.draw(8 * HOUR, 17 * HOUR)
            case.order(person, shop, at, case.market.price(shop) * case.draw(4, 20))
