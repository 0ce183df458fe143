"""Owners who buy, or have bought, at their own and one another's shops."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY


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
