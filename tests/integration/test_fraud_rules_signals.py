"""What becomes of a hit: sentence, evidence, exceptions, status of the rule, score, band, and money that adds up."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import (
    ROWS_ONLY,
    Order,
    build,
    build_database,
    project_with_seeds,
    read_seed,
    store,
)

DAY = "2026-06-10"

MULTI, TOKEN, BOOSTING = "use_more_than_1_voucher_per_day", "have_orders_under_1000", "order_boosting"
MANY, WATCHED, MUTED, EXPIRED, HONEST = 1, 2, 3, 4, 5


def _vouchers(first_id: int, uid: int, count: int, **details: object) -> list[Order]:
    return [
        Order(first_id + n, f"{DAY} 10:{n:02}:00", uid, 100 + n, **({"gmv": 60_000, "rebate": 18_000} | details))
        for n in range(count)
    ]


ORDERS = [
    *_vouchers(1_000, MANY, 55),  # more orders than evidence shows
    Order(2_000, f"{DAY} 09:00:00", WATCHED, 200, 1),
    Order(2_001, f"{DAY} 09:01:00", WATCHED, 200, 15),
    *_vouchers(3_000, MUTED, 3),
    *_vouchers(4_000, EXPIRED, 2),
    *_vouchers(5_000, HONEST, 1),
    # Both vouchers of customer 6 are of token amounts: three rules claim the second one's rebate, two the first one's.
    *_vouchers(6_000, 6, 2, gmv=900, rebate=270),
    Order(6_500, f"{DAY} 09:00:00", 8, 300, "999.05"),
    Order(6_501, f"{DAY} 09:00:00", 8, 300, "999.5"),
    # Two shops of one owner: the platform held its limit per shop and not per owner.
    Order(6_900, f"{DAY} 10:00:00", 9, 900, 60_000, 18_000, owner=9_999),
    Order(6_901, f"{DAY} 11:00:00", 9, 901, 60_000, 18_000, owner=9_999),
    # The terms of campaign 1 allow two vouchers here (see the seed below), so the third is the only one too many.
    *[Order(7_000 + n, f"2019-10-30 10:0{n}:00", 7, 700, 60_000, 10_000 + n) for n in range(3)],
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build with exceptions, another limit in campaign 1 and no other rules, and yield a function that queries what was built."""
    campaigns = read_seed("campaign")
    campaigns[0]["vouchers_per_customer_per_day"] = "2"
    today = date.today()
    common = {"subject_type": "customer", "rule_id": MULTI}
    exceptions = [
        common | {"subject_id": MUTED, "until": today + timedelta(days=2), "why": "staff, tested the checkout"},
        common | {"subject_id": EXPIRED, "until": today - timedelta(days=2), "why": "looked into last month"},
    ]
    folder = tmp_path_factory.mktemp("project")
    rules = read_seed("fraud_rule")
    for rule in rules:
        rule["status"] = "active" if rule["rule_id"] in (MULTI, TOKEN, BOOSTING, "enforcement_grain") else "retired"
    seeds = {"campaign": campaigns, "fraud_exception": exceptions, "fraud_rule": rules}
    project = project_with_seeds(folder, seeds)
    store(mysql_settings, [order.as_row() for order in ORDERS])
    build(folder / "target", *ROWS_ONLY, project=project)
    with build_database(mysql_settings) as query:
        yield query


def _one(rows: list[dict]) -> dict:
    assert len(rows) == 1, rows
    return rows[0]


def test_reason_of_vouchers_says_how_many_what_is_allowed_and_what_is_at_risk(built) -> None:
    row = _one(built("select reason from fraud_signal where rule_id = %s and subject_id = '4'", (MULTI,)))
    assert row["reason"] == (
        "2 vouchers on 2026-06-10; the terms allow 1. Orders 4000, 4001. "
        "Excess rebate 18,000 VND (the first voucher of the day, by time then order id, kept)."
    )


def test_reason_of_vouchers_speaks_of_the_limit_in_the_terms(built) -> None:
    row = _one(built("select reason, money_at_risk from fraud_signal where campaign_id = 1"))
    assert row["money_at_risk"] == 10_002
    assert row["reason"] == (
        "3 vouchers on 2019-10-30; the terms allow 2. Orders 7000, 7001, 7002. "
        "Excess rebate 10,002 VND (the first 2 vouchers of the day, by time then order id, kept)."
    )


def test_reason_names_ten_orders_and_counts_the_others(built) -> None:
    row = _one(built("select reason from fraud_signal where rule_id = %s and subject_id = '1'", (MULTI,)))
    assert "1008, 1009 and 45 others. Excess rebate 972,000 VND" in row["reason"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("2", "2 orders of 1 to 15 VND on 2026-06-10. No rebate was paid on them."),
        ("8", "2 orders of 999.05 to 999.50 VND on 2026-06-10. No rebate was paid on them."),
        ("6", "2 orders of 900 VND on 2026-06-10. Rebates of 540 VND were paid on them."),
    ],
)
def test_reason_of_token_orders(built, subject: str, expected: str) -> None:
    row = _one(built("select reason from fraud_signal where rule_id = %s and subject_id = %s", (TOKEN, subject)))
    assert row["reason"] == expected


def test_reason_of_a_single_order_is_in_the_singular(built) -> None:
    row = _one(built("select reason from fraud_signal where rule_id = %s and subject_id = '100'", (BOOSTING,)))
    assert row["reason"] == "1 order of 900 VND on 2026-06-10. A rebate of 270 VND was paid on it."


def test_evidence_shows_fifty_orders_by_time_and_counts_all(built) -> None:
    row = _one(built("select evidence from fraud_signal where rule_id = %s and subject_id = '1'", (MULTI,)))
    assert json.loads(row["evidence"]) == {
        "order_ids": list(range(1_000, 1_050)),
        "orders_total": 55,
        "members": [],
        "numbers": {"vouchers": 55, "voucher_limit": 1, "excess_vouchers": 54, "excess_rebate": 972_000},
    }


def test_muted_hit_is_stored_and_leaves_lists_scores_and_sums(built) -> None:
    signal = _one(built("select muted, listed, money_at_risk, order_count from fraud_signal where subject_id = '3'"))
    assert signal == {"muted": 1, "listed": 0, "money_at_risk": 0, "order_count": 3}
    for table in ("suspected_fraud_customers", "customer_risk"):
        assert built(f"select * from {table} where customer_id = %s", (MUTED,)) == []
    evidence = built("select money, money_counted_once from int_fraud_evidence where subject_id = '3'")
    assert evidence == 3 * [{"money": 0, "money_counted_once": 0}]


def test_expired_exception_mutes_nothing(built) -> None:
    signal = _one(built("select muted, listed, money_at_risk from fraud_signal where subject_id = '4'"))
    assert signal == {"muted": 0, "listed": 1, "money_at_risk": 18_000}


def test_bands(built) -> None:
    rows = built("select customer_id, band, score, rules, orders from customer_risk where campaign_id = 2")
    assert {row.pop("customer_id"): row for row in rows} == {
        MANY: {"band": "breach", "score": 60, "rules": 1, "orders": 55},
        # Two orders are fewer than the rule's minimum evidence: noted, and worth no points.
        WATCHED: {"band": "watch", "score": 0, "rules": 1, "orders": 2},
        EXPIRED: {"band": "breach", "score": 60, "rules": 1, "orders": 2},
        6: {"band": "breach", "score": 60, "rules": 2, "orders": 2},
        8: {"band": "watch", "score": 0, "rules": 1, "orders": 2},
        9: {"band": "breach", "score": 60, "rules": 1, "orders": 2},
    }


def test_each_rebate_is_counted_once_by_precedence(built) -> None:
    rows = built("select * from money_at_risk where campaign_id = 2")
    found = {row["rule_id"]: tuple(row.values())[2:] for row in rows if row["money_naive"]}
    assert found == {
        # naive, counted once, unique, watched. Orders 6000 and 6001 carry 270 each; only 6001 is one voucher too many.
        MULTI: (972_000 + 36_000 + 270, 972_000 + 36_000 + 270, 972_000 + 36_000, 0),
        TOKEN: (540, 270, 0, 0),
        BOOSTING: (540, 0, 0, 0),
    }


def test_money_of_customers_and_shops_is_that_of_the_campaign(built) -> None:
    customers = built("select customer_id, money_at_risk from customer_risk where campaign_id = 2 order by 1")
    assert [tuple(row.values()) for row in customers] == [
        (MANY, 972_000),
        (WATCHED, 0),
        (EXPIRED, 18_000),
        (6, 540),
        (8, 0),
        (9, 18_000),
    ]
    assert built("select sum(money_at_risk) as money from shop_risk") == [{"money": 0}]
    assert built("select suspects, watched, money_at_risk from campaign_summary where campaign_id = 2") == [
        {
            "suspects": 4,
            "watched": 6,
            "money_at_risk": 1_008_540,
        }  # watched: customers 2 and 8, shops 100, 101, 200 and 300
    ]


def test_limit_is_judged_at_each_grain_of_each_campaign(built) -> None:
    columns = "campaign_id, grain, voucher_limit, most_per_day, breaches, excess_money, held"
    found = [
        tuple(row.values()) for row in built(f"select {columns} from enforcement_grain order by campaign_id, grain")
    ]
    excess = 972_000 + 2 * 18_000 + 2 * 18_000 + 270  # of the platform: an exception excuses a person, not the platform
    assert found == [
        (1, "customer", 2, 3, 1, 10_002, 0),
        (1, "customer_owner", 2, 3, 1, 10_002, 0),
        (1, "customer_shop", 2, 3, 1, 10_002, 0),
        (2, "customer", 1, 55, 5, excess, 0),
        (2, "customer_owner", 1, 2, 1, 18_000, 0),
        (2, "customer_shop", 1, 1, 0, 0, 1),
    ]
    reason = _one(built("select reason from enforcement_grain where campaign_id = 1 and grain = 'customer_shop'"))
    assert reason["reason"] == (
        "The limit of 2 vouchers a day did not hold per customer and shop: "
        "up to 3 vouchers on one day, 1 breach, 10,002 VND beyond the limit."
    )
