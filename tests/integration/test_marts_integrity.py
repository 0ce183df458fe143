"""Integrity fails: every test of the dbt project can fail, and broken rows stop the build."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from campaign.db.connection import connect, tables_in
from campaign.db.schema import ensure_kept_tables
from campaign.settings import Settings, get_settings
from campaign.transform.check_log import list_failing
from campaign.transform.failing_rows import forget_failing_rows
from campaign.transform.run_results import ToldInFullError, tell_outcome
from tests.integration.marts_harness import Order, build, build_database, run_dbt, statuses, store

DAY = "2026-06-10"

ORDERS = [
    *[Order(10 + n, f"{DAY} 1{n}:00:00", 1, 10, 60_000, 18_000) for n in range(3)],
    *[Order(20 + n, f"2026-06-11 1{n}:00:00", 2, 20, 900, 270) for n in range(3)],
    Order(24, "2026-06-11 18:00:00", 2, 21, 900, 270),
    Order(30, "2019-10-30 10:00:00", 3, 30, 70_000, 20_000),
    # Three customers who share three shops, and three owners who buy from one another and from themselves.
    *[Order(3 * uid + n, f"{DAY} 1{n}:00:00", uid, 40 + n, 50_000) for uid in range(31, 34) for n in range(3)],
    Order(50, f"{DAY} 10:00:00", 5_050, 51, 50_000),
    Order(51, f"{DAY} 10:00:00", 5_051, 52, 50_000),
    Order(52, f"{DAY} 10:00:00", 5_052, 50, 50_000),
    Order(53, f"{DAY} 10:00:00", 5_051, 50, 50_000),
    Order(54, f"{DAY} 10:00:00", 5_050, 50, 50_000),
]

# What breaks each singular test, after the keys of the tables are gone.
BREAKS = {
    "assert_campaign_terms_are_sound": "update campaign set voucher_rate = 30 where campaign_id = 1",
    "assert_campaign_windows_do_not_overlap": "update campaign set starts_on = '2019-11-02' where campaign_id = 2",
    "assert_dates_are_those_of_the_times": "update stg_campaign_raw__transaction set txn_date = '2026-06-12' where order_id = 10",
    "assert_exceptions_name_a_rule": "update fraud_exception set rule_id = 'no_such_rule' limit 1",
    "assert_every_listed_hit_names_a_customer": "delete from suspected_fraud_customers where customer_id = 1",
    "assert_every_listed_hit_names_a_shop": "delete from suspected_fraud_shop where shop_id = 20",
    "assert_every_order_in_a_window_is_counted": "update sale_analysis_by_shop_daily set total_orders = 9 where shop_id = 30",
    "assert_evidence_lies_in_its_campaign": "update int_fraud_evidence set order_date = '2026-06-14' limit 1",
    "assert_hits_have_all_their_orders": "update fraud_signal set order_count = order_count + 1 limit 1",
    "assert_money_of_subjects_sums_to_the_whole": "update customer_risk set money_watched = money_watched + 1 limit 1",
    "assert_money_parts_sum_to_the_whole": "update money_at_risk set money_watched = money_naive + 7",
    "assert_no_link_was_left_out": "update int_small_shop_visit set is_compared = 0 limit 1",
    "assert_rebates_keep_the_terms": "update stg_campaign_raw__transaction set rebate = 20001 where order_id = 11",
    "assert_risk_is_a_whole_rebate_or_nothing": "update int_fraud_evidence set money = 0.5 limit 1",
    "assert_rule_numbers_are_not_negative": "update fraud_rule set weight = -1 limit 1",
    "assert_shops_have_one_owner_per_campaign": "update int_shop_day set smallest_owner_uid = 9 where shop_id = 30",
}


def _break_generic(test: dict, table: str) -> str:
    kind, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
    column = arguments.get("column_name")
    if kind == "unique_together":
        return f"insert into {table} select * from (select * from {table} limit 1) as one_row"
    if kind == "same_sums":
        summed = next(iter(arguments["sums"]))
        if not summed.isidentifier():  # case when … then <column> else 0 end: of some rows only
            column = summed.split(" then ")[1].split()[0]
            return f"update {table} set {column} = {column} + 1"
        return f"update {table} set {summed} = {summed} + 1 limit 1"
    value = {
        "accepted_values": "'x'",
        "every_value_given": "null",
        "found_in": "-1",
        "not_blank": "' '",
        "not_negative": "-1",
        "not_null": "null",
        "valid_json": "'{'",
    }[kind]
    return f"update {table} set {column or arguments['columns'][0]} = {value} limit 1"


def _drop_keys(query: Callable, database: str) -> None:
    """Make every table of the build database, the staging view included, one that takes any row."""
    view = "stg_campaign_raw__transaction"
    query(f"create table copy_of_view as select * from {view}")
    query(f"drop view {view}")
    query(f"rename table copy_of_view to {view}")
    tables = query(
        "select table_name as name from information_schema.tables where table_schema = %s and table_type = 'BASE TABLE'",
        (database,),
    )
    for name in (table["name"] for table in tables):
        columns = query(
            "select column_name as name, column_type as type from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            (database, name),
        )
        changes = [f"modify {column['name']} {column['type']} null" for column in columns]
        primary = query(f"show index from {name} where Key_name = 'PRIMARY'")
        query(f"alter table {name} {', '.join((['drop primary key'] if primary else []) + changes)}")


@pytest.fixture
def built(mysql_settings: Settings, tmp_path: Path) -> Iterator[tuple[Path, Callable]]:
    """Build the orders above; afterwards nothing of it is left."""
    with connect(mysql_settings) as connection:
        ensure_kept_tables(connection, mysql_settings)
    store(mysql_settings, [order.as_row() for order in ORDERS])
    target = tmp_path / "target"
    build(target)
    with build_database(mysql_settings) as query:
        yield target, query
        query(f"drop database {mysql_settings.build_database}")
        query(f"create database {mysql_settings.build_database}")


def test_every_test_of_the_project_can_fail(built, mysql_settings: Settings, airflow_connection: None) -> None:
    target, query = built
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    tests = {node["name"]: node for node in nodes.values() if node["resource_type"] == "test"}
    assert {name for name, test in tests.items() if "test_metadata" not in test} == set(BREAKS)

    _drop_keys(query, mysql_settings.build_database)
    query("insert into fraud_exception values ('customer', '1', 'order_boosting', '2026-01-01', 'because')")
    for statement in BREAKS.values():
        query(statement)
    generic = [test for name, test in tests.items() if name not in BREAKS]
    # Copies of rows last, so that nothing makes the two differ afterwards.
    for test in sorted(generic, key=lambda test: test["test_metadata"]["name"] == "unique_together"):
        table = nodes[test["attached_node"]]["alias"]
        if not query(f"select 1 from {table} limit 1"):  # a rule that finds nothing in the orders above
            query(f"insert into {table} () values ()")
        query(_break_generic(test, table))

    result = run_dbt("test", target)
    outcome = statuses(result)
    expected = {
        name: {"error": "fail", "warn": "warn"}[test["config"]["severity"].lower()] for name, test in tests.items()
    }
    assert outcome == expected
    _rows_are_stored_with_a_key(
        query, mysql_settings, target, {each.node.alias: each.failures for each in result.result.results}
    )


def _rows_are_stored_with_a_key(query: Callable, settings: Settings, target: Path, failures: dict[str, int]) -> None:
    """Each failed test has its rows in a table of its own; the task's error has the first of them; the next run forgets them."""
    stored = {name: query(f"select count(*) as n from {settings.failure_database}.{name}")[0]["n"] for name in failures}
    assert stored == failures
    keys = query(
        "select table_name as name from information_schema.statistics where table_schema = %s and index_name = 'PRIMARY'",
        (settings.failure_database,),
    )
    assert {key["name"] for key in keys} == set(failures), "some servers take no table without a key"
    with pytest.raises(ToldInFullError) as told:
        tell_outcome(str(target.parent), {"ti": mock.Mock(), "run_id": "a run", "task": mock.Mock()})
    text = next(part for part in str(told.value).split("The test ") if part.startswith("assert_rebates_keep_the_terms"))
    assert text.splitlines()[0] == "assert_rebates_keep_the_terms found 1 rows that break an assumption. They are:"
    assert "order_id=11" in text
    assert f"All of them: select * from {settings.failure_database}.assert_rebates_keep_the_terms" in text
    with connect(settings) as connection:
        logged = {check.name: check.failing_rows for check in list_failing(connection, settings, "a run")}
        assert logged == failures
        forget_failing_rows(connection, settings)
        assert tables_in(connection, settings.failure_database) == set()


@pytest.mark.parametrize(
    ("failing_test", "row"),
    [
        ("assert_rebates_keep_the_terms", Order(90, f"{DAY} 10:00:00", 9, 90, 100_000, 20_001)),
        ("assert_rebates_keep_the_terms", Order(90, f"{DAY} 10:00:00", 9, 90, 1_001, 303)),
        ("assert_rebates_keep_the_terms", Order(90, f"{DAY} 10:00:00", 9, 90, 1, 2)),
        ("assert_shops_have_one_owner_per_campaign", Order(90, f"{DAY} 10:00:00", 9, 10, 50_000, 0, owner=77)),
    ],
    ids=["over the cap", "over the rate rounded up and one more", "over the order", "second owner"],
)
def test_broken_row_stops_the_build(mysql_settings: Settings, tmp_path: Path, failing_test: str, row: Order) -> None:
    store(mysql_settings, [order.as_row() for order in [*ORDERS, row]])
    mart = "shop_selling_rank" if "owner" in failing_test else "customer_pending_rank"
    outcome = statuses(run_dbt("build", tmp_path, "--select", f"+{mart}"))
    assert {name for name, status in outcome.items() if status == "fail"} == {failing_test}
    assert outcome[mart] == "skipped"


def test_date_of_another_day_stops_the_build_and_is_shown_where_it_cannot_be_stored(
    mysql_settings: Settings, airflow_connection: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPAIGN_FAILURE_DATABASE", "no_such_database")
    late = (90, f"{DAY} 00:00:00", "2026-06-11", 9, 90, 91, 50_000, 0, 1)
    store(mysql_settings, [*(order.as_row() for order in ORDERS), late])
    outcome = statuses(run_dbt("build", tmp_path / "target", "--select", "+int_customer_shop_day"))
    assert {name for name, status in outcome.items() if status == "fail"} == {"assert_dates_are_those_of_the_times"}
    assert outcome["int_customer_shop_day"] == "skipped"
    get_settings.cache_clear()
    try:
        with pytest.raises(
            ToldInFullError, match=r"(?s)order_id=90.*create database no_such_database; grant .*select.*txn_date"
        ):
            tell_outcome(str(tmp_path), {"ti": mock.Mock(), "run_id": "a run", "task": mock.Mock()})
    finally:
        get_settings.cache_clear()


def test_rounding_up_by_the_platform_is_no_breach_of_the_terms(mysql_settings: Settings, tmp_path: Path) -> None:
    # 0.30 * 1,001 = 300.3: up to 301, and one unit more, is rounding.
    rounded = [Order(90 + n, f"{DAY} 10:00:00", 9, 90, 1_001, rebate) for n, rebate in enumerate((300, 301, 302))]
    at_cap = Order(95, f"{DAY} 10:00:00", 9, 90, 200_000, 20_000)
    store(mysql_settings, [order.as_row() for order in [*rounded, at_cap]])
    build(tmp_path, "--select", "+int_customer_shop_day")
