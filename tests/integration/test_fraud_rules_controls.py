"""Negative controls: honest behaviour that a hasty rule would accuse. Nothing may fire on it, not even a note."""

from __future__ import annotations

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import ROWS_ONLY, Order, built_from

DAYS = ("2026-06-10", "2026-06-11", "2026-06-12", "2026-06-13")
IDEAL_CUSTOMER, CHAIN_OWNER, POPULAR_SHOP = 1, 9_000, 500

ORDERS = [
    # A voucher on every day, each at another shop: whom the campaign was made for.
    *[
        Order(10 + n, f"{day} 12:3{n}:00", IDEAL_CUSTOMER, 100 + n, 80_000 + 5_000 * n, 20_000)
        for n, day in enumerate(DAYS)
    ],
    # A shop at which every order used a voucher, as most do: dear dishes, everybody comes once.
    *[
        Order(
            100 + n, f"{DAYS[n % 4]} 1{n % 9}:{n * n * 7 % 60:02d}:00", 50 + n, POPULAR_SHOP, 90_000 + 7_000 * n, 20_000
        )
        for n in range(12)
    ],
    # An owner of many shops, each with customers of its own.
    *[
        Order(200 + n, f"{DAYS[n % 4]} 18:{n:02d}:00", 100 + n, 600 + n // 3, 75_000 + 1_000 * n, 20_000, CHAIN_OWNER)
        for n in range(18)
    ],
    # Nine amounts of ten are multiples of 1,000, and first digits follow no law.
    *[
        Order(300 + n, f"{DAYS[n % 4]} 19:{n:02d}:00", 200 + n, 700 + n % 5, 70_000 + 2_000 * n, 20_000)
        for n in range(30)
    ],
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above and yield a function that queries what was built."""
    with built_from(mysql_settings, ORDERS, tmp_path_factory.mktemp("dbt"), *ROWS_ONLY) as query:
        yield query


def test_honest_behaviour_fires_no_rule(built) -> None:
    assert built("select count(*) as orders from stg_campaign_raw__transaction") == [{"orders": len(ORDERS)}]
    assert built("select rule_id, subject_type, subject_id, reason from fraud_signal") == []


def test_nobody_is_suspected_and_no_money_is_at_risk(built) -> None:
    assert built("select suspects, watched, money_at_risk, money_watched from campaign_summary") == [
        {"suspects": 0, "watched": 0, "money_at_risk": 0, "money_watched": 0}
    ]
