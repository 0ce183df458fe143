"""What Airflow costs: a run of the DAG against the plain commands doing the same work, on one server in one run.

1. plain: ingest, ``dbt build``, the audit's checks, publish; four processes, one after the other.
2. the DAG, in a real Airflow (scheduler, LocalExecutor, API server), from its first task queued to its last one ended.

Both start on empty databases. ``make bench-dag [ROWS=2000000] [ROUNDS=1]`` or, on files of one's own, ``FILE=…``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.own_server import bench_folder, own_server
from campaign.db.connection import connect
from campaign.db.schema import ensure_kept_tables, kept_tables
from campaign.settings import PROJECT_ROOT, Settings
from campaign_sample import Plan, write_sample
from local_stack.airflow.api import AirflowApi
from local_stack.airflow.own_airflow import own_airflow
from local_stack.environment import stack_environment, with_secrets
from local_stack.secrets_file import load_secrets
from local_stack.settings import StackSettings


def empty(settings: Settings) -> None:
    """Empty the four databases."""
    kept = set(kept_tables(settings))
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name, table_type from information_schema.tables"
            f" where table_schema in ({', '.join(['%s'] * 4)})",
            settings.databases,
        )
        for schema, table, kind in cursor.fetchall():
            if f"{schema}.{table}" in kept:
                cursor.execute(f"truncate table `{schema}`.`{table}`")
            else:
                cursor.execute(f"drop {'view' if kind == 'VIEW' else 'table'} `{schema}`.`{table}`")
        ensure_kept_tables(connection, settings)


def run_plain(file: Path, environment: dict[str, str], folder: Path) -> dict[str, float]:
    """Run the four commands; return the seconds of each."""
    module = [sys.executable, "-m"]
    dbt = [*module, "dbt.cli.main", "build", "--project-dir", "dbt", "--profiles-dir", "dbt"]
    dbt += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    seconds = {}
    for name, command in {
        "ingest": [*module, "bench.dag.plain", "ingest", str(file)],
        "dbt build": dbt,
        "checks": [*module, "bench.dag.plain", "check"],
        "publish": [*module, "bench.dag.plain", "publish"],
    }.items():
        started = time.monotonic()
        ended = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise SystemExit(f"{name}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}")
        seconds[name] = time.monotonic() - started
    return seconds


def run_dag(airflow: AirflowApi, file: Path) -> list[dict[str, Any]]:
    """Run the DAG; return its task instances."""
    run_id = airflow.trigger({"source": str(file)})
    while (state := airflow.run_state(run_id)) not in ("success", "failed"):
        time.sleep(2)  # the times come from Airflow; asking costs it some
    if state == "failed":
        raise SystemExit(f"the DAG's run {run_id} failed")
    return [task for task in airflow.task_instances(run_id) if task["start_date"]]


def moment(text: str) -> float:
    """Return an API time as seconds."""
    return datetime.fromisoformat(text).timestamp()


def wall(tasks: list[dict[str, Any]]) -> float:
    """Return the seconds from the first task queued to the last one ended."""
    return max(moment(t["end_date"]) for t in tasks) - min(moment(t["queued_when"] or t["start_date"]) for t in tasks)


def critical_path(tasks: list[dict[str, Any]]) -> list[tuple[str, float, float]]:
    """Return the chain that decided the end as (task, seconds waited before it, seconds of its own), first task first.

    Before each task stands the one that ended last before it started, which is what the scheduler waited for.
    """
    by_end = sorted(tasks, key=lambda task: task["end_date"])
    chain, task = [], by_end[-1]
    while task:
        started, ended = moment(task["start_date"]), moment(task["end_date"])
        before = [t for t in by_end if moment(t["end_date"]) <= started]
        waited = started - moment(before[-1]["end_date"]) if before else 0.0
        chain.append((task["task_id"], waited, ended - started))
        task = before[-1] if before else None
    return chain[::-1]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--file", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tasks", action="store_true", help="list the critical path")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=bench_folder(), prefix="dag-") as name:
        folder = Path(name)
        files = wishes.file or [folder / "orders.csv"]
        if not wishes.file:
            write_sample(Plan(rows=wishes.rows, seed=7), files[0])
        with own_server(folder) as server:
            roots = os.pathsep.join(str(file.resolve().parent) for file in files)
            of_the_server = {
                Settings.model_fields[name].alias: getattr(server, name) for name in server.model_fields_set
            }
            own = {
                "CAMPAIGN_STATE": folder / "state",
                "CAMPAIGN_INBOX": folder / "inbox",
                "CAMPAIGN_ALLOWED_ROOTS": roots,
            }
            settings = StackSettings(**of_the_server | own)
            secrets = load_secrets(settings.state_folder)
            environment = stack_environment(with_secrets(settings, secrets), secrets, folder / "state" / "airflow")
            with own_airflow(settings) as airflow:
                airflow.unpause()
                for file in files * wishes.rounds:
                    empty(settings)
                    plain = run_plain(file, environment, folder)
                    empty(settings)
                    tell(file, plain, run_dag(airflow, file), wishes.tasks)
    return 0


def tell(file: Path, plain: dict[str, float], tasks: list[dict[str, Any]], listed: bool) -> None:
    """Print one comparison."""
    total, dag = sum(plain.values()), wall(tasks)
    print(f"\n{file.name}, {file.stat().st_size / 1e6:,.1f} MB")
    print(f"  plain   {total:6.1f} s  " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in plain.items()))
    busy = sum(task["duration"] for task in tasks)
    print(
        f"  the DAG {dag:6.1f} s  {len(tasks)} tasks, {busy / len(tasks):.2f} s a task, {dag / total:.2f} × plain",
        flush=True,
    )
    if listed:
        for task_id, waited, seconds in critical_path(tasks):
            print(f"    {task_id:<58} {waited:5.1f} waited {seconds:6.1f}")


if __name__ == "__main__":
    sys.exit(main())
