"""The process of ``make run``: Airflow's ``dag.test`` between taking and giving back the lease.

Started by ``run_pipeline`` with the stack's environment: ``python -m local_stack.airflow.headless_run CONF LOG``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any, TextIO

from airflow.dag_processing.dagbag import DagBag
from airflow.listeners import hookimpl
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.sdk.lineage import get_hook_lineage_collector
from airflow.sdk.listener import get_listener_manager
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

from campaign.db.connection import connect
from campaign.orchestration import lease, run_report
from campaign.settings import PROJECT_ROOT, Settings, get_settings
from local_stack.airflow.api import DAG_ID
from local_stack.console import Problem


def main() -> int:
    """Run the DAG with the conf given as JSON; progress to standard error, the report to standard output."""
    # Airflow, dbt and the tasks print to both streams. They get the log; the person sees what is written here.
    progress, result = (os.fdopen(os.dup(descriptor), "w", buffering=1) for descriptor in (2, 1))
    with open(sys.argv[2], "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        succeeded, text = run_headless(get_settings(), json.loads(sys.argv[1]), progress)
    except Problem as problem:
        print(f"  {problem}", file=progress)
        return 1
    print(text, file=result)
    return 0 if succeeded else 1


def run_headless(settings: Settings, conf: dict[str, Any], progress: TextIO) -> tuple[bool, str]:
    """Run the DAG with ``conf``; return whether it succeeded, and the report as text.

    Raises Problem when the DAG cannot be imported or another run owns the pipeline.
    """
    bag = DagBag(dag_folder=PROJECT_ROOT / "dags" / f"{DAG_ID}.py")
    if bag.import_errors:
        raise Problem("the DAG cannot be imported.\n" + "\n".join(bag.import_errors.values()))
    dag = bag.dags[DAG_ID]
    now = datetime.now(UTC)
    run_id = DagRun.generate_run_id(run_type=DagRunType.MANUAL, logical_date=now, run_after=now)
    teller = TaskTeller(progress)
    get_listener_manager().add_listener(teller)
    waiting = _LeaseTeller(progress)
    logging.getLogger(lease.__name__).addHandler(waiting)
    with connect(settings) as connection:
        try:
            with lease.hold(connection, settings, run_id):
                dag_run = dag.test(run_after=now, logical_date=now, run_conf=conf)
        except lease.PipelineBusyError as error:
            raise Problem(str(error)) from None
        facts = run_report.collect(connection, settings, run_id, _outcomes(run_id))
    return dag_run.state == "success", run_report.render(facts, teller.seconds_per_stage())


class TaskTeller:
    """Tells each task as it ends, and adds up the stages' seconds. Airflow calls it (a listener)."""

    def __init__(self, progress: TextIO) -> None:
        """Write to ``progress``."""
        self._progress = progress
        self._started: dict[str, float] = {}
        self._spent: dict[str, float] = {}

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """Take the time. Each task's lineage is its own, though they share this process."""
        get_hook_lineage_collector.cache_clear()
        self._started[_name(task_instance)] = time.monotonic()

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """Say that it is done."""
        self._ended(task_instance, "done")

    @hookimpl
    def on_task_instance_skipped(self, task_instance: Any) -> None:
        """Say that it chose not to run."""
        self._ended(task_instance, "skipped")

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
        """Say why it failed."""
        self._ended(task_instance, "failed, will be tried again" if task_instance.state == "up_for_retry" else "failed")
        for line in str(error).strip().splitlines()[:12]:
            print(f"      {line[:400]}", file=self._progress)

    def seconds_per_stage(self) -> dict[str, float]:
        """Return the seconds spent in each stage (a task group, or a task outside one), in the order of the run."""
        return self._spent

    def _ended(self, task_instance: Any, word: str) -> None:
        name = _name(task_instance)
        seconds = time.monotonic() - self._started.get(name, time.monotonic())
        stage = task_instance.task_id.split(".")[0]
        self._spent[stage] = self._spent.get(stage, 0.0) + seconds
        print(f"  {name:<58} {word}, {seconds:.1f} s", file=self._progress)


class _LeaseTeller(logging.Handler):
    """Shows the person that the pipeline is busy and this run waits."""

    def __init__(self, progress: TextIO) -> None:
        super().__init__(logging.INFO)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        print(f"  {record.getMessage()}", file=self._progress)


def _name(task_instance: Any) -> str:
    if task_instance.map_index < 0:
        return task_instance.task_id
    return f"{task_instance.task_id} [{task_instance.map_index}]"


def _outcomes(run_id: str) -> list[dict[str, Any]]:
    """Return what the task ``ingest`` told of each file."""
    with create_session() as session:
        query = XComModel.get_many(run_id=run_id, key="return_value", task_ids="ingest", dag_ids=DAG_ID)
        return [XComModel.deserialize_value(found) for found in session.scalars(query)]


def _end_with(parent: int) -> None:
    """End at once when the command that started this run is gone: nobody would hear of the outcome."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.exit(main())
