"""The honest orders that surround everything planted: wards, popular shops, regulars, follow-up orders, new accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.quality.labelled.market import DAY, Market

SHOPS_PER_WARD = 45
SHOPS_OF_OWNER = ((1, 0.956), (2, 0.024), (3, 0.011), (4, 0.005), (6, 0.004))
EAGER = 0.015  # share of customers who order on most days
NEW_ACCOUNTS = 0.03  # share of customers who sign up during the campaign
NEIGHBOURHOOD = 0.12  # spread of sign-ups around a shop's time, in ranks of all customers: two strangers are 0.33 apart
TOKEN_AMOUNTS = (1, 1, 1, 10, 100, 500, 999)


@dataclass
class Background:
    """Orders as arrays of one length; ``at`` in seconds from the campaign's start."""

    at: np.ndarray
    customer: np.ndarray
    shop: np.ndarray
    gmv: np.ndarray
    voucher: np.ndarray


def make_background(market: Market) -> Background:
    """Open the background's shops and accounts in the market and return its orders."""
    plan, rng = market.plan, market.rng
    popularity = _open_shops(market, max(60, int(plan.orders / plan.orders_per_shop)))
    counts = _orders_per_customer(market)
    shop = _chosen_shops(market, counts, popularity)
    customers = _accounts(market, shop[np.cumsum(counts) - counts])
    who = np.repeat(np.arange(len(counts)), counts)
    customer = customers[who]
    at = _days(market, who) * DAY + market.usual_seconds(len(who))
    _follow_up(market, who, at)
    own = np.flatnonzero(np.array(market.owners)[shop] == customer)
    shop[own] = (shop[own] + len(market.owners) // 2) % len(market.owners)
    gmv = market.prices(shop, rng.random(len(who)) < 0.85)
    _try_out(market, customer, gmv)
    voucher = rng.random(len(who)) < market.voucher_share(gmv)
    market.customers = np.setdiff1d(customer, market.owners)
    market.shop_orders = np.bincount(shop, minlength=market.background_shops)
    market.known = _known(customer, shop)
    return Background(at, customer, shop, gmv, voucher)


def _open_shops(market: Market, count: int) -> np.ndarray:
    """Open at least that many shops and return how popular each is; the sum is 1."""
    rng = market.rng
    sizes, chances = zip(*SHOPS_OF_OWNER, strict=True)
    while len(market.owners) < count:
        owner = market.account()
        level = market.a_level()
        for _ in range(sizes[rng.choice(len(sizes), p=chances)]):
            market.new_shop(owner, level if rng.random() < 0.7 else None, 1 if rng.random() < 0.08 else None)
    shops = market.background_shops = len(market.owners)
    rank = rng.permutation(shops)
    weight = (rank + rng.uniform(3, 30)) ** -market.plan.popularity * rng.gamma(1.2, 1 / 1.2, shops)
    weight *= np.array(market.levels) ** -0.3  # cheap shops sell more often
    market.popularity_ends = np.cumsum(weight / weight.sum())[:-1]
    market.ward_of_shop = rng.integers(0, max(3, shops // SHOPS_PER_WARD), shops)
    return weight / weight.sum()


def _orders_per_customer(market: Market) -> np.ndarray:
    """One entry per customer; the sum is the plan's orders, but for the last customer."""
    plan, rng = market.plan, market.rng
    most = plan.orders
    eager = rng.random(most) < EAGER
    counts = market.orders_of_customers(most) + np.where(eager, rng.integers(1, 2 + plan.days, most), 0)
    return counts[: int(np.searchsorted(np.cumsum(counts), plan.orders)) + 1]


def _accounts(market: Market, favourites: np.ndarray) -> np.ndarray:
    """An account per customer; who lives near a shop signed up when its neighbourhood did, so numbers say a little."""
    plan, rng, count = market.plan, market.rng, len(favourites)
    ward_time = rng.random(market.ward_of_shop.max() + 1)
    shop_time = ward_time[market.ward_of_shop] + rng.normal(0, NEIGHBOURHOOD, len(market.ward_of_shop))
    near = rng.random(count) < plan.neighbours
    time = np.where(near, shop_time[favourites] + rng.normal(0, NEIGHBOURHOOD, count), rng.random(count)) % 1
    numbers = np.empty(count, dtype=np.int64)
    numbers[np.argsort(time)] = np.sort(market.account_numbers(count))
    new = rng.random(count) < NEW_ACCOUNTS
    opened = rng.random(count) * market.days * DAY
    customers = [
        market.sign_up_now(int(at)) if is_new else market.claim(int(number))
        for number, is_new, at in zip(numbers, new, opened, strict=True)
    ]
    customers = np.array(customers, dtype=np.int64)
    owners = np.unique(market.owners)
    buyers = rng.permutation(count)[: min(len(owners), int(count * plan.owners_buy))]
    customers[buyers] = rng.choice(owners, len(buyers), replace=False)
    return customers


def _known(customer: np.ndarray, shop: np.ndarray) -> float:
    """Of a shop's buyers, the share who buy elsewhere too."""
    pairs = np.unique(np.stack([customer, shop]), axis=1)
    _, place, shops = np.unique(pairs[0], return_inverse=True, return_counts=True)
    return float(np.mean(shops[place] > 1))


def _chosen_shops(market: Market, counts: np.ndarray, popularity: np.ndarray) -> np.ndarray:
    """A shop per order: most customers keep to one, and look for others mostly in their ward."""
    plan, rng = market.plan, market.rng
    orders = int(counts.sum())
    who = np.repeat(np.arange(len(counts)), counts)
    first_of = np.concatenate([[0], np.cumsum(counts)[:-1]])
    by_ward = np.argsort(market.ward_of_shop, kind="stable")
    ends = np.cumsum(popularity[by_ward])
    ward_ends = np.searchsorted(market.ward_of_shop[by_ward], np.arange(market.ward_of_shop.max() + 2))
    edge = np.concatenate([[0.0], ends])[ward_ends]

    def anywhere(count: int) -> np.ndarray:
        return by_ward[np.minimum(np.searchsorted(ends, rng.random(count)), len(ends) - 1)]

    first = anywhere(orders)
    ward = market.ward_of_shop[first[first_of]][who]
    near = edge[ward] + rng.random(orders) * (edge[ward + 1] - edge[ward])
    near = by_ward[np.minimum(np.searchsorted(ends, near), len(ends) - 1)]
    shop = np.where(rng.random(orders) < 0.7, near, first)
    # Some customers only ever return, others never do.
    returns = rng.beta(0.8, 0.8 * (1 / plan.loyalty - 1), len(counts))[who]
    back = rng.random(orders) < returns
    favourite = first[first_of]
    shop = np.where(back, favourite[who], shop)
    shop[first_of] = favourite
    return shop


def _days(market: Market, who: np.ndarray) -> np.ndarray:
    """A day per order: as there is one voucher a day, most customers order again on another day."""
    rng, orders = market.rng, len(who)
    days = rng.choice(market.days, orders, p=market.day_weights)
    for _ in range(4):
        by_customer = np.lexsort((days, who))
        same = (who[by_customer][1:] == who[by_customer][:-1]) & (days[by_customer][1:] == days[by_customer][:-1])
        moved = by_customer[1:][same & (rng.random(orders - 1) < 0.9)]
        days[moved] = rng.choice(market.days, len(moved), p=market.day_weights)
    return days


def _follow_up(market: Market, who: np.ndarray, at: np.ndarray) -> None:
    """Let some orders follow the customer's order before within minutes: a forgotten dish, a second shop for dessert."""
    rng = market.rng
    later = np.flatnonzero((who[1:] == who[:-1]) & (rng.random(len(who) - 1) < market.plan.follow_ups)) + 1
    for place in later:
        end = (at[place - 1] // DAY + 1) * DAY - 1
        at[place] = min(end, at[place - 1] + int(rng.exponential(120 if rng.random() < 0.6 else 1500)) + 10)


def _try_out(market: Market, customer: np.ndarray, gmv: np.ndarray) -> None:
    """Give a few customers' orders token amounts, as people who try out a shop system place them."""
    rng, share = market.rng, market.plan.token_orders
    wanted = int(share * len(gmv))
    while wanted > 0:
        orders = np.flatnonzero(customer == customer[rng.integers(len(customer))])[: int(rng.geometric(0.35))]
        gmv[orders] = rng.choice(TOKEN_AMOUNTS, len(orders))
        wanted -= len(orders)
