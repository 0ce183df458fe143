"""What rows say about their file although each is right by itself: guests, states of orders, times, amounts that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from campaign.campaigns import Campaign
from campaign.contract.numbers import money
from campaign.ingest.validate.cross_row import CrossRowChecks

GUEST_SHARE = 0.10
GUEST_ORDERS = 5
GUEST_SHOPS = 5
_SAMPLE_ROWS = 10_000
ENOUGH_VOUCHERS = 20  # so many that all are small is no accident
TINY_SHARE = 100  # amounts below a hundredth of those that the terms are made for
ENOUGH_TIMES = 20


class Frequent(NamedTuple):
    """A buyer of many orders in many shops."""

    uid: int
    orders: int
    shops: int


def count_guests(rules: CrossRowChecks) -> int:
    """Return how many orders are of uid 0."""
    return rules.count(f"({rules.standing_rows}) where uid = 0")


def frequent_uid(rules: CrossRowChecks, orders: int) -> Frequent | None:
    """Return the uid, other than 0, that has an implausible share of the orders over many shops, if one has."""
    # Whoever has a tenth of the orders has about a tenth of a sample; counting every buyer would take long.
    sample = f"(select uid from candidate using sample reservoir({_SAMPLE_ROWS} rows) repeatable (1))"
    most = rules.duck.execute(
        f"select uid from {sample} where uid <> 0 group by uid"
        f" having count(*) > {GUEST_SHARE / 2} * (select count(*) from {sample}) order by count(*) desc, uid limit 1"
    ).fetchone()
    if most is None:
        return None
    (uid,) = most
    found = rules.duck.execute(
        f"select count(*), count(distinct shop_id) from ({rules.standing_rows}) where uid = {uid}"
    ).fetchone()
    frequent = Frequent(uid, *found)
    is_odd = frequent.orders >= max(GUEST_ORDERS, GUEST_SHARE * orders) and frequent.shops >= GUEST_SHOPS
    return frequent if is_odd else None


def count_states(rules: CrossRowChecks, column: int, most: int) -> list[tuple[str, int]]:
    """Return the ``most`` frequent values of the status column of that number (from 0), with their orders."""
    return rules.duck.execute(
        f"select string_split(status, ',')[{column + 1}] as value, count(*) from ({rules.standing_rows})"
        f" group by value order by count(*) desc, value limit {most}"
    ).fetchall()


def rates_for_rebates(rules: CrossRowChecks, campaigns: Sequence[Campaign]) -> str:
    """Say so if a campaign's rebates hold the voucher's rate (0.3 or 30) instead of what each voucher paid; else be empty."""
    found = rules.duck.execute(
        "select campaign_id, max(rebate), count(*), min(line), arg_min(gmv, line), min(gmv)"
        f" from ({rules.standing_rows}) where rebate > 0 group by campaign_id"
        " having min(rebate) = max(rebate) and min(gmv) < max(gmv)"
    ).fetchall()
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    for campaign_id, rebate, vouchers, line, gmv, smallest_gmv in found:
        campaign = by_id[campaign_id]
        # Rebates that are all the same may be honest: where the terms give about so much.
        full = min(100 * campaign.voucher_cap, campaign.voucher_rate * smallest_gmv)
        if rebate in (100 * campaign.voucher_rate, 10_000 * campaign.voucher_rate) and 2 * rebate < full:
            return (
                f"the rebate of all {vouchers:,} orders with a voucher is {money(rebate)}, which is the rate of campaign"
                f" {campaign_id} and not an amount (line {line}: gmv {money(gmv)}, rebate {money(rebate)}). Give in rebate what"
                f" the voucher paid, in {campaign.currency}"
            )
    return ""


def amounts_too_small(rules: CrossRowChecks, campaigns: Sequence[Campaign]) -> str:
    """Say so if all amounts of a campaign are far below its voucher's: a spreadsheet read 50.000 as 50; else be empty."""
    found = rules.duck.execute(
        "select campaign_id, max(gmv), max(rebate), count(*) filter (rebate > 0), min(line)"
        f" from ({rules.standing_rows}) group by campaign_id"
    ).fetchall()
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    for campaign_id, gmv, rebate, vouchers, line in found:
        campaign = by_id[campaign_id]
        earns_all = 100 * campaign.voucher_cap / campaign.voucher_rate if campaign.voucher_rate else 0
        if vouchers >= ENOUGH_VOUCHERS and TINY_SHARE * gmv <= earns_all:
            return (
                f"no order of campaign {campaign_id} from line {line} on has a gmv of more than {money(gmv)} or a rebate of more"
                f" than {money(rebate)}, although its voucher pays up to {money(int(100 * campaign.voucher_cap))}"
                f" {campaign.currency}: did a spreadsheet read the point of 50.000 as a decimal point? Export the amounts as"
                " text, without thousands separators, in units of the currency"
            )
    return ""


def on_times(rules: CrossRowChecks) -> str:
    """Say so if the times of day were lost on the way: all are midnight, or none is of the afternoon; else be empty."""
    orders, midnights, first, last = rules.duck.execute(
        "select count(*), count(*) filter (txn_time = date_trunc('day', txn_time)), min(hour(txn_time)), max(hour(txn_time))"
        f" from ({rules.standing_rows})"
    ).fetchone()
    if orders >= ENOUGH_TIMES and midnights == orders:
        return "Every txn_time is midnight: the times of day are missing, and what reads hours and minutes sees none."
    if orders >= ENOUGH_TIMES and first >= 1 and last == 12:
        return "No txn_time is before 01:00 or after 12:59: is it a clock of 12 hours that has lost its AM and PM?"
    return ""
