"""Planted abuse: each function commits one kind of it once and returns the truth about whom it made.

A function's keyword arguments are its sizes, (low, high) both included; ``scenarios`` lets a caller change them. All
rebates stay within cap and rate: abuse that breaks those is rejected before any rule sees it.
"""

from __future__ import annotations

import numpy as np

from campaign_sample.town import Label, Town, a_price, a_time, draw

TINY_AMOUNTS = (1, 1, 1, 1, 10, 100, 100, 123, 500, 999)
AN_HOUR = 60


def multi_voucher(
    town: Town, rng: np.random.Generator, *, vouchers: tuple[int, int] = (2, 6), days: tuple[int, int] = (1, 2)
) -> list[Label]:
    """Use several vouchers on one day, each at another shop: the platform checks per shop only."""
    customer, orders = town.newcomer(), []
    for day in town.some_days(rng, draw(rng, days)):
        for shop in town.some_shops(rng, draw(rng, vouchers)):
            gmv = max(a_price(rng, shop), 30_000)
            orders.append(town.order(customer, shop, day, a_time(rng), gmv, against_terms=True))
    town.ordinary_life(rng, customer)
    return [Label("customer", (customer,), ("use_more_than_1_voucher_per_day",), tuple(orders))]


def vouchers_along_one_owners_shops(
    town: Town, rng: np.random.Generator, *, shops: tuple[int, int] = (2, 4)
) -> list[Label]:
    """Collect a voucher at each shop of one owner on one day."""
    customer, owner, orders = town.newcomer(), town.newcomer(), []
    day, minute = draw(rng, (0, town.days - 1)), a_time(rng)
    for number in range(draw(rng, shops)):
        shop = town.new_shop(owner)
        gmv = town.price_with_full_rebate(rng)
        orders.append(town.order(customer, shop, day, minute + 7 * number, gmv, against_terms=True))
        town.passers_by(rng, shop, 1 + town.noise_of(3))
    town.ordinary_life(rng, customer)
    rules = ("use_more_than_1_voucher_per_day", "several_vouchers_one_owner")
    return [Label("customer", (customer,), rules, tuple(orders))]


def order_boosting(
    town: Town, rng: np.random.Generator, *, orders: tuple[int, int] = (6, 16), buyers: tuple[int, int] = (1, 3)
) -> list[Label]:
    """Raise a shop's order count by orders of a few units of money; no rebate is paid on them."""
    shop = town.new_shop()
    day, minute = draw(rng, (0, town.days - 1)), a_time(rng)
    accounts = [town.newcomer() for _ in range(draw(rng, buyers))]
    placed: dict[int, list[int]] = {account: [] for account in accounts}
    for number in range(max(draw(rng, orders), len(accounts))):
        account, gmv = accounts[number % len(accounts)], TINY_AMOUNTS[rng.integers(0, len(TINY_AMOUNTS))]
        placed[account].append(town.order(account, shop, day, minute + 2 * number, gmv, voucher=False))
    town.passers_by(rng, shop, 2 + town.noise_of(5))
    for account in accounts:
        town.ordinary_life(rng, account)
    evidence = tuple(order for orders_of_one in placed.values() for order in orders_of_one)
    labels = [Label("shop", (shop,), ("order_boosting",), evidence)]
    return labels + [Label("customer", (a,), ("have_orders_under_1000",), tuple(placed[a])) for a in accounts]


def self_purchase(town: Town, rng: np.random.Generator, *, orders: tuple[int, int] = (2, 4)) -> list[Label]:
    """Buy at one's own shop with vouchers, day after day."""
    owner = town.newcomer()
    shop = town.new_shop(owner)
    placed = [
        town.order(owner, shop, day, a_time(rng), town.price_with_full_rebate(rng))
        for day in town.some_days(rng, draw(rng, orders))
    ]
    town.passers_by(rng, shop, 2 + town.noise_of(6))
    town.ordinary_life(rng, owner)
    return [Label("customer", (owner,), ("buys_at_own_shop",), tuple(placed))]


def reciprocal_owners(town: Town, rng: np.random.Generator, *, days: tuple[int, int] = (2, 4)) -> list[Label]:
    """Let two owners spend their vouchers at each other's shop, on several days."""
    owners = (town.newcomer(), town.newcomer())
    shops = [town.new_shop(owner) for owner in owners]
    placed: tuple[list[int], list[int]] = ([], [])
    for day in town.some_days(rng, draw(rng, days)):
        for side in (0, 1):
            gmv = town.price_with_full_rebate(rng)
            placed[side].append(town.order(owners[side], shops[1 - side], day, a_time(rng), gmv))
    for owner, shop in zip(owners, shops, strict=True):
        town.passers_by(rng, shop, 1 + town.noise_of(6))
        town.ordinary_life(rng, owner)
    rules = ("reciprocal_owners",)
    members = [Label("customer", (owner,), rules, tuple(orders)) for owner, orders in zip(owners, placed, strict=True)]
    return [Label("owner_pair", owners, rules, tuple(placed[0] + placed[1])), *members]


def owner_ring(
    town: Town, rng: np.random.Generator, *, members: tuple[int, int] = (3, 12), days: tuple[int, int] = (1, 3)
) -> list[Label]:
    """Let each owner buy at the next one's shop and the last at the first's, so that no two buy from each other."""
    owners = tuple(town.newcomer() for _ in range(max(3, draw(rng, members))))
    shops = [town.new_shop(owner) for owner in owners]
    placed: dict[int, list[int]] = {owner: [] for owner in owners}
    for day in town.some_days(rng, draw(rng, days)):
        for place, owner in enumerate(owners):
            gmv = town.price_with_full_rebate(rng)
            placed[owner].append(town.order(owner, shops[(place + 1) % len(owners)], day, a_time(rng), gmv))
    for owner, shop in zip(owners, shops, strict=True):
        town.passers_by(rng, shop, 1 + town.noise_of(3))
        town.ordinary_life(rng, owner)
    rules = ("owner_ring",)
    whole = Label("owner_ring", owners, rules, tuple(order for orders in placed.values() for order in orders))
    return [whole] + [Label("customer", (owner,), rules, tuple(orders)) for owner, orders in placed.items()]


def co_purchase_group(
    town: Town, rng: np.random.Generator, *, members: tuple[int, int] = (3, 8), shops: tuple[int, int] = (3, 4)
) -> list[Label]:
    """Send accounts of one hand to the same small shops, each account to one shop with one voucher a day."""
    visited = [town.new_shop() for _ in range(max(3, draw(rng, shops)))]
    placed: dict[int, list[int]] = {town.newcomer(): [] for _ in range(max(3, draw(rng, members)))}
    for number, account in enumerate(placed):
        for turn, shop in enumerate(visited):
            day = (number + turn) % town.days
            gmv = town.price_with_full_rebate(rng)
            placed[account].append(town.order(account, shop, day, a_time(rng), gmv))
    for shop in visited:
        town.passers_by(rng, shop, 1 + town.noise_of(6))
    for account in placed:
        town.ordinary_life(rng, account)
    rules = ("co_purchase_group",)
    evidence = tuple(order for orders in placed.values() for order in orders)
    members_labels = [Label("customer", (account,), rules, tuple(orders)) for account, orders in placed.items()]
    return [Label("customer_group", tuple(placed), rules, evidence), *members_labels]


def brushing(
    town: Town, rng: np.random.Generator, *, buyers: tuple[int, int] = (2, 4), beyond_daily: tuple[int, int] = (1, 2)
) -> list[Label]:
    """Let a few accounts order the same amount at one shop every day and once or twice more."""
    shop, amount = town.new_shop(), town.cheapest_full_rebate + draw(rng, (0, 30_000))
    placed: dict[int, list[int]] = {town.newcomer(): [] for _ in range(draw(rng, buyers))}
    labels = []
    for account, orders in placed.items():
        for number in range(max(5, town.days + draw(rng, beyond_daily))):
            orders.append(town.order(account, shop, number % town.days, a_time(rng), amount))
        repeats = () if town.ordinary_life(rng, account) else ("repeated_amount",)
        labels.append(Label("customer", (account,), ("customer_at_one_shop", *repeats), tuple(orders)))
    evidence = tuple(order for orders in placed.values() for order in orders)
    town.passers_by(
        rng, shop, town.noise_of(len(evidence)) // 3
    )  # more would hide the repeated amount from its own rule
    return [Label("shop", (shop,), ("repeated_amount",), evidence), *labels]


def voucher_burst(town: Town, rng: np.random.Generator, *, orders: tuple[int, int] = (3, 6)) -> list[Label]:
    """Spend vouchers at several shops within four minutes, as a script does."""
    customer, day, minute = town.newcomer(), draw(rng, (0, town.days - 1)), draw(rng, (0, 23 * AN_HOUR))
    placed = [
        town.order(customer, shop, day, minute + draw(rng, (0, 4)), max(a_price(rng, shop), 50_000), against_terms=True)
        for shop in town.some_shops(rng, max(3, draw(rng, orders)))
    ]
    town.ordinary_life(rng, customer)
    return [Label("customer", (customer,), ("order_burst", "use_more_than_1_voucher_per_day"), tuple(placed))]


def account_flock(
    town: Town, rng: np.random.Generator, *, accounts: tuple[int, int] = (3, 8), waves: tuple[int, int] = (2, 4)
) -> list[Label]:
    """Send fresh accounts to one shop for one amount within minutes, wave after wave; each alone looks honest."""
    shop, labels, evidence = town.new_shop(), [], []
    for day in town.some_days(rng, draw(rng, waves)):
        minute, amount = a_time(rng) // 10 * 10, town.cheapest_full_rebate + draw(rng, (0, 5000))
        for _ in range(max(3, draw(rng, accounts))):
            account = town.newcomer()
            evidence.append(town.order(account, shop, day, minute + draw(rng, (0, 8)), amount))
            labels.append(Label("customer", (account,), (), (evidence[-1],)))
    town.passers_by(rng, shop, town.noise_of(len(evidence)))
    return [Label("shop", (shop,), ("shop_burst_same_amount",), tuple(evidence)), *labels]


def subsidy_farm(
    town: Town, rng: np.random.Generator, *, buyers: tuple[int, int] = (3, 6), days: tuple[int, int] = (2, 4)
) -> list[Label]:
    """Let a few accounts order, day after day, hardly a unit more than earns the whole rebate."""
    shop, labels, evidence = town.new_shop(), [], []
    for _ in range(draw(rng, buyers)):
        account = town.newcomer()
        orders = [
            town.order(account, shop, day, a_time(rng), town.cheapest_full_rebate + draw(rng, (0, 332)))
            for day in town.some_days(rng, draw(rng, days))
        ]
        town.ordinary_life(rng, account)
        labels.append(Label("customer", (account,), (), tuple(orders)))
        evidence.extend(orders)
    snack = town.cheapest_full_rebate * 6 // 10 // 1000 * 1000  # dear orders would hide the shop from its own rule
    town.passers_by(rng, shop, town.noise_of(len(evidence)) // 3, max(1000, snack))
    rules = ("subsidy_intensity", "voucher_optimal_bunching") if len(evidence) >= 5 else ()
    return [Label("shop", (shop,), rules, tuple(evidence)), *labels]


def captive_shop(town: Town, rng: np.random.Generator, *, beyond_daily: tuple[int, int] = (1, 4)) -> list[Label]:
    """Make one account most of a shop: a voucher every day and orders beyond."""
    shop, customer = town.new_shop(), town.newcomer()
    orders = [
        town.order(customer, shop, number % town.days, a_time(rng), town.cheapest_full_rebate + draw(rng, (0, 9000)))
        for number in range(max(5, town.days + draw(rng, beyond_daily)))
    ]
    town.passers_by(rng, shop, town.noise_of(len(orders)))
    town.ordinary_life(rng, customer)
    return [
        Label("shop", (shop,), ("one_buyer_shop",), tuple(orders)),
        Label("customer", (customer,), ("customer_at_one_shop",), tuple(orders)),
    ]


ABUSE = (
    multi_voucher,
    vouchers_along_one_owners_shops,
    order_boosting,
    self_purchase,
    reciprocal_owners,
    owner_ring,
    co_purchase_group,
    brushing,
    voucher_burst,
    account_flock,
    subsidy_farm,
    captive_shop,
)
