"""Shops with a price, a product or a day of their own."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import AFTERNOON, DAY, EVENING, MINUTE, NOON


def one_price_shop(case: Case) -> None:
    """A shop sells one thing at one price: a lunch set, a prepaid card."""
    card = case.chance(0.3)
    level = case.one_of(50_000, 100_000, 200_000, 500_000) if card else None
    shop = case.shop(case.market.new_shop(level=level, dishes=1))
    price = int(level or case.market.menus[shop][0])
    known = case.rng.uniform(0.1, 1.0)
    for _ in range(case.number(8, 80)):
        case.order(case.visitor(known), shop, case.market.usual_time(), price * (1 if case.chance(0.85) else 2))


def price_at_the_optimum(case: Case) -> None:
    """A shop's favourite costs 70,000 or 68,000 and so earns the whole rebate; it always has."""
    shop = case.shop(case.market.new_shop(level=case.full * 1.05, dishes=case.draw(2, 5)))
    favourite = -(-case.full // 1000) * 1000 + case.draw(0, 6) * 1000
    known, popular = case.rng.uniform(0.1, 1.0), case.rng.uniform(0.4, 1.0)
    for _ in range(case.number(8, 80)):
        gmv = favourite if case.chance(popular) else case.market.price(shop)
        case.order(case.visitor(known), shop, case.market.usual_time(), gmv)


def shop_opening(case: Case) -> None:
    """A shop opens with a promotion: many first buyers, most of whom buy nowhere else, many with a voucher on its set.

    Who comes for the promotion takes as much as earns the whole rebate.
    """
    market = case.market
    opening = case.draw(0, case.days - 1)
    shop = case.shop(market.new_shop(market.account(), dishes=case.draw(2, 20)))
    span = case.draw(1, max(1, min(7, case.days - opening)))
    new = case.one_of(0.0, case.rng.uniform(0.05, 0.8))
    known, promoted, keen = case.rng.uniform(0.0, 0.6), case.rng.uniform(0.0, 0.7), case.rng.random()
    offer = max(1, round(case.full * case.rng.uniform(0.5, 1.3) / 5000)) * 5000
    again = case.rng.uniform(0.0, 0.3)
    for _ in range(case.number(12, 150)):
        at = (opening + case.draw(0, span - 1)) * DAY + market.usual_second()
        person = case.customer(market.sign_up_now(at)) if case.chance(new) else case.visitor(known)
        gmv = offer if case.chance(promoted) else market.price(shop)
        while gmv < case.full and case.chance(keen):
            gmv += market.price(shop)
        case.order(person, shop, at, gmv)
        if case.chance(again):
            case.order(person, shop, at + case.draw(1, 4) * DAY, market.price(shop))


def flash_event(case: Case) -> None:
    """Somebody with many followers names a shop: a burst of orders within minutes, many of one dish."""
    shop = case.shop(_event_shop(case))
    dish, at = case.market.price(shop), case.market.usual_time()
    fade = case.draw(4, 60) * MINUTE
    known, new = case.rng.uniform(0.1, 1.0), case.rng.uniform(0.0, 0.5)
    for _ in range(case.number(12, 120)):
        moment = at + case.rng.exponential(fade)
        person = case.customer(case.market.sign_up_now(int(moment))) if case.chance(new) else case.visitor(known)
        case.order(person, shop, moment, dish if case.chance(0.5) else case.market.price(shop))


def noon_menu(case: Case) -> None:
    """A fixed menu at noon: strangers order the same amount at the same time, every day."""
    shop = case.known_shop()
    price = -(-int(case.full * case.rng.uniform(0.5, 1.4)) // 5000) * 5000
    known = case.rng.uniform(0.1, 1.0)
    for day in case.some_days(case.draw(2, case.days)):
        for _ in range(case.draw(3, 14)):
            case.order(case.visitor(known), shop, day * DAY + NOON + case.draw(-20, 50) * MINUTE, price)


def side_product(case: Case) -> None:
    """A shop's side dish costs what a full rebate is: customers order it after their meal, without a voucher."""
    shop, plan = case.known_shop(), case.market.plan
    for _ in range(case.draw(5, 25)):
        person, at = case.visitor(0.7), case.market.usual_time()
        gmv = max(case.full, case.market.price(shop)) if case.chance(0.6) else case.market.price(shop)
        case.order(person, shop, at, gmv)
        if case.chance(0.35):
            case.order(person, shop, at + case.draw(2, 100) * MINUTE, plan.cap, voucher=False)


def keyed_in_batches(case: Case) -> None:
    """A cashier keys in orders that came by phone, one every so many seconds, once or twice a day."""
    shop, known = case.known_shop(), case.rng.uniform(0.2, 0.9)
    pace, unsteady = case.number(20, 300), case.rng.uniform(0.1, 1.0)
    for day in case.some_days(case.draw(1, case.days)):
        at = day * DAY + int(case.one_of(NOON, AFTERNOON, EVENING)) + case.draw(-60, 60) * MINUTE
        for place in range(case.number(4, 25)):
            late = case.draw(0, int(pace * unsteady))
            case.order(case.visitor(known), shop, at + place * pace + late, case.market.price(shop))


def festival(case: Case) -> None:
    """An evening out: stalls on one ground, visitors eat at one to three of them within hours."""
    stalls = [case.shop(case.market.new_shop(dishes=case.draw(2, 8))) for _ in range(case.draw(3, 10))]
    known, new = case.rng.uniform(0.1, 0.9), case.rng.uniform(0.0, 0.3)
    for day in case.some_days(case.draw(1, 3)):
        for _ in range(case.number(10, 80)):
            at = day * DAY + EVENING + case.draw(-120, 150) * MINUTE
            person = case.customer(case.market.sign_up_now(at)) if case.chance(new) else case.visitor(known)
            for stop in range(min(3, int(case.rng.geometric(0.6)))):
                stall = case.one_of(*stalls)
                case.order(person, stall, at + stop * case.draw(5, 60) * MINUTE, case.market.price(stall))


def food_court(case: Case) -> None:
    """One owner runs all counters of a food court; visitors order at two or three of them in one sitting."""
    owner = case.market.account()
    counters = [case.shop(case.market.new_shop(owner)) for _ in range(case.draw(3, 6))]
    for _ in range(case.draw(12, 40)):
        person, at = case.bystander(), case.market.usual_time()
        for _ in range(case.draw(1, 3)):
            counter = case.one_of(*counters)
            case.order(person, counter, at + case.draw(0, 40) * MINUTE, case.market.price(counter))


def _event_shop(case: Case) -> int:
    return case.market.some_shop(2, 60) if case.chance(0.7) else case.market.new_shop(dishes=case.draw(1, 6))
