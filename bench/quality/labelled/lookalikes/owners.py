"""Owners who eat at one another's shops."""

from __future__ import annotations

from bench.quality.labelled.case import Case
from bench.quality.labelled.market import DAY, MINUTE, NOON


def market_stalls(case: Case) -> None:
    """Owners of stalls in one market hall eat at one another's."""
    owners = case.neighbours(case.draw(3, 12))
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
    owners = case.neighbours(2, ("random",))
    shops = [case.shop(case.market.new_shop(owner)) for owner in owners]
    for side, owner in enumerate(owners):
        for day in case.some_days(case.draw(1, 3)):
            case.order(
                owner, shops[1 - side], day * DAY + case.market.usual_second(), case.market.price(shops[1 - side])
            )
    for shop in shops:
        case.passers_by(shop, case.draw(5, 25))
    case.ordinary_life(owners)
