"""The profile `celery`: two workers do a run's tasks, end them when they are stopped, and stand in for one that is killed."""

from __future__ import annotations

from typing import Any

import pytest

from local_stack.airflow.api import AirflowApi
from local_stack.services import wait_until
from tests.containers.composition import SERVICES, Composition
from tests.containers.conftest import SAMPLE
from tests.containers.test_composition import LIST_PROCESSES

pytestmark = pytest.mark.timeout(1800)
SUMMARY = "/api/v1/campaigns/2/summary"
ADDED = ("redis", "airflow-worker")
SWITCH = "COMPOSE_PROFILES=celery\nAIRFLOW__CORE__EXECUTOR=CeleryExecutor\n"
# How soon the death of a worker is noticed: the default of two minutes is long to wait for.
IMPATIENT = "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT=60\n"


@pytest.fixture(scope="module")
def workers(served: Composition) -> Composition:
    """Return the composition, switched over to workers by the two lines, with every service healthy."""
    env = served.project / ".env"
    env.write_text(env.read_text() + SWITCH + IMPATIENT)
    served.compose("up", "--detach")
    served.wait_until_healthy((*SERVICES, *ADDED))
    return served


def test_run_goes_on_when_workers_are_stopped_and_one_is_killed(workers: Composition) -> None:
    _, before = workers.ask(SUMMARY)
    hosts = _hosts(workers)
    assert len(hosts) == 2
    airflow = workers.airflow
    run_id = airflow.trigger({"full_refresh": True})

    # Stopped workers end what they do.
    _host_at_work(airflow, run_id, "build_marts.prepare")
    workers.compose("stop", "airflow-worker")
    prepare = _task(airflow, run_id, "build_marts.prepare")
    assert (prepare["state"], prepare["try_number"]) == ("success", 1)
    workers.compose("start", "airflow-worker")

    # What a killed one did is tried again by the other.
    killed = _host_at_work(airflow, run_id, "detect_fraud.rules")
    workers.run(workers.engine, "kill", hosts[killed])
    assert wait_until(lambda: airflow.run_state(run_id) not in ("queued", "running"), 420, every=2)
    tasks = airflow.task_instances(run_id)
    assert airflow.run_state(run_id) == "success", [(task["task_id"], task["state"]) for task in tasks]
    rules = _task(airflow, run_id, "detect_fraud.rules")
    assert rules["try_number"] == 2
    assert rules["hostname"] in hosts.keys() - {killed}
    assert {task["hostname"] for task in tasks if task["state"] == "success" and task["hostname"]} == hosts.keys()

    status, after = workers.ask(SUMMARY)
    assert after["generation"] > before["generation"]
    assert (status, _result(after)) == (200, _result(before))
    report = _task(airflow, run_id, "report")
    assert any(SAMPLE.name in line for line in airflow.log_lines(run_id, report))
    workers.run(workers.engine, "start", hosts[killed])
    workers.wait_until_healthy(ADDED)


def test_worker_knows_no_key_and_no_password_of_airflow(workers: Composition) -> None:
    allowed = {"MYSQL_PASSWORD", "REDIS_PASSWORD"}
    secrets = {name for name in workers.settings if "PASSWORD" in name or "KEY" in name or "SECRET" in name}
    for container in workers.containers("airflow-worker"):
        environment = "\n".join(workers.facts(container)["Config"]["Env"])
        assert {name for name in secrets if workers.settings[name] in environment} == allowed


def test_redis_asks_for_a_password(workers: Composition) -> None:
    said = workers.execute("redis", "sh", "-c", "REDISCLI_AUTH= redis-cli ping", check=False)
    assert "NOAUTH" in said.stdout + said.stderr


@pytest.mark.parametrize("service", ADDED)
def test_what_the_profile_adds_is_sealed(workers: Composition, service: str) -> None:
    users = {line.split()[0] for line in workers.execute(service, "sh", "-c", LIST_PROCESSES).stdout.splitlines()}
    assert users
    assert "0" not in users
    for container in workers.containers(service):
        facts = workers.facts(container)
        assert facts["HostConfig"]["ReadonlyRootfs"]
        assert facts["HostConfig"]["Memory"] > 0
        assert not any((facts["NetworkSettings"]["Ports"] or {}).values())


def _hosts(composition: Composition) -> dict[str, str]:
    """Return the workers' containers by the name that their tasks give."""
    return {composition.facts(each)["Config"]["Hostname"]: each for each in composition.containers("airflow-worker")}


def _result(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a summary without what says which generation it is of."""
    return {name: value for name, value in summary.items() if name not in ("generation", "as_of")}


def _task(airflow: AirflowApi, run_id: str, task_id: str) -> dict[str, Any]:
    return next(task for task in airflow.task_instances(run_id) if task["task_id"] == task_id)


def _host_at_work(airflow: AirflowApi, run_id: str, task_id: str) -> str:
    """Return where a task runs, as soon as it does."""
    seen: list[dict[str, Any]] = []

    def runs() -> bool:
        seen.append(_task(airflow, run_id, task_id))
        return seen[-1]["state"] == "running"

    assert wait_until(runs, 240, every=0.2), seen[-1]
    return seen[-1]["hostname"]
