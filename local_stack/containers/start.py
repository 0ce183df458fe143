"""Start one of Airflow's services when what it needs answers: ``python -m local_stack.containers.start scheduler``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from local_stack.airflow.home import write_password
from local_stack.console import Problem, ended_by
from local_stack.containers.executor import workers_run_the_tasks
from local_stack.containers.waiting import (
    SECONDS,
    wait_for_airflow_tables,
    wait_for_api,
    wait_for_broker,
    wait_for_database,
)

# A worker's logs are read from the volume; and workers need not know of each other.
WORKER = ("celery", "worker", "--skip-serve-logs", "--without-gossip", "--without-mingle")
COMMANDS = {name: (name,) for name in ("api-server", "scheduler", "dag-processor", "triggerer")} | {"worker": WORKER}


def start(service: str) -> int:
    """Become the service; it returns only when it could not be started. Raises Problem."""
    if workers_run_the_tasks() and service in ("scheduler", "worker"):
        wait_for_broker()
    if service != "worker":
        wait_for_database()
    if service == "api-server":
        file = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])  # in the container's memory
        file.parent.mkdir(parents=True, exist_ok=True)
        write_password(file, os.environ["AIRFLOW_ADMIN_PASSWORD"])
        wait_for_migrations()
    else:
        wait_for_api()
    os.execvp("airflow", ["airflow", *COMMANDS[service]])


def wait_for_migrations() -> None:
    """Return when Airflow's tables are this image's. Raises Problem after five minutes.

    Asked again and again with one second's patience: while it waits, it holds a lock that the migration waits for.
    """
    wait_for_airflow_tables()
    deadline = time.monotonic() + SECONDS
    while subprocess.run(["airflow", "db", "check-migrations", "--migration-wait-timeout", "1"]).returncode:
        if time.monotonic() > deadline:
            raise Problem("Airflow's metadata database is not up to date. What does airflow-init say?")
        time.sleep(5)


def main() -> int:
    """Read the command line and do it."""
    if sys.argv[1:2] not in [[service] for service in COMMANDS]:
        print(f"usage: python -m local_stack.containers.start {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    return start(sys.argv[1])


if __name__ == "__main__":
    sys.exit(ended_by(main))
