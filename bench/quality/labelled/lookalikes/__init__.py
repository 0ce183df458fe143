"""Honest look-alikes: each function lives one innocent story once and labels with 0 whom a hasty rule would accuse."""

from __future__ import annotations

from collections.abc import Callable

from bench.quality.labelled.case import Case
from bench.quality.labelled.lookalikes.groups import (
    chain_customers,
    class_sign_up,
    dormitory,
    family,
    family_of_the_owner,
    group_order,
    new_branch_of_a_family,
    office_lunch,
    staff_meals,
)
from bench.quality.labelled.lookalikes.habits import (
    bargain_hunter,
    caterer_for_meetings,
    coffee_subscription,
    gift_orders,
    night_worker,
    platform_tester,
    regular,
    seller_test,
    small_shop_with_a_fan,
)
from bench.quality.labelled.lookalikes.owners import market_stalls, neighbour_owners
from bench.quality.labelled.lookalikes.trade import (
    festival,
    flash_event,
    food_court,
    keyed_in_batches,
    noon_menu,
    one_price_shop,
    price_at_the_optimum,
    shop_opening,
    side_product,
)

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
