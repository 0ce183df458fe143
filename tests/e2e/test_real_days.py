"""Two days of a real campaign through the whole pipeline: the promised tables come out, row for row."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal

import pytest

from campaign.transform.dbt_project import published_tables

TABLES = (
    "campaign_summary",
    "customer_pending_rank",
    "dim_shop_owner",
    "sale_analysis_by_shop_daily",
    "shop_selling_rank",
    "suspected_fraud_customers",
    "suspected_fraud_shop",
)
PROMISED_RULES = ("have_orders_under_1000", "use_more_than_1_voucher_per_day", "order_boosting")


@pytest.fixture(scope="module")
def first_run(real_data, empty_databases, run_pipeline):
    empty_databases()
    return run_pipeline(real_data / "transaction_data.csv")


def as_text(value: object) -> str:
    """Write a value as the expected files do: dates as dates, money as whole units."""
    if isinstance(value, Decimal):
        assert value == int(value), f"{value} is no whole unit"
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def test_run_succeeds_and_reports_what_it_did(first_run):
    assert first_run.returncode == 0, first_run.stderr
    assert re.search(r"transaction_data\.csv\s+2,022\s+2,022\s+0\s+0\s+loaded", first_run.stdout)
    assert "Published as generation 1, built by mysql." in first_run.stdout
    assert re.search(r"use_more_than_1_voucher_per_day\s+59 subjects\s+66 hits", first_run.stdout)
    assert "seconds: find_files" in first_run.stdout


@pytest.mark.parametrize("table", TABLES)
def test_promised_table_equals_the_reference_row_for_row(table, first_run, real_data, query):
    assert first_run.returncode == 0, first_run.stderr
    with (real_data / "expected" / f"{table}.tsv").open(newline="") as stream:
        header, *expected = csv.reader(stream, delimiter="\t")
    assert expected, "the reference is empty"
    rules = f" where fraud_note in {PROMISED_RULES}" if "fraud_note" in header else ""
    rows = query(f"select {', '.join(header)} from campaign_mart.{table}{rules}")
    assert sorted([as_text(value) for value in row] for row in rows) == sorted(expected)


def test_same_file_again_under_its_name_and_another_is_known_and_changes_no_mart_row(
    first_run, real_data, run_pipeline, query, tmp_path
):
    assert first_run.returncode == 0, first_run.stderr
    tables = published_tables()
    before = {table: query(f"select * from campaign_mart.{table}") for table in tables}
    for name in ("transaction_data.csv", "the same under another name.csv"):
        (tmp_path / name).write_bytes((real_data / "transaction_data.csv").read_bytes())
    again = run_pipeline(tmp_path)
    assert again.returncode == 0, again.stderr
    assert re.search(r"transaction_data\.csv .* known", again.stdout)
    assert re.search(r"the same under another name\.csv .* known", again.stdout)
    assert "generation 1, built by mysql, is still served" in again.stdout
    assert {table: query(f"select * from campaign_mart.{table}") for table in tables} == before
    assert query("select generation from campaign_mart.publication") == [(1,)]
    assert query("select count(*) from campaign_raw.transaction_data") == [(2022,)]
