"""What is said of a failed task."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowTaskTimeout
from httpx import ReadTimeout

from campaign.orchestration import failure_alerts
from campaign.orchestration.failure_alerts import (
    compose,
    headline,
    tell_of_failure,
    tell_of_recovery,
    webhook_address,
)
from campaign.transform.run_results import ToldInFullError


def failed(task_id: str, error: object, map_index: int = -1, **facts) -> dict:
    task_instance = SimpleNamespace(
        dag_id="campaign_pipeline", task_id=task_id, run_id="manual__1", try_number=1, max_tries=1, map_index=map_index,
        log_url=f"http://airflow/dags/campaign_pipeline/runs/manual__1/tasks/{task_id}", **facts,
    )  # fmt: skip
    return {"ti": task_instance, "exception": error}


def test_message_says_what_where_why_and_what_to_do():
    message = compose(failed("detect_fraud.rules", ValueError("\n  the first line\nthe second")))
    assert message.splitlines() == [
        "campaign_pipeline: detect_fraud.rules failed (try 1 of 2, run manual__1)",
        "the first line",
        "What to do: look at the rows by the statement in the message, correct their cause, then clear the task. "
        "(a model failed, or one of its tests: an assumption about the data is broken)",
        "http://airflow/dags/campaign_pipeline/runs/manual__1/tasks/detect_fraud.rules",
    ]


def test_a_mapped_task_is_called_by_its_file():
    message = compose(failed("ingest", "no header", 3, rendered_map_index="october.csv"))
    assert message.startswith("campaign_pipeline: ingest [october.csv] failed")


def test_a_line_that_only_announces_is_followed_by_what_it_announces():
    message = compose(failed("audit.check", "The following tests have failed:\n orders_equal_those_of_the_customers"))
    assert "have failed: orders_equal_those_of_the_customers\n" in message


def test_task_that_took_too_long_names_the_setting():
    message = compose(failed("ingest", AirflowTaskTimeout("Timeout, PID: 123")))
    assert "it took longer than a task may (CAMPAIGN_TASK_MINUTES)" in message and "PID" not in message


def test_a_worker_that_waited_too_long_for_airflow_says_so():
    line = headline(failed("ingest", ReadTimeout("timed out")))
    assert line == (
        "Airflow's API server did not answer the task in time: the machine is busy, or the server is down. To do: clear the task."
    )


def test_a_killed_task_and_an_unknown_one_get_a_sentence_too():
    message = compose(failed("new_task", None))
    assert "it was killed" in message and "What to do: clear the task." in message
    killed_in_dbt = compose(failed("detect_fraud.rules", None))
    assert "test" not in killed_in_dbt.splitlines()[2]
    assert "What to do: read the task's log." in compose(failed("new_task", ValueError("x")))


@pytest.mark.parametrize(
    "error", [None, ValueError("x" * 500), ToldInFullError("The test x found 2 rows.\n  order_id=1")]
)
@pytest.mark.parametrize("task_id", ["ingest", "detect_fraud.rules", "publish", "new_task"])
def test_the_first_line_of_the_log_has_cause_and_remedy_and_fits(task_id, error):
    line = headline(failed(task_id, error))
    assert len(line) < 160 and "\n" not in line and " To do: " in line
    assert line.startswith(str(error)[:24] if error else "The task ended without")


def test_a_second_failed_task_of_a_run_is_logged_and_not_posted(monkeypatch, caplog):
    posted, told = [], set()
    monkeypatch.setattr(failure_alerts, "_tell", posted.append)
    monkeypatch.setattr(failure_alerts, "connect_through_airflow", lambda: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(failure_alerts, "is_first_failure", lambda _, __, run, task: not (run in told or told.add(run)))
    for name in ("a.csv", "b.csv"):
        tell_of_failure(failed("ingest", ValueError(name), 0, rendered_map_index=name))
    assert len(posted) == 1 and "a.csv" in posted[0] and "b.csv" in caplog.text


def test_where_the_database_is_away_the_failure_is_told(monkeypatch):
    posted = []

    def away():
        raise OSError("no server")

    monkeypatch.setattr(failure_alerts, "_tell", posted.append)
    monkeypatch.setattr(failure_alerts, "connect_through_airflow", away)
    tell_of_failure(failed("ingest", ValueError("x")))
    assert len(posted) == 1


def test_a_recovery_names_what_is_served_the_rules_that_jumped_and_what_waits(monkeypatch):
    posted = []
    monkeypatch.setattr(failure_alerts, "_tell", posted.append)
    facts = {"generation": 8, "published": True, "rule_jumps": ["Campaign 2, x: 1 now."], "waiting": ["bad.csv"]}
    tell_of_recovery("tuesday", facts, "https://results.example.org")
    assert posted[0].splitlines() == [
        "campaign_pipeline: recovered (run tuesday)", "published generation 8", "Rule jumped: Campaign 2, x: 1 now.",
        "Refused, to be corrected or taken away: bad.csv", "https://results.example.org",
    ]  # fmt: skip


def test_text_for_people_is_told_in_full():
    message = compose(failed("build_marts.x", ToldInFullError("The test x found 2 rows.\n  order_id=1\n  order_id=2")))
    assert "\n  order_id=1\n  order_id=2\nWhat to do: " in message


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        (("https", "hooks.example.org", None, "services/T0/B0/x"), "https://hooks.example.org/services/T0/B0/x"),
        (("http", "127.0.0.1", 9000, ""), "http://127.0.0.1:9000"),
        (("http", "hooks.example.org", None, "https"), "https://hooks.example.org"),
        (("generic", "http://127.0.0.1:9000/hook", None, None), "http://127.0.0.1:9000/hook"),
    ],
)
def test_an_address_is_understood_however_the_connection_was_written(parts, address):
    conn_type, host, port, schema = parts
    assert webhook_address(SimpleNamespace(conn_type=conn_type, host=host, port=port, schema=schema)) == address
