"""Figures to look at a campaign by: pace, customers, vouchers, concentration, price points, baskets. All lists are bounded."""

from __future__ import annotations

from datetime import date

from webapi.marts.queries import CampaignList, Key
from webapi.protocol.paging import WholeNumber

MONEY = "total_orders, total_gmv, vouchers_used, total_rebate"
PACE = """
    txn_date, txn_hour, total_orders, total_gmv, vouchers_used, total_rebate, running_orders_percent, running_gmv_percent,
    running_vouchers_percent, running_rebate_percent, voucher_share_percent, elapsed_hours, burn_per_hour
"""
ACTIVITY = """
    txn_date, total_customers, new_customers, returning_customers, running_customers, running_repeat_customers, repeat_percent
"""
CAP = """
    vouchers_used, voucher_share_percent, vouchers_at_cap, at_cap_percent, voucher_gmv, total_rebate, effective_subsidy_percent
"""
CONCENTRATION = """
    ranked, members, total_gmv, gini_percent, top_1_members, top_1_gmv, top_1_percent, top_10_members, top_10_gmv, top_10_percent
"""
PRICE_POINTS = f"""
    band, from_amount, {MONEY}, round_price_orders, counterfactual_orders, excess_orders
"""
BASKETS = "kind, total_orders, total_gmv, total_rebate, average_gmv, average_rebate, effective_subsidy_percent"


def _of(table: str, columns: str, *keys: Key) -> CampaignList:
    sql = f"\nselect\n    {columns.strip()}\nfrom {table}\nwhere campaign_id = %(campaign_id)s\n"
    return CampaignList(sql, keys)


BY_DAY = Key("txn_date", date)
RANKED = Key("ranked", str)
# Name in the answer -> the list.
FIGURES = {
    "pace": _of("campaign_pace", PACE, BY_DAY, Key("txn_hour", WholeNumber)),
    "activity": _of("customer_activity", ACTIVITY, BY_DAY),
    "returns": _of(
        "customer_return", "days_after, customers, returned, return_percent", Key("days_after", WholeNumber)
    ),
    "cap_utilisation": _of("cap_utilisation", CAP, Key("vouchers_used", WholeNumber)),
    "rebate_rates": _of(
        "rebate_rate",
        "rate_percent, vouchers_used, vouchers_at_cap, voucher_gmv, total_rebate",
        Key("rate_percent", WholeNumber),
    ),
    "concentration": _of("concentration", CONCENTRATION, RANKED),
    "lorenz": _of(
        "concentration_point",
        "ranked, members_percent, members, gmv, gmv_percent",
        RANKED,
        Key("members_percent", WholeNumber),
    ),
    "price_points": _of("price_points", PRICE_POINTS, Key("band", WholeNumber)),
    "baskets": _of("basket", BASKETS, Key("kind", str)),
}
