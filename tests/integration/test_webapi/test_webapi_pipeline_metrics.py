"""What /metrics says of the pipeline, and that alert rules and dashboard ask for nothing that it does not say."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from campaign.db.schema import ensure_kept_tables
from campaign.orchestration.run_log import note_end, note_refused_files, note_start
from campaign.settings import PROJECT_ROOT

from .running_service import Service, run

FOLDER = PROJECT_ROOT / "config" / "observability"
OWN_NAMES = re.compile(r"\b(?:campaign|webapi)_\w+")


def metrics(api: Service) -> dict[str, float]:
    """Return sample name, with its outcome if it has one -> value."""
    response = api.get("/metrics")
    assert response.status_code == 200
    return {
        sample.name + (f" {sample.labels['outcome']}" if "outcome" in sample.labels else ""): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


@pytest.fixture
def after_a_red_and_a_green_run(api, marts, mysql_settings) -> Service:
    """Two runs have ended: a red one, then a green one that met two refused files."""
    ensure_kept_tables(marts, mysql_settings)
    run(marts, "delete from pipeline_run")
    for run_id, failed in (("monday", True), ("tuesday", False)):
        note_start(marts, mysql_settings, run_id)
        note_end(marts, mysql_settings, run_id, failed)
    note_refused_files(marts, mysql_settings, "tuesday", 2)
    run(
        marts,
        "update pipeline_run set started_at = '2026-06-01 05:00:00', ended_at = '2026-06-01 05:02:00' where run_id = 'monday'",
        "update pipeline_run set started_at = utc_timestamp(3) - interval 90 second, ended_at = utc_timestamp(3) where run_id = 'tuesday'",  # noqa: E501
        "update current_generation set published_at = utc_timestamp(3) - interval 7 hour",
    )
    return api


def test_age_of_what_is_served_runs_and_refused_files_are_told(after_a_red_and_a_green_run, marts):
    told = metrics(after_a_red_and_a_green_run)
    assert 7 * 3600 <= told["campaign_seconds_since_publication"] < 7 * 3600 + 60
    assert told["campaign_generation"] == 7
    assert told["campaign_runs succeeded"] == 1
    assert told["campaign_last_run_failed"] == 0 and told["campaign_last_run_seconds"] == 90
    assert told["campaign_refused_files"] == 2 and told["campaign_database_up"] == 1

    run(marts, "update pipeline_run set ended_at = utc_timestamp(3), outcome = 'failed' where run_id = 'tuesday'")
    assert metrics(after_a_red_and_a_green_run)["campaign_last_run_failed"] == 1


def test_where_the_log_of_runs_is_missing_the_rest_is_told(api, marts):
    run(marts, "drop table if exists pipeline_run")
    told = metrics(api)
    assert told["campaign_database_up"] == 1 and "campaign_seconds_since_publication" in told
    assert "campaign_last_run_failed" not in told and "campaign_refused_files" not in told


def test_where_the_database_is_away_the_counters_are_told(api):
    api.gate.shut()
    try:
        told = metrics(api)
    finally:
        api.gate.open()
    assert told["campaign_database_up"] == 0 and "webapi_over_budget" not in told
    assert not [name for name in told if name.startswith("campaign_") and name != "campaign_database_up"]


def test_alert_rules_and_dashboard_ask_for_metrics_that_are_served(after_a_red_and_a_green_run):
    served = {name.split()[0] for name in metrics(after_a_red_and_a_green_run)}
    served |= {"webapi_failed_logins_total"}  # is told from the first failure on
    rules = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    asked = [rule["expr"] for rule in rules] + [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(rules) >= 8 and len(panels) >= 10
    for expression in asked:
        unknown = set(OWN_NAMES.findall(expression)) - served
        assert not unknown, f"{expression} asks for {unknown}, which /metrics does not serve"
    for rule in rules:
        assert {"summary", "action"} <= rule["annotations"].keys() and rule["labels"]["severity"] in ("page", "warn"), (
            rule
        )
    wanted = {name for name in served if name.startswith("campaign_")}
    assert wanted <= set(OWN_NAMES.findall(" ".join(asked))), "a metric of the pipeline that nobody looks at"
