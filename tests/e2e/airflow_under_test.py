"""What the tests of the DAG in a real Airflow share: runs, tasks, and a webhook that takes what it is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from campaign.settings import PROJECT_ROOT
from local_stack.airflow.api import DAG_ID, AirflowApi
from local_stack.environment import settings_by_name
from local_stack.http_client import Refused
from local_stack.settings import StackSettings

ENDED = ("success", "failed")
PATIENCE = 400

CONSUMER = '''
"""Scheduled on the published marts, as another team would do it."""
from airflow.sdk import Asset, dag, task

MARTS = Asset(name="campaign_marts", uri="mysql://campaign-mysql:3306/campaign_mart/current_generation")


@dag(schedule=[MARTS], catchup=False)
def uses_the_marts():
    @task
    def read(triggering_asset_events):
        return [event.extra for event in triggering_asset_events[MARTS]]

    read()


uses_the_marts()
'''

HOW_TO = PROJECT_ROOT / "docs" / "how-to" / "use-results-in-a-dag.md"


def documented_consumer(campaign_id: int) -> str:
    """Return the DAG of the how-to that waits for campaign 7, with another campaign."""
    (code,) = re.findall(r"^```python\n(.+?)^```", HOW_TO.read_text(), re.MULTILINE | re.DOTALL)
    return code.replace("campaign_7", f"campaign_{campaign_id}")


ASKS_PEOPLE = '''
"""The gate of campaign_pipeline alone: it always asks, and waits for ten seconds."""
from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import dag

from campaign.orchestration import gate_operator
from campaign.publishing.gate import Question

gate_operator.find_question = lambda *_: Question("Publish?", "- what differs")


@dag(params={"gate": "ask"}, catchup=False)
def asks_people():
    gate = gate_operator.PublicationGate(
        task_id="approve", response_timeout=timedelta(seconds=10), defaults="Reject", execution_timeout=timedelta(seconds=300)
    )
    gate >> EmptyOperator(task_id="publish")


asks_people()
'''


def until(found: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Ask until there is an answer, and return it. Fails with ``what`` when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"after {seconds} s: {what}"
        time.sleep(0.5)
    return answer


def runs(airflow: AirflowApi, dag_id: str = DAG_ID) -> list[dict[str, Any]]:
    """Return the runs of a DAG, the oldest first."""
    return airflow.get(f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=100")["dag_runs"]


def ended(airflow: AirflowApi, run_id: str, dag_id: str = DAG_ID) -> str:
    """Wait until a run has ended and return its state."""
    return until(lambda: (state := airflow.run_state(run_id, dag_id)) in ENDED and state, f"{run_id} has not ended")


def tasks(airflow: AirflowApi, run_id: str, dag_id: str = DAG_ID) -> dict[str, dict[str, Any]]:
    """Return task id -> its instance (the last one of a mapped task)."""
    return {task["task_id"]: task for task in airflow.task_instances(run_id, dag_id)}


def failed(airflow: AirflowApi, run_id: str) -> dict[str, int]:
    """Return the failed tasks and the number of their tries."""
    return {task["task_id"]: task["try_number"] for task in airflow.task_instances(run_id) if task["state"] == "failed"}


def clear(airflow: AirflowApi, run_id: str, task_id: str, downstream: bool) -> str:
    """Clear a task as in the UI, wait for the run to end and return its state."""
    tries = tasks(airflow, run_id)[task_id]["try_number"]
    body = {"dag_run_id": run_id, "task_ids": [task_id], "dry_run": False, "only_failed": False}
    airflow.send("POST", f"/dags/{DAG_ID}/clearTaskInstances", body | {"include_downstream": downstream})
    until(
        lambda: tasks(airflow, run_id)[task_id]["try_number"] > tries or airflow.run_state(run_id) in ENDED,
        "no new try",
    )
    return ended(airflow, run_id)


def printed_backfill(exports: Path) -> str:
    """Return the arguments of the runbook's backfill, with a folder of the test's instead of ``exports``."""
    (printed,) = re.findall(
        r"^airflow (backfill create .*)", (PROJECT_ROOT / "dags/campaign_pipeline.py").read_text(), re.MULTILINE
    )
    assert printed.count("exports/") == 1
    return printed.replace("exports/", f"{exports}/")


def on_the_command_line(settings: StackSettings, arguments: str) -> None:
    """Do what `make airflow` does. Airflow on SQLite refuses, leaving nothing, at a moment when something else writes."""

    def done() -> bool:
        ended = subprocess.run(
            [sys.executable, "-m", "local_stack.airflow.command"],
            cwd=PROJECT_ROOT, env=os.environ | settings_by_name(settings) | {"CAMPAIGN_ARGS": arguments},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0 or "database is locked" in ended.stderr, ended.stdout + ended.stderr
        return ended.returncode == 0

    until(done, "Airflow's database was locked at every try", 120)


def returned(airflow: AirflowApi, dag_id: str, run_id: str, task_id: str) -> Any:
    """Return the XCom that a task returned."""
    path = f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
    try:
        value = airflow.get(path)["value"]
    except Refused:
        return None
    return json.loads(value) if isinstance(value, str) else value


class Webhook:
    """Keeps the texts that it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.port = 0


@contextmanager
def listening() -> Iterator[Webhook]:
    """Run a webhook on a free port."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 (the library's name)
            webhook.texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        webhook.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield webhook
        server.shutdown()
