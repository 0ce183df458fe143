"""CAMPAIGN_ENGINE=duckdb in a real Airflow: several tasks at a time, one DuckDB file, and MySQL serves what came of it.

The generations that these runs publish are what ``campaign_rollback`` goes back to and forth from.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from campaign.orchestration.marts_asset import MARTS
from local_stack.airflow.own_airflow import own_airflow
from local_stack.sample import SAMPLE
from local_stack.settings import StackSettings
from tests.e2e.airflow_under_test import clear, ended, failed, returned, tasks

ROLLBACK = "campaign_rollback"


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def airflow(mysql_settings, empty_databases, exports):
    empty_databases()
    settings = StackSettings(
        CAMPAIGN_ENGINE="duckdb", CAMPAIGN_STATE=exports / "state", CAMPAIGN_INBOX=exports / "inbox",
        CAMPAIGN_ALLOWED_ROOTS=str(exports), CAMPAIGN_INBOX_LOOK_SECONDS=0,
    )  # fmt: skip
    with own_airflow(settings) as airflow:
        airflow.unpause()
        yield airflow


def test_a_run_is_built_by_duckdb_and_served_by_mysql(airflow, exports, query):
    shutil.copy(SAMPLE, exports)
    run_id = airflow.trigger({"source": str(exports / SAMPLE.name)})
    assert ended(airflow, run_id) == "success", failed(airflow, run_id)
    assert query("select generation, engine from campaign_mart.publication") == [(1, "duckdb")]
    assert query("select sum(total_orders) from campaign_mart.campaign_summary") == [(3000,)]
    assert {name: task["try_number"] for name, task in tasks(airflow, run_id).items() if task["try_number"] > 1} == {}


def test_a_mart_that_is_cleared_after_publication_is_built_and_published_again(airflow, query):
    (run_id,) = query("select run_id from campaign_mart.current_generation")[0]
    marts = query("select * from campaign_mart.shop_risk order by shop_id")
    assert clear(airflow, run_id, "detect_fraud.shop_risk_model_build", downstream=True) == "success"
    assert query("select generation, engine from campaign_mart.current_generation") == [(2, "duckdb")]
    assert query("select * from campaign_mart.shop_risk order by shop_id") == marts and marts


def test_rollback_from_the_ui_says_what_changes_serves_the_generation_before_and_can_be_undone(airflow, query):
    airflow.send("PATCH", f"/dags/{ROLLBACK}?update_mask=is_paused", {"is_paused": False})
    shown, there, back = (roll_back(airflow, conf) for conf in ({"only_show": True}, {}, {}))

    assert ended(airflow, shown, ROLLBACK) == "success"
    assert tasks(airflow, shown, ROLLBACK)["roll_back"]["state"] == "skipped"
    assert ended(airflow, there, ROLLBACK) == "success"
    log = "\n".join(airflow.log_lines(there, tasks(airflow, there, ROLLBACK)["show_change"], ROLLBACK))
    assert "Serve generation 1, as of " in log and "instead of generation 2, as of " in log
    assert ended(airflow, back, ROLLBACK) == "success"
    served = [returned(airflow, ROLLBACK, run_id, "roll_back") for run_id in (shown, there, back)]
    assert served == [None, 1, 2]
    assert query("select generation from campaign_mart.current_generation") == [(2,)]
    events = airflow.get("/assets/events?source_dag_id=campaign_rollback&order_by=timestamp")["asset_events"]
    of = {
        name: [event["extra"] for event in events if event["name"] == name]
        for name in (MARTS.name, "campaign_2_published")
    }
    assert of[MARTS.name] == [{"generation": number, "rolled_back": True} for number in (1, 2)]
    assert [(one["campaign_id"], one["generation"], one["rolled_back"]) for one in of["campaign_2_published"]] == [
        (2, 1, True),
        (2, 2, True),
    ]


def roll_back(airflow, conf: dict) -> str:
    return airflow.send("POST", f"/dags/{ROLLBACK}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]
