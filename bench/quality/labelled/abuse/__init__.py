"""Planted abuse: each function plants one instance of its kind, in the strength of the case.

A customer or shop that has part in it is labelled 1, a shop that is only used -1. Sizes, numbering of accounts, amounts, hours,
share of vouchers and honest orders around differ from instance to instance, so that no single habit gives a kind away.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.quality.labelled.abuse.accounts import (
    account_farm,
    burner_accounts,
    buyer_syndicate,
    coordinated_tour,
    hired_hands,
    mule_rotation,
    split_basket,
    voucher_resale,
    voucher_stacking,
)
from bench.quality.labelled.abuse.owners import (
    mutual_owners,
    own_shop_buyer,
    owner_circle,
    owner_puppets,
    shop_carousel,
)
from bench.quality.labelled.abuse.scripts import scripted_account, scripted_network
from bench.quality.labelled.abuse.shops import (
    house_accounts,
    kickback_shop,
    marked_up_prices,
    order_brushing,
    pop_up_shop,
    rank_pumping,
    rebate_echo,
    wash_pair,
)
from bench.quality.labelled.case import Case

ABUSE: tuple[Callable[[Case], None], ...] = (
    account_farm,
    burner_accounts,
    mule_rotation,
    voucher_resale,
    pop_up_shop,
    house_accounts,
    kickback_shop,
    marked_up_prices,
    rebate_echo,
    scripted_account,
    scripted_network,
    split_basket,
    mutual_owners,
    owner_circle,
    owner_puppets,
    own_shop_buyer,
    wash_pair,
    shop_carousel,
    voucher_stacking,
    coordinated_tour,
    buyer_syndicate,
    order_brushing,
    rank_pumping,
    hired_hands,
)
