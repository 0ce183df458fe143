"""One service at a time is stopped, or crashes, and everything finds its way back."""

from __future__ import annotations

import pytest

from local_stack.services import wait_until
from tests.containers.composition import SERVICES, Composition

pytestmark = pytest.mark.timeout(1800)
AIRFLOW_COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
SUMMARY = "/api/v1/campaigns/2/summary"
CRASH = "import os\nfor pid in filter(str.isdigit, os.listdir('/proc')):\n  if open(f'/proc/{pid}/stat').read().split()[-49] == '1' and int(pid) != os.getpid(): os.kill(int(pid), 9)"


def test_web_service_says_that_the_database_is_away_and_serves_again_and_so_does_the_pipeline(
    served: Composition,
) -> None:
    _, before = served.ask(SUMMARY)
    served.compose("stop", "mysql")
    try:
        assert wait_until(lambda: served.ask("/readyz")[0] == 503, 30)
        assert served.ask("/livez")[0] == 200
        status, problem = served.ask(SUMMARY)
        assert (status, problem["status"]) == (503, 503)
    finally:
        served.compose("start", "mysql")
    assert wait_until(lambda: served.ask("/readyz")[0] == 200, 120)
    assert served.ask(SUMMARY) == (200, before)
    # Airflow's services may have ended with their database; their restart policy has them back.
    served.wait_until_healthy(SERVICES)
    # Its metadata were away, too: the run that is started next ends green, with every order.
    airflow = served.airflow
    run_id = airflow.trigger({"source": None, "full_refresh": True})
    assert wait_until(lambda: airflow.run_state(run_id) == "success", 600), airflow.task_instances(run_id)
    _, after = served.ask(SUMMARY)
    assert after["total_orders"] == before["total_orders"]


def test_run_waits_for_a_stopped_scheduler(served: Composition) -> None:
    served.compose("stop", "airflow-scheduler")
    airflow = served.airflow
    try:
        run_id = airflow.trigger({"source": None})
        assert not wait_until(lambda: airflow.run_state(run_id) not in ("queued", "running"), 10)
    finally:
        served.compose("start", "airflow-scheduler")
    assert wait_until(lambda: airflow.run_state(run_id) == "success", 300), airflow.task_instances(run_id)
    served.wait_until_healthy(("airflow-scheduler",))


def test_stopped_web_service_answers_again(served: Composition) -> None:
    _, before = served.ask(SUMMARY)
    served.compose("stop", "webapi")
    assert served.ask("/livez")[0] == 503  # says the proxy
    served.compose("start", "webapi")
    assert wait_until(lambda: _answers(served), 60)
    assert served.ask(SUMMARY) == (200, before)


@pytest.mark.parametrize("service", ["webapi", "airflow-api-server"])
def test_crashed_service_is_started_again_by_itself(served: Composition, service: str) -> None:
    def started() -> str:
        return served.inspect(service)["State"]["StartedAt"]

    before = started()
    served.execute(service, "python", "-c", CRASH, check=False)
    assert wait_until(lambda: started() != before, 60)
    served.wait_until_healthy((service,))


def _answers(composition: Composition) -> bool:
    try:
        return composition.ask("/livez")[0] == 200
    except OSError:
        return False
