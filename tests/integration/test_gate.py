"""The gate by people: when it asks and what, that it owns nothing while it waits, and how an answer, a time-out and a newer run end it."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.providers.standard.operators import hitl as airflows
from airflow.providers.standard.triggers import hitl as airflows_trigger
from airflow.sdk.exceptions import AirflowFailException, DownstreamTasksSkipped, TaskDeferred

from campaign.db.connection import connect
from campaign.orchestration import gate_operator, gate_trigger, lease
from campaign.orchestration.gate_operator import PublicationGate
from campaign.orchestration.gate_trigger import GateTrigger
from campaign.publishing import candidate
from campaign.publishing import publish as publishing
from campaign.publishing.gate import find_question
from tests.fixtures.small_marts import TABLES, write_marts

RUN, NEWER = "run 2", "run 3"
ANSWER = {"params_input": {}, "responded_at": datetime(2026, 6, 10, tzinfo=UTC), "responded_by_user": None}


@pytest.fixture
def gated(raw_connection, mysql_settings, airflow_connection, monkeypatch):
    """Serve five suspects, have six others built by ``run 2``, and return settings with a gate at a fifth."""
    monkeypatch.setattr(publishing, "published_tables", lambda: TABLES)
    write_marts(raw_connection, mysql_settings.build_database, range(5))
    publishing.publish(raw_connection, mysql_settings, "run 1")
    write_marts(raw_connection, mysql_settings.build_database, range(3, 9))
    settings = mysql_settings.model_copy(update={"gate_share": 0.2, "lock_wait_seconds": 0})
    monkeypatch.setattr(gate_operator, "get_settings", lambda: settings)
    monkeypatch.setattr(gate_trigger, "get_settings", lambda: settings)
    candidate.claim(raw_connection, settings, RUN)
    lease.acquire(raw_connection, settings, RUN)
    return settings


@pytest.fixture
def requests(monkeypatch):
    """Return the requests that were written, instead of sending them to Airflow."""
    written: list[dict] = []
    monkeypatch.setattr(airflows, "upsert_hitl_detail", lambda **facts: written.append(facts))
    return written


def gate(**options) -> PublicationGate:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG

    with DAG("with_a_gate"):
        operator = PublicationGate(
            task_id="approve", response_timeout=timedelta(minutes=5), defaults="Reject", **options
        )
        operator >> EmptyOperator(task_id="publish")
    return operator


def context(operator, decision: str = "ask") -> dict:
    ti = SimpleNamespace(id=uuid.uuid4(), task_id="approve", run_id=RUN, map_index=-1, xcom_push=lambda **_: None)
    return {"run_id": RUN, "params": {"gate": decision}, "task": operator, "ti": ti, "task_instance": ti}


def owner(settings) -> list[str]:
    """Return the runs that own the pipeline, and prove that the named lock is free."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("select run_id from pipeline_lease")
        runs = [run for (run,) in cursor.fetchall()]
        cursor.execute("select get_lock(%s, 0)", (lease.LOCK_NAME,))
        assert cursor.fetchone() == (1,)
    return runs


def test_question_is_asked_above_the_set_share_only(raw_connection, gated):
    question = find_question(raw_connection, gated, RUN)
    assert question.subject == "Publish after generation 1? Suspects or money at risk of campaign 2 change by 140%"
    for part in ("4 new, 3 dropped", "100,000 → 120,000 VND", "order_burst: hits 5 → 6", "customer 8 of campaign 2"):
        assert part in question.body
    for share in (1.4, None):
        assert find_question(raw_connection, gated.model_copy(update={"gate_share": share}), RUN) is None


def test_first_publication_and_one_that_has_happened_need_no_approval(raw_connection, gated):
    publishing.publish(raw_connection, gated, RUN)
    assert find_question(raw_connection, gated, RUN) is None
    with raw_connection.cursor() as cursor:
        cursor.execute(f"delete from {gated.mart_database}.current_generation")
    write_marts(raw_connection, gated.build_database, range(50))
    assert find_question(raw_connection, gated, NEWER) is None


def test_sets_that_cannot_be_compared_are_asked_about(raw_connection, gated):
    with raw_connection.cursor() as cursor:
        cursor.execute(f"alter table {gated.mart_database}.shop_risk drop column band")
    assert "cannot be compared" in find_question(raw_connection, gated, RUN).subject


def test_run_that_waits_owns_nothing(gated, requests):
    with pytest.raises(TaskDeferred) as waiting:
        (operator := gate()).execute(context(operator))
    assert owner(gated) == []
    (request,) = requests
    assert "change by 140%" in request["subject"] and "4 new" in request["body"]
    assert (request["options"], request["defaults"]) == (["Approve", "Reject"], ["Reject"])
    trigger = waiting.value.trigger
    assert isinstance(trigger, GateTrigger) and trigger.run_id == RUN
    remaining = trigger.timeout_datetime - datetime.now(UTC)
    assert timedelta(minutes=4) < remaining <= timedelta(minutes=5), "response_timeout, not the task's own time-out"
    name, facts = trigger.serialize()
    assert name == f"{GateTrigger.__module__}.GateTrigger" and GateTrigger(**facts).run_id == RUN


def test_whoever_starts_the_run_may_decide(gated, requests):
    (operator := gate()).execute(context(operator, "approve"))
    assert owner(gated) == [RUN]
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        operator.execute(context(operator, "reject"))
    assert [task.task_id if hasattr(task, "task_id") else task for task in skipped.value.tasks] == ["publish"]
    with pytest.raises(AirflowFailException, match=r"(?s)change by 140%.*GATE=approve to publish"):
        operator.execute(context(operator, "fail"))
    assert requests == []


def test_approval_takes_the_pipeline_again(raw_connection, gated):
    lease.release(raw_connection, gated, RUN)
    operator = gate()
    assert operator.execute_complete(context(operator), ANSWER | {"chosen_options": ["Approve"]})
    assert owner(gated) == [RUN]


def test_rejection_and_time_out_publish_nothing_and_take_nothing(raw_connection, gated):
    lease.release(raw_connection, gated, RUN)
    operator = gate()
    for event in (ANSWER | {"chosen_options": ["Reject"]}, ANSWER | {"chosen_options": ["Reject"], "timedout": True}):
        with pytest.raises(DownstreamTasksSkipped):
            operator.execute_complete(context(operator), event)
    assert owner(gated) == []


def test_approval_after_a_newer_run_has_built_or_while_it_is_at_work_publishes_nothing(raw_connection, gated):
    operator = gate()
    lease.release(raw_connection, gated, RUN)
    lease.acquire(raw_connection, gated, NEWER)
    with pytest.raises(AirflowFailException, match=f"The pipeline is busy: run {NEWER} has it"):
        operator.execute_complete(context(operator), ANSWER | {"chosen_options": ["Approve"]})
    assert owner(gated) == [NEWER]
    candidate.claim(raw_connection, gated, NEWER)
    lease.release(raw_connection, gated, NEWER)
    with pytest.raises(AirflowFailException, match=f"are of run {NEWER}, which began to build later"):
        operator.execute_complete(context(operator), ANSWER | {"chosen_options": ["Approve"]})
    assert owner(gated) == []


@pytest.fixture
def airflow_requests(monkeypatch):
    """Stand in for Airflow's side of a request: unanswered, and noting what it is answered with."""
    answers: list[list[str]] = []

    def answer(ti_id, chosen_options, params_input):
        answers.append(chosen_options)
        return SimpleNamespace(**ANSWER)

    unanswered = SimpleNamespace(**ANSWER | {"response_received": False, "chosen_options": None})
    monkeypatch.setattr(airflows_trigger, "get_hitl_detail_content_detail", lambda ti_id: unanswered)
    for module in (airflows_trigger, gate_trigger):
        monkeypatch.setattr(module, "update_hitl_detail_response", answer)
    return answers


def fired(seconds: float, default: str = "Reject") -> dict:
    trigger = GateTrigger(
        run_id=RUN, ti_id=uuid.uuid4(), options=["Approve", "Reject"], defaults=[default], params={}, poke_interval=0.1,
        timeout_datetime=datetime.now(UTC) + timedelta(seconds=seconds),
    )  # fmt: skip

    async def first() -> dict:
        return (await asyncio.wait_for(anext(trigger.run()), 20)).payload

    return asyncio.run(first())


@pytest.mark.parametrize("default", ["Approve", "Reject"])
def test_time_out_is_answered_by_the_default_that_is_set(gated, airflow_requests, default):
    event = fired(0.3, default)
    assert (event["chosen_options"], event["timedout"]) == ([default], True)
    assert airflow_requests == [[default]]


def test_newer_build_ends_the_request_as_superseded(raw_connection, gated, airflow_requests):
    candidate.claim(raw_connection, gated, NEWER)
    event = fired(60)
    assert (event["chosen_options"], event["superseded_by"]) == (["Reject"], NEWER)
    assert airflow_requests == [["Reject"]], "else it would stay among the required actions"
    with pytest.raises(DownstreamTasksSkipped):
        (operator := gate()).execute_complete(context(operator), event)
