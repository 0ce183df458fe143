"""Honest look-alikes: each function lives one innocent story once and labels with 0 whom a hasty rule would accuse."""

from __future__ import annotations

from collections.abc import Callable

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, HOUR

MINUTE = 60
BREAKFAST, NOON, AFTERNOON, EVENING = 8 * HOUR, 12 * HOUR, 15 * HOUR, 19 * HOUR


def office_lunch(case: Case) -> None:
    """Colleagues order lunch together, day after day, at the few shops next door."""
    people = _neighbours(case, case.draw(4, 16))
    shops = [_known_shop(case) for _ in range(case.draw(2, 5))]
    for day in case.some_days(case.draw(2, case.days)):
        shop, at = case.one_of(*shops), day * DAY + NOON + case.draw(-40, 30) * MINUTE
        for person in people:
            if case.chance(0.7):
                where = shop if case.chance(0.75) else case.one_of(*shops)
                case.order(person, where, at + case.draw(0, 25) * MINUTE, case.market.price(where))
    case.ordinary_life(people)


def dormitory(case: Case) -> None:
    """Students of one house have signed up in one week and order in the evening at what is near and cheap."""
    people = _neighbours(case, case.draw(8, 40), ("batch", "batches", "random", "random"))
    shops = [_known_shop(case) for _ in range(case.draw(3, 8))]
    for person in people:
        for _ in range(case.draw(1, 5)):
            shop, at = case.one_of(*shops), case.draw(0, case.days - 1) * DAY + EVENING + case.draw(-60, 240) * MINUTE
            case.order(person, shop, at, case.market.price(shop))
    case.ordinary_life(people)


def family(case: Case) -> None:
    """A family shares its favourite shops, and now and then two of them order for everybody."""
    people = _neighbours(case, case.draw(2, 5), ("random", "random", "adjacent"))
    shops = [_known_shop(case) for _ in range(case.draw(2, 4))]
    for day in case.some_days(case.draw(2, case.days)):
        shop, at = case.one_of(*shops), day * DAY + case.market.usual_second()
        for person in people:
            if case.chance(0.55):
                case.order(person, shop, at + case.draw(0, 12) * MINUTE, case.market.price(shop))
    case.ordinary_life(people)


def market_stalls(case: Case) -> None:
    """Owners of stalls in one market hall eat at one another's."""
    owners = _neighbours(case, case.draw(3, 12))
    stalls = [case.shop(case.market.new_shop(owner)) for owner in owners]
    for side, owner in enumerate(owners):
        for day in case.some_days(case.draw(1, 6)):
            stall = (side + case.draw(1, len(stalls) - 1)) % len(stalls)
            case.order(
                owner, stalls[stall], day * DAY + NOON + case.draw(-90, 90) * MINUTE, case.market.price(stalls[stall])
            )
    for stall in stalls:
        case.passers_by(stall, case.draw(4, 25))
    case.ordinary_life(owners)


def neighbour_owners(case: Case) -> None:
    """Two owners next door to each other eat at each other's."""
    owners = _neighbours(case, 2, ("random",))
    shops = [case.shop(case.market.new_shop(owner)) for owner in owners]
    for side, owner in enumerate(owners):
        for day in case.some_days(case.draw(1, 3)):
            case.order(
                owner, shops[1 - side], day * DAY + case.market.usual_second(), case.market.price(shops[1 - side])
            )
    for shop in shops:
        case.passers_by(shop, case.draw(5, 25))
    case.ordinary_life(owners)


def chain_customers(case: Case) -> None:
    """Friends of a chain order at whichever of its branches is near."""
    owner = case.market.account()
    shops = [
        case.shop(case.market.new_shop(owner, case.full * case.rng.uniform(0.5, 1.2))) for _ in range(case.draw(3, 7))
    ]
    people = [case.bystander() for _ in range(case.draw(6, 16))]
    for person in people:
        for _ in range(case.draw(2, 6)):
            shop = case.one_of(*shops)
            case.order(person, shop, case.market.usual_time(), case.market.price(shop))
    for shop in shops:
        case.passers_by(shop, case.draw(5, 25))


def food_court(case: Case) -> None:
    """One owner runs all counters of a food court; visitors order at two or three of them in one sitting."""
    owner = case.market.account()
    counters = [case.shop(case.market.new_shop(owner)) for _ in range(case.draw(3, 6))]
    for _ in range(case.draw(12, 40)):
        person, at = case.bystander(), case.market.usual_time()
        for _ in range(case.draw(1, 3)):
            counter = case.one_of(*counters)
            case.order(person, counter, at + case.draw(0, 40) * MINUTE, case.market.price(counter))


def regular(case: Case) -> None:
    """Some people eat at the same shop nearly every day, mostly the same at the same time."""
    for _ in range(case.draw(1, 5)):
        person, shop = case.bystander(), _known_shop(case)
        favourite, second = case.market.price(shop), case.market.usual_second()
        same, late = case.rng.uniform(0.2, 1.0), case.number(5, 60)
        for day in case.some_days(case.draw(max(2, case.days // 2), case.days)):
            gmv = favourite if case.chance(same) else case.market.price(shop)
            case.order(person, shop, day * DAY + second + case.draw(-late, late) * MINUTE, gmv)
            if case.chance(0.15):  # a coffee later, without a voucher
                case.order(person, shop, day * DAY + second + case.draw(60, 240) * MINUTE, case.market.price(shop))


def one_price_shop(case: Case) -> None:
    """A shop sells one thing at one price: a lunch set, a prepaid card."""
    card = case.chance(0.3)
    level = case.one_of(50_000, 100_000, 200_000, 500_000) if card else None
    shop = case.shop(case.market.new_shop(level=level, dishes=1))
    price = int(level or case.market.menus[shop][0])
    known = case.rng.uniform(0.1, 1.0)
    for _ in range(case.number(8, 80)):
        case.order(_anybody(case, known), shop, case.market.usual_time(), price * (1 if case.chance(0.85) else 2))


def price_at_the_optimum(case: Case) -> None:
    """A shop's favourite costs 70,000 or 68,000 and so earns the whole rebate; it always has."""
    shop = case.shop(case.market.new_shop(level=case.full * 1.05, dishes=case.draw(2, 5)))
    favourite = -(-case.full // 1000) * 1000 + case.draw(0, 6) * 1000
    known, popular = case.rng.uniform(0.1, 1.0), case.rng.uniform(0.4, 1.0)
    for _ in range(case.number(8, 80)):
        gmv = favourite if case.chance(popular) else case.market.price(shop)
        case.order(_anybody(case, known), shop, case.market.usual_time(), gmv)


def shop_opening(case: Case) -> None:
    """A shop opens with a promotion: many first buyers, most of whom buy nowhere else, many with a voucher on its set."""
    market = case.market
    opening = case.draw(0, case.days - 1)
    shop = case.shop(market.new_shop(market.account(), dishes=case.draw(2, 20)))
    span = case.draw(1, max(1, min(7, case.days - opening)))
    new, known, promoted = case.rng.uniform(0.1, 0.9), case.rng.uniform(0.0, 0.6), case.rng.uniform(0.0, 0.7)
    offer = max(1, round(case.full * case.rng.uniform(0.5, 1.3) / 5000)) * 5000
    again = case.rng.uniform(0.0, 0.3)
    for _ in range(case.number(12, 150)):
        at = (opening + case.draw(0, span - 1)) * DAY + market.usual_second()
        person = case.customer(market.sign_up_now(at)) if case.chance(new) else _anybody(case, known)
        case.order(person, shop, at, offer if case.chance(promoted) else market.price(shop))
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
        person = case.customer(case.market.sign_up_now(int(moment))) if case.chance(new) else _anybody(case, known)
        case.order(person, shop, moment, dish if case.chance(0.5) else case.market.price(shop))


def group_order(case: Case) -> None:
    """A tour bus or a class stops at one shop: everybody orders alone, within minutes, with an own voucher."""
    shop = _known_shop(case)
    people = _neighbours(case, case.number(6, 50), ("random", "random", "batches", "batch", "adjacent"))
    for day in case.some_days(case.draw(1, 2)):
        at = day * DAY + case.market.usual_second()
        for place, person in enumerate(people):
            case.order(person, shop, at + place * case.draw(10, 60), case.market.price(shop))
    case.ordinary_life(people)


def noon_menu(case: Case) -> None:
    """A fixed menu at noon: strangers order the same amount at the same time, every day."""
    shop = _known_shop(case)
    price = -(-int(case.full * case.rng.uniform(0.5, 1.4)) // 5000) * 5000
    known = case.rng.uniform(0.1, 1.0)
    for day in case.some_days(case.draw(2, case.days)):
        for _ in range(case.draw(3, 14)):
            case.order(_anybody(case, known), shop, day * DAY + NOON + case.draw(-20, 50) * MINUTE, price)


def night_worker(case: Case) -> None:
    """Somebody works at night and eats then."""
    person, shops = case.bystander(), [case.market.everyday_shop() for _ in range(case.draw(1, 3))]
    for day in case.some_days(case.draw(3, 8)):
        shop = case.one_of(*shops)
        case.order(person, shop, day * DAY + case.draw(0, 5 * HOUR), case.market.price(shop))


def coffee_subscription(case: Case) -> None:
    """An app orders the same coffee every day at the same time for its subscribers."""
    shop = _known_shop(case)
    price = case.draw(25, 60) * 1000
    for _ in range(case.draw(1, 6)):
        person, second = case.bystander(), BREAKFAST + case.draw(-60, 90) * MINUTE
        for day in range(case.draw(0, 1), case.days):
            if case.chance(0.9):
                case.order(person, shop, day * DAY + second + case.draw(0, 40), price)


def class_sign_up(case: Case) -> None:
    """A class signs up together, number after number, and eats at one canteen."""
    people = _neighbours(case, case.draw(6, 25), ("adjacent", "batch"))
    canteen = _known_shop(case)
    for person in people:
        for day in case.some_days(case.draw(1, 4)):
            case.order(person, canteen, day * DAY + NOON + case.draw(-40, 80) * MINUTE, case.market.price(canteen))
    case.ordinary_life(people)


def gift_orders(case: Case) -> None:
    """Somebody sends the same gift to many people in one sitting; one voucher, the rest at full price."""
    person, shop = case.bystander(), _known_shop(case)
    price = case.market.price(shop) * case.draw(1, 4)
    at = case.draw(0, case.days - 1) * DAY + case.draw(8 * HOUR, 20 * HOUR)
    for number in range(case.draw(3, 10)):
        case.order(person, shop, at + number * case.draw(30, 200), price)


def side_product(case: Case) -> None:
    """A shop's side dish costs what a full rebate is: customers order it after their meal, without a voucher."""
    shop, plan = _known_shop(case), case.market.plan
    for _ in range(case.draw(5, 25)):
        person, at = _anybody(case, 0.7), case.market.usual_time()
        gmv = max(case.full, case.market.price(shop)) if case.chance(0.6) else case.market.price(shop)
        case.order(person, shop, at, gmv)
        if case.chance(0.35):
            case.order(person, shop, at + case.draw(2, 100) * MINUTE, plan.cap, voucher=False)


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


def staff_meals(case: Case) -> None:
    """The staff of a shop eats there every working day and nowhere else."""
    shop = _known_shop(case)
    people = _neighbours(case, case.draw(2, 6))
    dish = case.market.price(shop)
    for person in people:
        second = int(case.one_of(NOON, AFTERNOON, EVENING))
        for day in case.some_days(case.draw(max(2, case.days // 2), case.days)):
            gmv = dish if case.chance(0.5) else case.market.price(shop)
            case.order(person, shop, day * DAY + second + case.draw(-40, 60) * MINUTE, gmv)
    case.passers_by(shop, case.draw(3, 15))


def bargain_hunter(case: Case) -> None:
    """People who read of it plan every basket at the amount that just earns the whole rebate: what the terms allow."""
    step, room = int(case.one_of(100, 1000, 1000, 5000)), case.number(1, 9)
    for _ in range(case.number(1, 12)):
        person, favourite = case.bystander(), case.market.everyday_shop()
        for day in case.some_days(case.draw(2, case.days)):
            shop = favourite if case.chance(0.5) else case.market.everyday_shop()
            gmv = (-(-case.full // step) + case.draw(0, room)) * step
            case.order(person, shop, day * DAY + case.market.usual_second(), gmv, voucher=True)


def keyed_in_batches(case: Case) -> None:
    """A cashier keys in orders that came by phone, one every so many seconds, once or twice a day."""
    shop, known = _known_shop(case), case.rng.uniform(0.2, 0.9)
    pace = case.number(20, 300)
    for day in case.some_days(case.draw(1, case.days)):
        at = day * DAY + int(case.one_of(NOON, AFTERNOON, EVENING)) + case.draw(-60, 60) * MINUTE
        for place in range(case.number(4, 25)):
            late = case.draw(0, pace // 10)
            case.order(_anybody(case, known), shop, at + place * pace + late, case.market.price(shop))


def festival(case: Case) -> None:
    """An evening out: stalls on one ground, visitors eat at one to three of them within hours."""
    stalls = [case.shop(case.market.new_shop(dishes=case.draw(2, 8))) for _ in range(case.draw(3, 10))]
    known, new = case.rng.uniform(0.1, 0.9), case.rng.uniform(0.0, 0.3)
    for day in case.some_days(case.draw(1, 3)):
        for _ in range(case.number(10, 80)):
            at = day * DAY + EVENING + case.draw(-120, 150) * MINUTE
            person = case.customer(case.market.sign_up_now(at)) if case.chance(new) else _anybody(case, known)
            for stop in range(min(3, int(case.rng.geometric(0.6)))):
                stall = case.one_of(*stalls)
                case.order(person, stall, at + stop * case.draw(5, 60) * MINUTE, case.market.price(stall))


def family_of_the_owner(case: Case) -> None:
    """The owner's family eats at the own shop, with vouchers of their own; the owner pays without one."""
    people = _neighbours(case, case.draw(2, 6), ("random", "random", "adjacent"))
    shop = case.shop(case.market.new_shop(people[0]))
    for person in people:
        for day in case.some_days(case.draw(1, case.days)):
            voucher = False if person == people[0] else None
            case.order(person, shop, day * DAY + case.market.usual_second(), case.market.price(shop), voucher=voucher)
    case.passers_by(shop, case.number(5, 40))
    case.ordinary_life(people)


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


def new_branch_of_a_family(case: Case) -> None:
    """The owner's family and friends support a small shop in its first days, each with an own voucher."""
    shop = case.shop(case.market.new_shop())
    people = _neighbours(case, case.draw(4, 10))
    for person in people:
        for day in case.some_days(case.draw(1, 3)):
            case.order(person, shop, day * DAY + case.market.usual_second(), case.market.price(shop))
    case.passers_by(shop, case.draw(6, 25))
    case.ordinary_life(people)


def _neighbours(
    case: Case, count: int, numberings: tuple[str, ...] = ("random", "random", "random", "batches")
) -> list[int]:
    """People who know one another, with accounts opened at some time."""
    return case.accounts(count, numberings)


def _anybody(case: Case, known: float) -> int:
    """A customer of the background, else somebody who orders here alone."""
    return case.bystander() if case.chance(known) else case.customer(case.market.account())


def _known_shop(case: Case) -> int:
    """A shop with a trade of its own."""
    return case.shop(case.market.some_shop(3, 80))


def _event_shop(case: Case) -> int:
    return case.market.some_shop(2, 60) if case.chance(0.7) else case.market.new_shop(dishes=case.draw(1, 6))


LOOKALIKES: tuple[Callable[[Case], None], ...] = (
    office_lunch,
    dormitory,
    family,
    market_stalls,
    neighbour_owners,
    chain_customers,
    food_court,
    regular,
    one_price_shop,
    price_at_the_optimum,
    shop_opening,
    flash_event,
    group_order,
    noon_menu,
    night_worker,
    coffee_subscription,
    class_sign_up,
    gift_orders,
    side_product,
    seller_test,
    platform_tester,
    staff_meals,
    bargain_hunter,
    keyed_in_batches,
    festival,
    family_of_the_owner,
    small_shop_with_a_fan,
    caterer_for_meetings,
    new_branch_of_a_family,
)
