"""`make run` with REPLACE and GATE: the options reach the loader and the gate through the DAG, and the marts follow."""

from __future__ import annotations

import pytest

from campaign.campaigns import load_campaigns
from campaign.db.connection import connect
from campaign.ingest.ingest_file import ingest_file
from campaign.publishing import publish as publishing
from local_stack.sample import SAMPLE
from tests.fixtures.small_marts import TABLES, write_marts


@pytest.fixture
def gated(mysql_settings, empty_databases, monkeypatch) -> None:
    """Serve a generation with five suspects, and let the gate ask about the least change."""
    empty_databases()
    with monkeypatch.context() as patch, connect(mysql_settings) as connection:
        patch.setattr(publishing, "published_tables", lambda: TABLES)
        write_marts(connection, mysql_settings.build_database, range(5))
        publishing.publish(connection, mysql_settings, "before")
    monkeypatch.setenv("CAMPAIGN_GATE_SHARE", "0")


def last_log(state) -> str:
    return max((state / "logs" / "runs").iterdir(), key=lambda log: log.stat().st_mtime).read_text()


def test_a_corrected_day_is_loaded_and_published_when_the_gate_is_decided(
    mysql_settings, gated, run_pipeline, query, state, tmp_path
) -> None:
    with connect(mysql_settings) as connection:
        ingest_file(connection, SAMPLE, mysql_settings, campaigns=load_campaigns(), run_id="before")
    header, *rows = SAMPLE.read_text().splitlines()
    day = rows[0].strip('"')[:10]
    stored = query("select txn_date, count(*) from campaign_raw.transaction_data group by 1 order by 1")
    of_the_day = [row for row in rows if row.startswith(f'"{day}')]
    (tmp_path / "corrected.csv").write_text("\n".join([header, *of_the_day[:-5], ""]))

    ended = run_pipeline(tmp_path / "corrected.csv", "--replace", "days", "--gate", "approve")

    assert ended.returncode == 0, ended.stderr
    assert f"5 stored orders were removed, because the file lacks them on its days: {day} (5)." in ended.stdout
    expected = [(date, orders - 5 if str(date) == day else orders) for date, orders in stored]
    assert query("select txn_date, count(*) from campaign_raw.transaction_data group by 1 order by 1") == expected
    assert query("select txn_date, total_orders from campaign_mart.campaign_daily order by 1") == expected
    assert "Approved by the run's parameter gate." in last_log(state)
    assert query("select generation from campaign_mart.current_generation") == [(2,)]
    assert query("select outcome, failed_task, files_refused from campaign_mart.pipeline_run") == [
        ("succeeded", None, 0)
    ]


@pytest.mark.long  # the same way to the gate, whose answers test_gate.py proves
@pytest.mark.parametrize(("options", "status"), [((), 1), (("--gate", "fail"), 1), (("--gate", "reject"), 0)])
def test_a_run_that_is_not_approved_keeps_what_is_served(gated, run_pipeline, query, state, options, status) -> None:
    ended = run_pipeline(SAMPLE, *options)
    assert ended.returncode == status, ended.stderr
    assert query("select generation from campaign_mart.current_generation") == [(1,)]
    assert query("select run_id from campaign_raw.pipeline_lease") == []
    if status:
        assert "Run again with GATE=approve to publish, or GATE=reject to keep what is served." in ended.stderr
        assert "suspects 5 → " in ended.stderr
    else:
        assert "Rejected by the run's parameter gate." in last_log(state)
        assert "Nothing was published by this run; generation 1" in ended.stdout
