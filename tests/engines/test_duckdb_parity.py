"""DuckDB gives what MySQL gives: every table that is served or audited, row for row."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from campaign.settings import Settings
from local_stack.sample import SAMPLE_CAMPAIGN
from tests.engines.cases import CASES, NOISE_CAMPAIGN, SHOP_IN_NOISE, orders_file
from tests.engines.failing_rows import assert_rows_of_a_failed_test_are_in_mysql
from tests.engines.parity import REAL_CAMPAIGN, Rows, built_by, built_by_mysql, differences, ingest, of_campaign
from tests.integration.marts_harness import ROWS_ONLY, Order


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("duckdb")


@pytest.fixture(scope="module")
def by_duckdb(by_mysql: Rows, mysql_settings: Settings, project: Path, folder: Path) -> Rows:
    return built_by("duckdb", mysql_settings, folder, project=project)


def test_the_sample_and_hard_orders_give_the_same_marts(by_mysql: Rows, by_duckdb: Rows) -> None:
    assert len(of_campaign(SAMPLE_CAMPAIGN, by_mysql)["fraud_signal"]) > 50, "a sample without hits would prove little"
    assert differences(by_mysql, by_duckdb) == []


def test_two_real_days_give_the_same_marts(real_data: Path, by_mysql: Rows, by_duckdb: Rows) -> None:
    expected, found = (of_campaign(REAL_CAMPAIGN, rows) for rows in (by_mysql, by_duckdb))
    assert len(expected["customer_pending_rank"]) > 1_000
    assert differences(expected, found) == []


RULES_OF_CHANCE = {
    "adjacent_accounts": {str(SHOP_IN_NOISE)},
    "exclusive_buyers": {str(SHOP_IN_NOISE)},
    "lockstep": set(),
    "rebate_echo": set(),
    "regular_spacing": {str(SHOP_IN_NOISE)},
    "varied_optimum": set(),
    "voucher_optimal_bunching": set(),
}


# All that these rules find in noise is chance: a rate of 0.05 lets it pass in one campaign of twenty, and this is none of these.
@pytest.mark.parametrize("rule_id", RULES_OF_CHANCE)
def test_rules_of_chance_find_nothing_in_noise_but_what_was_put_there(by_mysql: Rows, rule_id: str) -> None:
    names, *signals = of_campaign(NOISE_CAMPAIGN, by_mysql)["fraud_signal"]
    found = [dict(zip(names, row, strict=True)) for row in signals]
    assert len(found) > 10, "noise has customers who order twice"
    assert {row["subject_id"] for row in found if row["rule_id"] == rule_id} == RULES_OF_CHANCE[rule_id]


@pytest.mark.parametrize("rule_id", ["lockstep", "varied_optimum"])
def test_other_rules_of_chance_have_hits_to_compare(by_mysql: Rows, rule_id: str) -> None:
    assert any(rule_id in row for row in by_mysql["fraud_signal"][1:])


def test_no_order_carries_the_list_that_it_comes_from(by_duckdb: Rows, folder: Path) -> None:
    # It would by a join on the list's text: at a shop with ten thousand orders of evidence that is gigabytes.
    (compiled,) = (folder / "duckdb" / "compiled").rglob("int_fraud_hit_order.sql")
    with duckdb.connect(str(folder / "store" / "campaign.duckdb"), read_only=True) as duck:
        duck.execute("use campaign_build")
        ((_, plan),) = duck.execute(f"explain {compiled.read_text()}").fetchall()
    assert "Unnest" in plan
    assert "IS NOT DISTINCT FROM" not in plan


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_what_it_should_on_both(by_mysql: Rows, by_duckdb: Rows, name: str) -> None:
    found = [dict(rows["engine_case"][1:])[name] for rows in (by_mysql, by_duckdb)]
    assert found == [CASES[name][1]] * 2


def test_one_more_file_is_added_to_what_duckdb_has(
    by_mysql: Rows, by_duckdb: Rows, mysql_settings: Settings, project: Path, folder: Path, tmp_path: Path
) -> None:
    late = Order(990, "2026-07-11 09:00:00", 2, 10, "500.00", "150.00")
    ingest(mysql_settings, orders_file(tmp_path, [late]), project)
    expected = built_by_mysql(mysql_settings, tmp_path, *ROWS_ONLY, project=project)
    assert len(expected["campaign_daily"]) == len(by_mysql["campaign_daily"]) + 1
    assert differences(expected, built_by("duckdb", mysql_settings, folder, *ROWS_ONLY, project=project)) == []


def test_without_an_order_every_table_is_built_and_brought_back(
    mysql_settings: Settings, empty_databases, tmp_path
) -> None:
    empty_databases()
    rows = built_by("duckdb", mysql_settings, tmp_path)
    assert {table for table, found in rows.items() if len(found) > 1} == {"campaign", "fraud_rule"}


def test_rows_of_a_failed_test_are_in_mysql(mysql_settings: Settings, airflow_connection, tmp_path) -> None:
    assert_rows_of_a_failed_test_are_in_mysql("duckdb", mysql_settings, tmp_path)
