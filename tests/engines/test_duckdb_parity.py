"""DuckDB gives what MySQL gives: every table that is served or audited, row for row."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.settings import Settings
from scripts.sample import SAMPLE
from tests.engines.cases import CASES, ORDERS, project_with_cases
from tests.engines.parity import built_by, built_by_mysql, differences, ingest
from tests.integration.marts_harness import store


def test_the_sample_gives_the_same_marts(mysql_settings: Settings, empty_databases, tmp_path: Path) -> None:
    empty_databases()
    ingest(mysql_settings, SAMPLE)
    expected = built_by_mysql(mysql_settings, tmp_path)
    assert len(expected["fraud_signal"]) > 50, "a sample without hits would prove little"
    assert differences(expected, built_by("duckdb", mysql_settings, tmp_path)) == []


def test_two_real_days_give_the_same_marts(
    mysql_settings: Settings, empty_databases, real_data: Path, tmp_path: Path
) -> None:
    empty_databases()
    ingest(mysql_settings, real_data / "transaction_data.csv")
    expected = built_by_mysql(mysql_settings, tmp_path)
    assert len(expected["customer_pending_rank"]) > 1_000
    assert differences(expected, built_by("duckdb", mysql_settings, tmp_path)) == []


@pytest.fixture(scope="module")
def cases(mysql_settings: Settings, empty_databases, tmp_path_factory) -> tuple:
    """Build the cases with both engines."""
    empty_databases()
    folder = tmp_path_factory.mktemp("cases")
    project = project_with_cases(folder)
    store(mysql_settings, [order.as_row() for order in ORDERS])
    return (
        built_by_mysql(mysql_settings, folder, project),
        built_by("duckdb", mysql_settings, folder, project=project),
    )


def test_what_engines_do_differently_is_the_same_in_all_tables(cases) -> None:
    assert differences(*cases) == []


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_what_it_should_on_both(cases, name: str) -> None:
    by_mysql, by_duckdb = (dict(rows["engine_case"][1:])[name] for rows in cases)
    assert (by_mysql, by_duckdb) == (CASES[name][1], CASES[name][1])
