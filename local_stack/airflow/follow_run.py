"""Show a DAG run while it happens, one line per ended task, and explain a failed one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from local_stack.airflow.api import DAG_ID, AirflowApi
from local_stack.console import LAST_LINES, NotReady, Problem, say
from local_stack.http_client import Refused

ENDED = {"success", "failed", "up_for_retry"}
NOT_RUN = {"skipped", "upstream_failed", "removed"}  # counted, not listed: one early end skips dozens
WORDS = {"success": "done", "up_for_retry": "failed, will be tried again"}
TASKS_EXPLAINED = 2
TOO_BUSY = (
    "Reason: Airflow's API server did not answer the task's worker in time; the machine is busy. Wait, then make demo again; "
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT in .env (60 seconds) makes workers wait longer."
)
NO_LOG = "It wrote no log: it was ended before it began. The scheduler's log says why (make status; logs/airflow-scheduler.log)."
SILENT_SECONDS = 600  # Airflow may be too busy to answer, while the run goes on


def follow_run(airflow: AirflowApi, run_id: str, require_alive: Callable[[], None], every: float = 1.0) -> None:
    """Return when the run has succeeded. Raises Problem with the failed tasks' last log lines when it failed.

    ``require_alive`` is asked in every round and raises where a service needed for the run has died. Airflow may be too busy to
    answer: that is no end of the run, and NotReady only when it lasts.
    """
    shown: set[tuple[Any, ...]] = set()
    ahead: set[str] = set()
    answered = time.monotonic()
    while True:
        require_alive()
        try:
            if _round(airflow, run_id, shown, ahead):
                return
            answered = time.monotonic()
        except (OSError, Refused) as error:
            if isinstance(error, Refused) and error.status < 500:
                raise
            if time.monotonic() - answered > SILENT_SECONDS:
                raise NotReady(f"Airflow has not answered for {SILENT_SECONDS} s about run {run_id}: {error}") from None
        time.sleep(every)


def _round(airflow: AirflowApi, run_id: str, shown: set[tuple[Any, ...]], ahead: set[str]) -> bool:
    """Tell what is new, and whether the run has succeeded. Raises Problem when it failed."""
    # The state first: when it says the run has ended, the tasks asked for after it are final.
    state = airflow.run_state(run_id)
    if state == "queued" and (other := airflow.active_run()) and other != run_id:
        # One run at a time: the schedule may have started one the moment the DAG was let go.
        if other not in ahead:
            ahead.add(other)
            say(f"  waiting for run {other}, which goes first")
        tasks = airflow.task_instances(other)
    else:
        tasks = airflow.task_instances(run_id)
    for task in sorted(tasks, key=lambda task: task["end_date"] or ""):
        key = (task["dag_run_id"], task["task_id"], task["map_index"], task["try_number"], task["state"])
        if task["state"] in ENDED and key not in shown:
            shown.add(key)
            say(f"  {_name(task):<58} {WORDS.get(task['state'], task['state'])}{_seconds(task)}")
    if state in ("success", "failed") and (not_run := sum(task["state"] in NOT_RUN for task in tasks)):
        say(f"  {not_run} tasks did not have to run" if state == "success" else f"  {not_run} tasks did not run")
    if state == "failed":
        failed = [task for task in tasks if task["state"] == "failed"]
        # The first to fail is most likely the cause.
        raise Problem(_explain(airflow, run_id, sorted(failed, key=lambda task: task["end_date"] or "")))
    return state == "success"


def _explain(airflow: AirflowApi, run_id: str, failed: list[dict[str, Any]]) -> str:
    names = ", ".join(_name(task) for task in failed) or "none by itself; see the run's page"
    parts = [f"the pipeline's run {run_id} failed. Failed tasks: {names}"]
    for task in failed[:TASKS_EXPLAINED]:
        lines = airflow.log_lines(run_id, task)[-LAST_LINES:]
        parts.append(f"Last log lines of {_name(task)}:\n" + "\n".join(f"  {line[:400]}" for line in lines or [NO_LOG]))
        if any("ReadTimeout" in line or "ConnectTimeout" in line for line in lines):
            parts.append(TOO_BUSY)
    parts.append(
        "What to do: the DAG's page says what each red task means (Triage), at "
        f"{airflow.url}/dags/{DAG_ID}/runs/{run_id}; when the cause is mended, make demo goes on."
    )
    return "\n".join(parts)


def _name(task: dict[str, Any]) -> str:
    if task["map_index"] < 0:
        return task["task_id"]
    return f"{task['task_id']} [{task.get('rendered_map_index') or task['map_index']}]"


def _seconds(task: dict[str, Any]) -> str:
    return f", {task['duration']:.1f} s" if task.get("duration") else ""
