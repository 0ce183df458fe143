"""Owners who buy from owners and customers who share shops: sizes, bounds of the work, and what a member may see."""

from __future__ import annotations

import json

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import (
    Order,
    build,
    build_database,
    project_with_seeds,
    read_seed,
    statuses,
    store,
)

DAY = "2026-06-10"


def _circle(first_id: int, owners: list[int], rebate: int = 20_000, day: str = DAY) -> list[Order]:
    """Let each owner buy once at the next one's shop; a shop's id is its owner's uid less 5,000."""
    buyers_and_sellers = zip(owners, [*owners[1:], owners[0]], strict=True)
    return [
        Order(first_id + n, f"{day} 10:{n:02}:00", buyer, seller - 5_000, 70_000, rebate)
        for n, (buyer, seller) in enumerate(buyers_and_sellers)
    ]


def _visits(first_id: int, customers: list[int], shops: list[int], day: str = DAY) -> list[Order]:
    pairs = [(customer, shop) for customer in customers for shop in shops]
    return [
        Order(first_id + n, f"{day} 12:{n:02}:00", customer, shop, 50_000, 10_000)
        for n, (customer, shop) in enumerate(pairs)
    ]


RING, COMMUNITY = [5_101, 5_102, 5_103], [5_201, 5_202, 5_203, 5_204]
ORDERS = [
    *_circle(100, RING),
    *_circle(200, COMMUNITY, 15_000),
    # Twice each, so that these edges are the strongest: the third circle's are beyond max_edges.
    *_circle(300, RING, day="2026-06-11"),
    *_circle(400, COMMUNITY, 0),
    *_circle(500, [5_301, 5_302, 5_303], 15_000),
    *_visits(1_000, [1, 2, 3], [901, 902, 903]),
    # Shops of four buyers are too large in the seed below, and the last three come after max_pairs comparisons.
    *_visits(1_100, [11, 12, 13, 14], [911, 912, 913], "2026-06-11"),
    *_visits(1_200, [21, 22, 23], [921, 922, 923], "2026-06-12"),
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build with small bounds in the seed; yield a function that queries what was built, and dbt's result."""
    rules = {rule["rule_id"]: rule for rule in read_seed("fraud_rule")}
    chance = '"false_discovery_rate": 0.001, "least_whole_share": 0.9}'
    rules["owner_ring"]["parameters"] = f'{{"min_edge_orders": 1, "max_edges": 7, "max_members": 3, {chance}'
    rules["co_purchase_group"]["parameters"] = (
        f'{{"min_shops": 3, "max_shop_buyers": 3, "min_members": 3, "max_members": 2, "max_pairs": 11, {chance}'
    )
    folder = tmp_path_factory.mktemp("project")
    project = project_with_seeds(folder, {"fraud_rule": list(rules.values())})
    store(mysql_settings, [order.as_row() for order in ORDERS])
    result = build(folder / "target", project=project)
    with build_database(mysql_settings) as query:
        yield query, result


def _signals(built, rule_id: str) -> dict[str, dict]:
    query, _ = built
    return {row["subject_id"]: row for row in query("select * from fraud_signal where rule_id = %s", (rule_id,))}


def test_ring_beyond_the_largest_size_is_a_community_that_is_noted(built) -> None:
    query, _ = built
    rings = _signals(built, "owner_ring")
    assert rings["5101"]["severity"] == "high"
    assert rings["5101"]["money_at_risk"] == 120_000
    assert rings["5201"]["severity"] == "info"
    assert (rings["5201"]["listed"], rings["5201"]["order_count"], rings["5201"]["money_at_risk"]) == (1, 8, 0)
    assert rings["5201"]["reason"].startswith(
        "Only noted, as too many for a ring: 4 shop owners who buy at one another"
    )
    bands = query("select customer_id, band, score from customer_risk where customer_id in (5101, 5201)")
    assert sorted(tuple(row.values()) for row in bands) == [(5_101, "review", 60), (5_201, "watch", 0)]


def test_links_left_out_are_counted_in_the_reason_and_warned_of(built) -> None:
    _, result = built
    rings = _signals(built, "owner_ring")
    assert set(rings) == {"5101", "5201"}
    for ring in rings.values():
        assert ring["reason"].endswith("Looked at were the 7 strongest of 10 links between owners.")
        numbers = json.loads(ring["evidence"])["numbers"]
        assert (numbers["edges_looked_at"], numbers["edges_in_campaign"]) == (7, 10)
    # Shops in order of buyers, then id: three comparisons at each of 901, 902 and 903; 921 would make it twelve.
    groups = _signals(built, "co_purchase_group")
    assert set(groups) == {"1"}
    assert groups["1"]["reason"].endswith("Looked at were the 3 smallest of 6 such shops.")
    assert statuses(result)["assert_no_link_was_left_out"] == "warn"


def test_shops_of_more_buyers_than_the_rule_says_link_nobody(built) -> None:
    query, _ = built
    assert query("select distinct shop_id from int_small_shop_visit where shop_id between 911 and 913") == []
    assert query("select distinct customer_id from int_co_purchase_pair") == [{"customer_id": 1}, {"customer_id": 2}]


def test_group_beyond_the_largest_size_is_noted(built) -> None:
    group = _signals(built, "co_purchase_group")["1"]
    assert (group["severity"], group["money_at_risk"], group["order_count"]) == ("info", 0, 9)
    assert group["reason"].startswith(
        "Only noted, as too many for a group: 3 customers, each of whom shares at least 3"
    )


def test_member_sees_own_orders_and_nobody_else_s(built) -> None:
    query, _ = built
    rows = query("select customer_id, subject_type, reason, evidence from suspected_fraud_customers")
    assert {row["subject_type"] for row in rows} == {"owner_ring", "customer_group", "customer"}
    buyer_of = {order.order_id: order.uid for order in ORDERS}
    others = {str(number) for order in ORDERS for number in (order.order_id, order.uid)}
    for row in rows:
        own = [order_id for order_id, uid in buyer_of.items() if uid == row["customer_id"]]
        shown = json.loads(row["evidence"])["order_ids"]
        assert shown and set(shown) <= set(own)
        if row["subject_type"] != "customer":
            words = set(row["reason"].replace(",", "").replace(".", "").split())
            assert not words & {number for number in others if len(number) > 2}, row["reason"]


def test_member_is_told_how_many_of_the_orders_are_theirs(built) -> None:
    query, _ = built
    (row,) = query(
        "select reason, order_count, evidence from suspected_fraud_customers"
        " where fraud_note = 'owner_ring' and customer_id = 5102"
    )
    assert row["reason"] == (
        "3 shop owners bought at one another's shops in a ring: 6 orders on 2 days, 6 with a voucher."
        " Rebates of 120,000 VND were paid. 6 of 6 vouchers earned the whole rebate, in the campaign 6 of 43."
        " Among 2 rings looked at, chance gives at most 0.01 that stand out as much; 1 does. Looked at were the 7 strongest of 10 links between owners."
        " Of these, 2 orders are by this customer."
    )
    evidence = json.loads(row["evidence"])
    assert (row["order_count"], evidence["orders_total"], evidence["order_ids"]) == (6, 6, [101, 301])
    assert (evidence["numbers"]["own_orders"], evidence["numbers"]["own_rebate"]) == (2, 40_000)
    names = ("whole_rebates", "vouchers_in_campaign", "whole_rebates_in_campaign", "chance", "corrected_chance")
    assert [evidence["numbers"][name] for name in names] == [6, 43, 6, 0.000007381, 0.000014762]
    assert evidence["members"] == RING
