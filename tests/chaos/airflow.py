"""Kills in a real Airflow, with dbt: scheduler, triggerer and task processes, at random moments of a run that builds everything."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from bench.own_server import own_server
from campaign.database import connect
from campaign.dbt_project import published_tables
from campaign.settings import Settings
from scripts.airflow_api import AirflowApi
from scripts.demo import SERVICES
from scripts.own_airflow import own_airflow
from scripts.sample import SAMPLE
from scripts.services import Services
from scripts.stack_environment import settings_by_name
from scripts.stack_settings import StackSettings
from tests.chaos.faults import Trial
from tests.chaos.state import broken_promises, checksums

PATIENCE = 1800
TARGETS = ("task", "airflow-scheduler", "airflow-triggerer")


def try_airflow(kills: int) -> Iterator[Trial]:
    """Kill one after the other; a run that does not survive is started again, and then all must be as undisturbed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-chaos-airflow-")))
        server = stack.enter_context(own_server(folder))
        (folder / "exports").mkdir()
        shutil.copy(SAMPLE, folder / "exports")
        own = {
            "CAMPAIGN_INBOX": folder / "inbox",
            "CAMPAIGN_INBOX_LOOK_SECONDS": 0,
            "CAMPAIGN_ALLOWED_ROOTS": str(folder / "exports"),
        }
        settings = StackSettings(**settings_by_name(server) | own)
        airflow = stack.enter_context(own_airflow(settings))
        airflow.unpause()
        conf = {"source": str(folder / "exports"), "full_refresh": True}
        first = airflow.trigger(conf)
        state = _ended(airflow, first)
        number_of_tasks = len(airflow.task_instances(first))
        if state != "success":
            raise RuntimeError(f"the undisturbed run ended as {state}")
        expected = _checksums(server)
        services = Services(settings.state_folder)
        for number in range(kills):
            target = TARGETS[number % len(TARGETS)]
            run_id = airflow.trigger(conf)
            stage = _wait_into(airflow, run_id, random.randrange(number_of_tasks))
            begin = time.monotonic()
            _kill(services, target)
            state = _ended(airflow, run_id)
            again = state
            if state != "success":
                again = _ended(airflow, airflow.trigger(conf))
            lost = "" if again == "success" else f"the run after it ended as {again}"
            found = _checksums(server)
            lost = lost or "; ".join(
                f"{table}: {found[table]}, not {rows}" for table, rows in expected.items() if found[table] != rows
            )
            with connect(server) as connection:
                lost = lost or "; ".join(broken_promises(connection, server, published_tables()))
            yield Trial(
                f"kill -9 {target.removeprefix('airflow-')}", stage, state != "success", time.monotonic() - begin, lost
            )


def _checksums(settings: Settings) -> dict[str, tuple]:
    with connect(settings) as connection:
        return checksums(connection, settings, published_tables())


def _ended(airflow: AirflowApi, run_id: str) -> str:
    deadline = time.monotonic() + PATIENCE
    state = "unknown"
    while state not in ("success", "failed") and time.monotonic() < deadline:
        time.sleep(2)
        with suppress(OSError):
            state = airflow.run_state(run_id)
    return state


def _wait_into(airflow: AirflowApi, run_id: str, ended: int) -> str:
    """Wait until so many tasks have ended, and return the stage that is at work then."""
    while True:
        tasks = airflow.task_instances(run_id)
        at_work = [task["task_id"].split(".")[0] for task in tasks if task["state"] in ("running", "queued")]
        done = sum(task["state"] in ("success", "skipped", "failed") for task in tasks)
        if (done >= ended and at_work) or airflow.run_state(run_id) in ("success", "failed"):
            return at_work[0] if at_work else "after its end"
        time.sleep(random.uniform(0.2, 1))


def _kill(services: Services, target: str) -> None:
    """Kill -9: a service, which is started again as a supervisor would, or a process that runs a task."""
    name = "airflow-scheduler" if target == "task" else target
    process = services.process(name)
    if target == "task":
        children = process.children(recursive=True)
        if children:
            os.kill(random.choice(children).pid, signal.SIGKILL)
        return
    environment, children = process.environ(), process.children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    for child in children:  # what a container's end would take along
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs([process], timeout=10)
    services.start(next(service for service in SERVICES if service.name == name), environment)
