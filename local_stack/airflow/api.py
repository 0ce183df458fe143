"""What the demo asks of Airflow, over its public REST API."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from local_stack.http_client import Refused, call

DAG_ID = "campaign_pipeline"


class AirflowApi:
    """A signed-in client of one Airflow API server."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Remember where and who; the token is fetched with the first call."""
        self.url = url
        self._user, self._password, self._token = user, password, ""

    def health(self) -> dict[str, str]:
        """Return each component's state: healthy, unhealthy or None. Raises OSError when nothing answers."""
        answer = call(f"{self.url}/api/v2/monitor/health", seconds=5)
        return {component: facts.get("status") for component, facts in answer.items()}

    def has_dag(self) -> bool:
        """Tell whether the DAG was parsed and is known."""
        try:
            self.get(f"/dags/{DAG_ID}")
            return True
        except Refused as error:
            if error.status == 404:
                return False
            raise

    def import_errors(self) -> list[str]:
        """Return the last lines of every DAG file that could not be imported."""
        errors = self.get("/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip()[-1500:]}" for error in errors]

    def unpause(self) -> None:
        """Let the DAG's schedule and its queued runs go."""
        self.send("PATCH", f"/dags/{DAG_ID}?update_mask=is_paused", {"is_paused": False})

    def active_run(self) -> str | None:
        """Return the id of a run that is queued or running."""
        runs = self.get(f"/dags/{DAG_ID}/dagRuns?state=running&state=queued&order_by=run_after")["dag_runs"]
        return runs[0]["dag_run_id"] if runs else None

    def trigger(self, conf: dict[str, Any]) -> str:
        """Start a run and return its id."""
        return self.send("POST", f"/dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]

    def run_state(self, run_id: str, dag_id: str = DAG_ID) -> str:
        """Return queued, running, success or failed."""
        return self.get(f"/dags/{dag_id}/dagRuns/{quote(run_id)}")["state"]

    def task_instances(self, run_id: str, dag_id: str = DAG_ID) -> list[dict[str, Any]]:
        """Return the run's task instances as the API gives them."""
        found, offset = [], 0
        while True:
            answer = self.get(f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances?limit=100&offset={offset}")
            found += answer["task_instances"]
            offset += 100
            if offset >= answer["total_entries"]:
                return found

    def log_lines(self, run_id: str, task: dict[str, Any], dag_id: str = DAG_ID) -> list[str]:
        """Return the lines of the task's last attempt, tracebacks included."""
        path = (
            f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances/{quote(task['task_id'])}/logs/{task['try_number']}"
        )
        try:
            content = self.get(f"{path}?map_index={task['map_index']}&full_content=true").get("content", [])
        except Refused as error:
            return [f"(Airflow does not give the log: {error})"]
        lines = [line for entry in content for line in _entry_lines(entry)]
        return [line for line in lines if line.strip() and not line.startswith("::")]

    def get(self, path: str) -> Any:
        """Return what a path of the API answers. Raises Refused when it is not found or not allowed.

        A busy machine may let one question run into its time-out: it is asked twice more, as it changes nothing.
        """
        for _ in range(2):
            with suppress(TimeoutError):
                return self.send("GET", path, None)
        return self.send("GET", path, None)

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Send a JSON body; return the answer."""
        if not self._token:
            credentials = {"username": self._user, "password": self._password}
            self._token = call(f"{self.url}/auth/token", "POST", credentials)["access_token"]
        return call(f"{self.url}/api/v2{path}", method, body, f"Bearer {self._token}")


def _entry_lines(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return str(entry).splitlines()
    lines = str(entry.get("event", "")).splitlines()
    for error in entry.get("error_detail") or []:
        lines += f"{error.get('exc_type')}: {error.get('exc_value')}".splitlines()
    return lines or [json.dumps(entry)]
