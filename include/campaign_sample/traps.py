"""Honest look-alikes: each function lives one innocent story once and returns whom a hasty rule would accuse.

The rules in a label are those that the story tempts. Some of them do fire on it, and that is right as long as they only
note it; where a label names no rule, none should fire. Sizes are keyword arguments as in ``abuse``.
"""

from __future__ import annotations

import numpy as np

from campaign_sample.town import Label, Town, a_price, a_time, draw

NOON, EVENING = 12 * 60, 19 * 60


def one_small_order(town: Town, rng: np.random.Generator) -> list[Label]:
    """Try the app with one order of 100; the shop has ordinary orders beside it."""
    customer, shop = town.newcomer(), town.new_shop()
    order = town.order(customer, shop, draw(rng, (0, town.days - 1)), a_time(rng), 100, voucher=False)
    town.passers_by(rng, shop, 4)
    return [
        Label("customer", (customer,), ("have_orders_under_1000",), (order,)),
        Label("shop", (shop,), ("order_boosting",), (order,)),
    ]


def checkout_test(town: Town, rng: np.random.Generator) -> list[Label]:
    """Test one's own checkout once, as an owner does, without a voucher."""
    owner = town.newcomer()
    shop = town.new_shop(owner)
    order = town.order(owner, shop, 0, a_time(rng), 20_000, voucher=False)
    town.passers_by(rng, shop, 4)
    return [Label("customer", (owner,), ("buys_at_own_shop",), (order,))]


def owner_as_customer(town: Town, rng: np.random.Generator) -> list[Label]:
    """Buy lunch at somebody else's shop, being an owner oneself."""
    owner = town.some_owner(rng)
    day = draw(rng, (0, town.days - 1))
    shop = town.new_shop()
    town.passers_by(rng, shop, 3)
    return [Label("customer", (owner,), (), (town.ordinary_order(rng, owner, shop, day),))]


def neighbours(town: Town, rng: np.random.Generator) -> list[Label]:
    """Let two owners of neighbouring stalls eat once at each other's."""
    owners = (town.newcomer(), town.newcomer())
    shops = [town.new_shop(owner) for owner in owners]
    orders = tuple(
        town.order(owners[side], shops[1 - side], day, NOON + draw(rng, (0, 59)), a_price(rng, shops[1 - side]))
        for side, day in enumerate(rng.integers(0, town.days, 2).tolist())
    )
    for shop in shops:
        town.passers_by(rng, shop, 5)
    rules = ("reciprocal_owners",)
    members = [Label("customer", (owner,), rules, (order,)) for owner, order in zip(owners, orders, strict=True)]
    return [Label("owner_pair", owners, rules, orders), *members]


def owner_chain(town: Town, rng: np.random.Generator, *, members: tuple[int, int] = (3, 6)) -> list[Label]:
    """Let the owners of a market buy one from the next, but nobody back: no ring closes."""
    owners = [town.newcomer() for _ in range(draw(rng, members))]
    shops = [town.new_shop(owner) for owner in owners]
    labels = []
    for owner, shop in zip(owners[:-1], shops[1:], strict=True):
        order = town.ordinary_order(rng, owner, shop, draw(rng, (0, town.days - 1)))
        labels.append(Label("customer", (owner,), (), (order,)))
    for shop in shops:
        town.passers_by(rng, shop, 2)
    return labels


def office_group(town: Town, rng: np.random.Generator, *, members: tuple[int, int] = (4, 8)) -> list[Label]:
    """Have lunch with colleagues at one of the two shops next door; they share two shops and no more."""
    shops = [town.new_shop(), town.new_shop()]
    placed: dict[int, list[int]] = {town.newcomer(): [] for _ in range(draw(rng, members))}
    for day in town.some_days(rng, 3):
        for colleague, orders in placed.items():
            shop = shops[day % 2]
            orders.append(town.order(colleague, shop, day, NOON + draw(rng, (-20, 40)), a_price(rng, shop)))
    for shop in shops:
        town.passers_by(rng, shop, 6)
    evidence = tuple(order for orders in placed.values() for order in orders)
    members_labels = [Label("customer", (c,), ("co_purchase_group",), tuple(orders)) for c, orders in placed.items()]
    return [Label("customer_group", tuple(placed), ("co_purchase_group",), evidence), *members_labels]


def single_product_shop(town: Town, rng: np.random.Generator, *, customers: tuple[int, int] = (10, 20)) -> list[Label]:
    """Sell one thing at one price to many people."""
    shop, price = town.new_shop(), 35_000 + draw(rng, (0, 4)) * 5000
    orders = town.passers_by(rng, shop, draw(rng, customers), price)
    return [Label("shop", (shop,), ("repeated_amount", "subsidy_intensity"), tuple(orders))]


def price_of_70000(town: Town, rng: np.random.Generator, *, customers: tuple[int, int] = (8, 14)) -> list[Label]:
    """Sell a favourite dish for 70,000, which happens to earn the whole rebate."""
    shop = town.new_shop()
    favourite = town.passers_by(rng, shop, draw(rng, customers), 70_000)
    town.passers_by(rng, shop, len(favourite) // 3)
    return [Label("shop", (shop,), ("subsidy_intensity", "voucher_optimal_bunching"), tuple(favourite))]


def daily_coffee(town: Town, rng: np.random.Generator) -> list[Label]:
    """Drink the same coffee every morning."""
    customer, shop = town.newcomer(), town.new_shop()
    orders = [town.order(customer, shop, day, 8 * 60 + draw(rng, (0, 30)), 35_000) for day in range(town.days)]
    town.passers_by(rng, shop, 2 * len(orders))
    return [Label("customer", (customer,), ("repeated_amount",), tuple(orders))]


def regular(town: Town, rng: np.random.Generator) -> list[Label]:
    """Eat at a favourite shop, now lunch, now dinner, once more than the campaign has days."""
    customer, shop = town.newcomer(), town.new_shop()
    orders = [
        town.order(customer, shop, turn % town.days, NOON + draw(rng, (0, 60)), a_price(rng, shop))
        for turn in range(town.days)
    ]
    orders.append(town.order(customer, shop, town.days - 1, EVENING + draw(rng, (0, 60)), a_price(rng, shop)))
    town.passers_by(rng, shop, 2 * len(orders))
    return [Label("customer", (customer,), ("customer_at_one_shop",), tuple(orders))]


def meal_split_in_two(town: Town, rng: np.random.Generator) -> list[Label]:
    """Split a meal into two orders within five minutes, the second without a voucher: two are no burst."""
    customer, day, minute = town.newcomer(), draw(rng, (0, town.days - 1)), a_time(rng)
    orders = tuple(
        town.order(customer, shop, day, minute + later, a_price(rng, shop))
        for later, shop in zip((0, draw(rng, (1, 4))), town.some_shops(rng, 2), strict=True)
    )
    return [Label("customer", (customer,), (), orders)]


def meal_split_in_three(town: Town, rng: np.random.Generator) -> list[Label]:
    """Split the family's lunch into three orders within five minutes at one shop: one voucher, an innocent burst."""
    customer, shop, day, minute = town.newcomer(), town.new_shop(), draw(rng, (0, town.days - 1)), NOON
    orders = [town.order(customer, shop, day, minute + 2 * number, a_price(rng, shop)) for number in range(3)]
    town.ordinary_order(rng, customer, town.some_shops(rng, 1)[0], (day + 1) % town.days)
    town.passers_by(rng, shop, 6)
    return [Label("customer", (customer,), ("order_burst",), tuple(orders))]


def noon_rush(town: Town, rng: np.random.Generator, *, customers: tuple[int, int] = (3, 6)) -> list[Label]:
    """Serve a fixed menu at noon: strangers order the same amount within ten minutes."""
    shop, day = town.new_shop(), draw(rng, (0, town.days - 1))
    guests = [town.newcomer() for _ in range(draw(rng, customers))]
    orders = [town.order(guest, shop, day, NOON + draw(rng, (0, 9)), 55_000) for guest in guests]
    town.passers_by(rng, shop, 2 * len(orders))
    return [Label("shop", (shop,), ("shop_burst_same_amount",), tuple(orders))]


def small_shop(town: Town, rng: np.random.Generator) -> list[Label]:
    """Keep a small shop of five orders, three of them by its one regular."""
    customer, shop = town.newcomer(), town.new_shop()
    orders = [town.ordinary_order(rng, customer, shop, day) for day in town.some_days(rng, 3)]
    town.passers_by(rng, shop, 5 - len(orders))
    return [Label("shop", (shop,), ("one_buyer_shop",), tuple(orders))]


def gift(town: Town, rng: np.random.Generator) -> list[Label]:
    """Buy one large gift at a shop of twenty ordinary orders."""
    customer, shop = town.newcomer(), town.new_shop()
    town.passers_by(rng, shop, 20)
    order = town.order(customer, shop, draw(rng, (0, town.days - 1)), a_time(rng), 4_500_000)
    return [Label("customer", (customer,), ("amount_outlier",), (order,))]


def voucher_every_day(town: Town, rng: np.random.Generator) -> list[Label]:
    """Be the customer the campaign was made for: a voucher every day, each at another shop."""
    customer = town.newcomer()
    orders = [
        town.order(customer, shop, day, a_time(rng), max(a_price(rng, shop), 30_000))
        for day, shop in enumerate(town.some_shops(rng, min(town.days, 7)))
    ]
    return [Label("customer", (customer,), (), tuple(orders))]


def chain_owner(town: Town, rng: np.random.Generator, *, shops: tuple[int, int] = (4, 6)) -> list[Label]:
    """Own several shops that different customers visit."""
    owner = town.newcomer()
    chain = [town.new_shop(owner) for _ in range(draw(rng, shops))]
    return [Label("shop", (shop,), (), tuple(town.passers_by(rng, shop, 3))) for shop in chain]


def night_shift(town: Town, rng: np.random.Generator) -> list[Label]:
    """Work at night and eat then."""
    customer = town.newcomer()
    orders = [
        town.order(customer, shop, day, draw(rng, (30, 290)), a_price(rng, shop))
        for day, shop in zip(town.some_days(rng, 3), town.some_shops(rng, 3), strict=False)
    ]
    return [Label("customer", (customer,), ("night_orders",), tuple(orders))]


TRAPS = (
    one_small_order,
    checkout_test,
    owner_as_customer,
    neighbours,
    owner_chain,
    office_group,
    single_product_shop,
    price_of_70000,
    daily_coffee,
    regular,
    meal_split_in_two,
    meal_split_in_three,
    noon_rush,
    small_shop,
    gift,
    voucher_every_day,
    chain_owner,
    night_shift,
)
