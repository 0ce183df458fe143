"""The marts: ranks with ties, classes, two campaigns apart, days, hours, owners, and the keys the tables are made with."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import Order, build, build_database, store

# Shop 30 changes hands between the campaigns; owner 5,010 has two shops.
ORDERS = [
    # Campaign 1
    Order(1, "2019-10-30 00:00:00", 1, 10, 50_000, 15_000),
    Order(2, "2019-11-02 23:59:59", 2, 30, 70_000, 20_000, owner=5_777),
    # Campaign 2. Spending: customer 1 90,000, customers 2 and 3 50,000, 4 40,000, 5 30,000.50, 6 20,000, 7 10,000.
    Order(11, "2026-06-10 09:00:00", 1, 10, 60_000, 18_000),
    Order(12, "2026-06-11 09:00:00", 1, 20, 30_000, 0, owner=5_010),
    Order(13, "2026-06-10 09:59:59", 2, 10, 50_000, 15_000),
    Order(14, "2026-06-10 10:00:00", 3, 10, 25_000, 0),
    Order(15, "2026-06-10 10:30:00", 3, 10, 25_000, 7_500),
    Order(16, "2026-06-12 10:00:00", 4, 30, 40_000, 0),
    Order(17, "2026-06-12 10:00:00", 5, 30, "30000.50", "9000.25"),
    Order(18, "2026-06-12 10:00:00", 6, 40, 20_000, 0),
    Order(19, "2026-06-13 10:00:00", 7, 40, 10_000, 0),
    # In no window: the days before and after campaign 2.
    Order(21, "2026-06-09 23:59:59", 1, 10, 99_000, 0),
    Order(22, "2026-06-14 00:00:00", 8, 50, 99_000, 0),
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above and yield a function that queries what was built."""
    store(mysql_settings, [order.as_row() for order in ORDERS])
    target = tmp_path_factory.mktemp("dbt")
    build(target)
    with build_database(mysql_settings) as query:
        query.manifest = json.loads((target / "manifest.json").read_text())
        query.database = mysql_settings.build_database
        yield query


def _tuples(rows: list[dict]) -> list[tuple]:
    return [tuple(row.values()) for row in rows]


def test_customers_are_ranked_densely_and_classed_by_thirds_of_the_ranks(built) -> None:
    rows = built(
        "select customer_id, total_spending, spending_rank, customer_class from customer_pending_rank"
        " where campaign_id = 2 order by spending_rank, customer_id"
    )
    assert [(row["customer_id"], row["spending_rank"], row["customer_class"]) for row in rows] == [
        (1, 1, "Gold"),
        (2, 2, "Gold"),  # 3 * 2 <= 6
        (3, 2, "Gold"),
        (4, 3, "Silver"),
        (5, 4, "Silver"),  # 3 * 4 <= 12
        (6, 5, "Bronze"),
        (7, 6, "Bronze"),
    ]


def test_customer_sums_are_exact(built) -> None:
    rows = built(
        "select * from customer_pending_rank where campaign_id = 2 and customer_id in (3, 5) order by customer_id"
    )
    sums = [(r["total_orders"], str(r["total_spending"]), str(r["total_rebate"]), r["vouchers_used"]) for r in rows]
    assert sums == [(2, "50000.00", "7500.00", 1), (1, "30000.50", "9000.25", 1)]


def test_classes_do_not_depend_on_how_many_ranks_there_are(built) -> None:
    # Of two ranks the first is Silver, since 3 * 1 > 2; each campaign has its own last rank.
    columns = "customer_id, spending_rank, customer_class"
    assert _tuples(
        built(f"select {columns} from customer_pending_rank where campaign_id = 1 order by customer_id")
    ) == [
        (1, 2, "Bronze"),
        (2, 1, "Silver"),
    ]


def test_shops_are_ranked_by_orders_and_by_gmv_and_classed_by_gmv(built) -> None:
    rows = built(
        "select shop_id, total_orders, orders_rank, total_gmv, gmv_rank, shop_class from shop_selling_rank"
        " where campaign_id = 2 order by shop_id"
    )
    assert [tuple(map(str, row)) for row in _tuples(rows)] == [
        ("10", "4", "1", "160000.00", "1", "Gold"),
        ("20", "1", "3", "30000.00", "3", "Bronze"),
        ("30", "2", "2", "70000.50", "2", "Silver"),
        ("40", "2", "2", "30000.00", "3", "Bronze"),
    ]


def test_shop_days(built) -> None:
    columns = "txn_date, shop_id, shop_owner_uid, total_orders, total_gmv, vouchers_used, total_rebate"
    rows = _tuples(built(f"select {columns} from sale_analysis_by_shop_daily where shop_id = 10 order by txn_date"))
    assert [(str(row[0]), *map(str, row[1:])) for row in rows] == [
        ("2019-10-30", "10", "5010", "1", "50000.00", "1", "15000.00"),
        ("2026-06-10", "10", "5010", "4", "160000.00", "3", "40500.00"),
    ]


def test_shop_belongs_to_the_owner_of_its_latest_order(built) -> None:
    rows = built("select * from dim_shop_owner order by shop_id")
    assert _tuples(rows)[:3] == [
        (10, 5_010, 2, datetime(2019, 10, 30), datetime(2026, 6, 10, 10, 30)),
        (20, 5_010, 2, datetime(2026, 6, 11, 9), datetime(2026, 6, 11, 9)),
        (30, 5_030, 1, datetime(2019, 11, 2, 23, 59, 59), datetime(2026, 6, 12, 10)),
    ]
    owners = built("select campaign_id, shop_owner_uid from shop_selling_rank where shop_id = 30 order by campaign_id")
    assert _tuples(owners) == [(1, 5_777), (2, 5_030)]


def test_campaigns_are_apart_and_orders_outside_every_window_are_in_none(built) -> None:
    columns = "campaign_id, total_orders, total_customers, total_shops, total_gmv, vouchers_used, total_rebate"
    rows = _tuples(built(f"select {columns} from campaign_summary order by campaign_id"))
    assert [tuple(map(str, row)) for row in rows] == [
        ("1", "2", "2", "2", "120000.00", "2", "35000.00"),
        ("2", "9", "7", "4", "290000.50", "4", "49500.25"),
    ]
    for table in ("dim_shop_owner", "shop_selling_rank"):
        assert built(f"select * from {table} where shop_id = 50") == []


def test_days_and_hours_count_each_customer_and_shop_once(built) -> None:
    columns = "total_orders, total_customers, total_shops"
    day = built(f"select {columns} from campaign_daily where txn_date = '2026-06-10'")
    assert _tuples(day) == [(4, 3, 1)]
    hours = built(f"select txn_hour, {columns} from campaign_hourly where txn_date = '2026-06-10' order by txn_hour")
    assert _tuples(hours) == [(9, 2, 2, 1), (10, 2, 1, 1)]


def test_nobody_is_suspected_without_reason(built) -> None:
    for table in ("fraud_signal", "suspected_fraud_customers", "suspected_fraud_shop", "customer_risk", "shop_risk"):
        assert built(f"select * from {table}") == []
    assert _tuples(built("select suspects, watched, money_at_risk from campaign_summary")) == [(0, 0, 0), (0, 0, 0)]
    assert {row["held"] for row in built("select held from enforcement_grain")} == {1}


def test_tables_have_the_columns_that_are_documented_and_no_others(built) -> None:
    documented = {
        (node["alias"], column)
        for node in built.manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] != "ephemeral"
        for column in node["columns"]
    }
    built_day = built.manifest["sources"]["source.campaign.campaign_build.built_day"]
    documented |= {(built_day["name"], column) for column in built_day["columns"]}
    rows = built(
        "select table_name, column_name from information_schema.columns where table_schema = %s", (built.database,)
    )
    found = set(_tuples(rows))
    assert found - documented == set(), "in the database, but not described in a .yml file"
    assert documented - found == set(), "described, but not in the database"


def test_tables_are_made_with_their_keys(built) -> None:
    rows = built(
        "select table_name, index_name, column_name from information_schema.statistics where table_schema = %s"
        " order by table_name, index_name, seq_in_index",
        (built.database,),
    )
    keys: dict[tuple[str, str], list[str]] = {}
    for table, index, column in _tuples(rows):
        keys.setdefault((table, index), []).append(column)
    tables = [
        node
        for node in built.manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] in ("table", "seed")
    ]
    assert len(tables) > 15
    for node in tables:
        table, config = node["alias"], node["config"]
        assert keys.get((table, "PRIMARY")) == config["primary_key"], table
        for columns in config.get("indexes", []):
            assert keys.get((table, "by_" + "_".join(columns))) == columns, table
