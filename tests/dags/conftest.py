"""Parses the DAG folder once, in a process of its own: an Airflow home in a temporary folder, no database touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from campaign.settings import PROJECT_ROOT, get_settings

PARSE = """
import json, shlex, sys, time
started = time.monotonic()
from airflow.dag_processing.dagbag import DagBag
imported = time.monotonic()
bag = DagBag(dag_folder=sys.argv[1])
parsed = time.monotonic()
# A mapped task has the function itself.
as_list = lambda found: found if isinstance(found, list) else [found] if found else []

from datetime import datetime, timezone
from types import SimpleNamespace
from airflow.models.taskinstance import TaskInstance

def pauses(task):
    ended = datetime.now(timezone.utc)
    tries = (
        SimpleNamespace(
            task=task, task_id=task.task_id, dag_id=task.dag_id, logical_date=None, try_number=number, end_date=ended,
            retry_delay_override=None,
        )
        for number in range(1, task.retries + 1)
    )
    return [(TaskInstance.next_retry_datetime(one) - ended).total_seconds() for one in tries]

dags = {}
for dag_id, dag in bag.dags.items():
    dags[dag_id] = {
        "file": dag.fileloc, "doc": dag.doc_md, "max_active_runs": dag.max_active_runs, "catchup": dag.catchup,
        "display_name": dag.dag_display_name, "description": dag.description, "tags": sorted(dag.tags), "owner": dag.owner,
        "params": {
            name: {"schema": dag.params.get_param(name).schema, "description": dag.params.get_param(name).description}
            for name in dag.params
        },
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids), "retries": task.retries,
                "outlets": [outlet.name for outlet in task.outlets], "trigger_rule": task.trigger_rule.value,
                "dbt_select": getattr(task, "select", None) if hasattr(task, "profile_config") else None,
                "is_teardown": task.is_teardown, "retry_on_failure": getattr(task, "retry_on_failure", None),
                "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                "retry_policy": type(task.retry_policy).__name__ if task.retry_policy else None,
                "pauses": pauses(task),
                "at_once_in_a_run": task.max_active_tis_per_dagrun,
                "tells_of_failure": [callback.__name__ for callback in as_list(task.on_failure_callback)],
            }
            for task in dag.tasks
        },
    }
unwanted = sorted(name for name in ("pandas", "polars", "duckdb", "dbt.cli.main") if name in sys.modules)

# As Airflow's command line and its database have it.
from airflow.cli.cli_parser import get_parser
from airflow.serialization.serialized_objects import DagSerialization
dag = bag.dags["campaign_pipeline"]
command = next(line for line in dag.doc_md.splitlines() if line.startswith("airflow backfill create "))
asked = get_parser().parse_args(shlex.split(command)[1:])
ticks = DagSerialization.from_dict(DagSerialization.to_dict(dag)).iter_dagrun_infos_between(asked.from_date, asked.to_date)
backfill = {"command": command, "ticks": [tick.logical_date.isoformat() for tick in ticks]}
from airflow import plugins_manager
(plugin,) = (each for each in plugins_manager._get_plugins()[0] if each.name == "campaign")
print(json.dumps({"errors": bag.import_errors, "dags": dags, "seconds": parsed - imported, "imported": unwanted, "backfill": backfill, "links": plugin.external_views}))
"""


@pytest.fixture(scope="session")
def parsed(tmp_path_factory) -> dict:
    """Return what a fresh process finds in dags/: errors, DAGs, seconds, heavy modules, the runbook's backfill."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "WEBAPI_PORT": "8123",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": get_settings().zone,
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    }
    ended = subprocess.run(
        [sys.executable, "-c", PARSE, str(PROJECT_ROOT / "dags")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])
