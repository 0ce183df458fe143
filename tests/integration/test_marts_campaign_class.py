"""The classes as a whole say what the ranked customers and shops say one by one, and count all ranks."""

from __future__ import annotations

from pathlib import Path

from campaign.settings import Settings
from tests.integration.marts_harness import ROWS_ONLY, Order, build, build_database, store

# Spending: customer 1 90,000, 2 and 3 50,000, 4 40,000: three ranks. Shop 10 sold 160,000 in four orders, 40 and 30 in one each.
ORDERS = [
    Order(1, "2019-10-30 00:00:00", 1, 10, 50_000, 15_000),
    Order(11, "2026-06-10 09:00:00", 1, 10, 60_000, 18_000),
    Order(12, "2026-06-11 09:00:00", 1, 30, 30_000, 0),
    Order(13, "2026-06-10 09:59:59", 2, 10, 50_000, 15_000),
    Order(14, "2026-06-10 10:00:00", 3, 10, 25_000, 0),
    Order(15, "2026-06-10 10:30:00", 3, 10, 25_000, 7_500),
    Order(16, "2026-06-12 10:00:00", 4, 40, 40_000, 0),
]


def test_classes_are_summed_and_ranks_are_counted(mysql_settings: Settings, tmp_path: Path) -> None:
    store(mysql_settings, [order.as_row() for order in ORDERS])
    build(tmp_path, *ROWS_ONLY)
    with build_database(mysql_settings) as query:
        rows = query("select * from campaign_class order by campaign_id, ranked, class")
        found = [tuple(row.values()) for row in rows]
    assert found == [
        (1, "customers", "Bronze", 1, 1, 50_000, 1, 0),
        (1, "shops", "Bronze", 1, 1, 50_000, 1, 1),
        (2, "customers", "Bronze", 1, 1, 40_000, 3, 0),
        (2, "customers", "Gold", 1, 2, 90_000, 3, 0),
        (2, "customers", "Silver", 2, 3, 100_000, 3, 0),
        (2, "shops", "Bronze", 1, 1, 30_000, 3, 2),
        (2, "shops", "Gold", 1, 4, 160_000, 3, 2),
        (2, "shops", "Silver", 1, 1, 40_000, 3, 2),
    ]
