"""Orders of guests, whom platforms export as uid 0: counted for shops and campaigns, and never one customer."""

from __future__ import annotations

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import Order, built_from

GUEST = 0
DAY = "2026-06-10"
ORDERS = [
    # Each would be a hit if guests were one customer: token amounts, at night, in a burst, several vouchers, half of a shop.
    *[Order(10 + n, f"{DAY} 02:00:0{n}", GUEST, 10, 500 + n) for n in range(4)],
    *[Order(20 + n, f"{DAY} 12:0{n}:00", GUEST, 20 + n, 60_000, 18_000) for n in range(4)],
    *[Order(30 + n, f"2026-06-11 1{n}:00:00", GUEST, 30, 70_000 + n) for n in range(6)],
    # An owner whose uid is 0 sells to a guest.
    Order(40, f"{DAY} 15:00:00", GUEST, 40, 45_000, owner=0),
    # Customers at a shop of guests: one is half of what remains when guests are left out, but not of the shop.
    *[Order(50 + n, f"2026-06-1{n} 09:00:00", 7, 30, 52_000 + 1_000 * n) for n in range(3)],
    Order(60, f"{DAY} 16:00:00", 8, 30, 41_000),
    # Orders that are alike, and a guest's far from them.
    *[
        Order(
            100 + n,
            f"2026-06-12 {6 + n // 2:02}:{30 * (n % 2) + 7 * n * n % 29:02}:00",
            200 + n,
            70,
            50_000 + 10 * (n % 5),
        )
        for n in range(24)
    ],
    Order(190, "2026-06-12 18:00:00", GUEST, 70, 900_000),
    # A hit on a shop whose buyers are guests: each is a buyer who came once.
    *[Order(200 + n, f"2026-06-13 1{n}:00:00", GUEST, 80, 33_000) for n in range(6)],
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, empty_databases, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above, with all dbt tests, and yield a function that queries what was built."""
    empty_databases()
    with built_from(mysql_settings, ORDERS, tmp_path_factory.mktemp("dbt")) as query:
        yield query


def test_guests_have_no_rank_and_are_in_no_hit_on_customers(built) -> None:
    assert built("select * from customer_pending_rank where customer_id = 0 or customer_id is null") == []
    assert built("select * from suspected_fraud_customers where customer_id = 0 or customer_id is null") == []
    signals = built("select rule_id, subject_type, subject_id from fraud_signal")
    assert {row["subject_type"] for row in signals} <= {"shop"}, signals


def test_orders_of_guests_count_for_campaign_day_hour_and_shop(built) -> None:
    (summary,) = built("select * from campaign_summary")
    guests = [order for order in ORDERS if order.uid == GUEST]
    assert summary["total_orders"] == len(ORDERS) and summary["guest_orders"] == len(guests)
    assert summary["total_gmv"] == sum(order.gmv for order in ORDERS)
    assert summary["guest_gmv"] == sum(order.gmv for order in guests)
    assert (summary["vouchers_used"], summary["guest_vouchers"]) == (4, 4)
    assert (summary["total_rebate"], summary["guest_rebate"]) == (72_000, 72_000)
    for table in ("campaign_daily", "campaign_hourly", "shop_selling_rank"):
        assert built(f"select sum(total_orders) as orders from {table}") == [{"orders": len(ORDERS)}]


def test_total_customers_are_those_who_can_be_told_apart(built) -> None:
    assert built("select total_customers from campaign_summary") == [{"total_customers": 2 + 24}]
    assert built("select total_customers from campaign_daily where txn_date = '2026-06-13'") == [{"total_customers": 0}]
    assert built("select max(total_customers) as most from campaign_hourly where txn_hour = 2") == [{"most": 0}]


def test_shops_are_judged_by_the_orders_of_guests_but_not_as_by_one_buyer(built) -> None:
    hits = built(
        "select fraud_note, shop_id, occurrences, reason from suspected_fraud_shop order by fraud_note, shop_id"
    )
    assert [(row["fraud_note"], row["shop_id"], row["occurrences"]) for row in hits] == [
        ("order_boosting", 10, 4),
        ("repeated_amount", 80, 1),
    ]
    assert "by 6 customers" in hits[1]["reason"]
