"""The catalog that a publication leaves for the dbt documentation, and how fresh dbt finds the sources."""

from __future__ import annotations

import json

import pytest
from dbt.contracts.results import CatalogArtifact

from campaign.transform.catalog import PROJECTS, catalog, refresh_catalog

from .marts_harness import run_dbt

SUMMARY = "model.campaign.campaign_summary"
ORDERS = "source.campaign.campaign_raw.transaction_data"


@pytest.fixture
def summary(raw_connection, mysql_settings):
    """Return the connection and settings, with a mart of two rows that is published."""
    table = f"{mysql_settings.mart_database}.campaign_summary"
    with raw_connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {table}")
        cursor.execute(f"create table {table} (campaign_id int, total_gmv decimal(18, 2))")
        cursor.execute(f"insert into {table} values (1, 10), (2, 20)")
        raw_connection.commit()
        yield raw_connection, mysql_settings
        cursor.execute(f"drop table {table}")


def test_published_tables_are_described_where_they_are_served_with_exact_rows(summary):
    found = catalog(*summary, {"campaign_summary": 2})
    CatalogArtifact.validate(found)
    entry = found["nodes"][SUMMARY]
    assert (entry["metadata"]["schema"], entry["metadata"]["type"]) == (summary[1].mart_database, "BASE TABLE")
    assert {name: column["type"] for name, column in entry["columns"].items()} == {
        "campaign_id": "int",
        "total_gmv": "decimal(18,2)",
    }
    assert (entry["stats"]["row_count"]["label"], entry["stats"]["row_count"]["value"]) == ("Rows", 2)
    assert entry["stats"]["has_stats"]["value"] is True
    orders = found["sources"][ORDERS]
    assert orders["columns"]["gmv"]["type"] == "decimal(18,2)" and orders["stats"]["row_count"]["label"] == "About rows"


def test_catalog_replaces_the_one_that_the_ui_reads_and_stops_no_run(summary, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv(PROJECTS, json.dumps({"campaign": {"dir": str(tmp_path)}}))
    (tmp_path / "catalog.json").write_text("{}")
    refresh_catalog(*summary, {"campaign_summary": 2})
    assert SUMMARY in json.loads((tmp_path / "catalog.json").read_text())["nodes"]
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.json"]

    monkeypatch.setenv(PROJECTS, json.dumps({"campaign": {"dir": str(tmp_path / "gone")}}))
    refresh_catalog(*summary, {})
    assert "The catalog of the dbt documentation is as old as it was" in caplog.text


@pytest.mark.parametrize(("hours", "status"), [(1, "pass"), (48, "warn")])
def test_a_load_makes_the_source_fresh(raw_connection, mysql_settings, tmp_path, hours, status):
    with raw_connection.cursor() as cursor:
        cursor.execute("delete from ingest_file")
        cursor.execute(
            "insert into ingest_file (sha256, file_name, bytes, status, started_at, finished_at) values"
            f" ('a', 'a.csv', 1, 'loaded', utc_timestamp(3), utc_timestamp(3) - interval {hours} hour),"
            " ('b', 'b.csv', 1, 'failed', utc_timestamp(3), utc_timestamp(3))"
        )
    raw_connection.commit()
    asked = run_dbt("source", tmp_path, "freshness", "--select", "source:campaign_raw.ingest_file")
    assert [str(each.status) for each in asked.result.results] == [status], asked.exception
    with raw_connection.cursor() as cursor:
        cursor.execute("delete from ingest_file")
    raw_connection.commit()
