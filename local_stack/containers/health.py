"""Health check of a container: ``python -m local_stack.containers.health scheduler`` ends with 0 when it is healthy.

Airflow's API server is asked, because it sees every component's sign of life in the database; ``airflow jobs check`` says the
same and pays six seconds of imports each time. A worker leaves none there, but touches a file with every beat
of its heart, which stops when it hangs or has lost Redis.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from local_stack.containers.waiting import component_state

COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
WORKER = "worker"
SIGN_OF_LIFE = Path("/tmp/worker-lives")
OLD_SECONDS = 30  # the heart beats every two


def leave_sign_of_life(**_: object) -> None:
    """Note that this worker's heart has beaten (config/airflow_local_settings.py has Celery call it)."""
    SIGN_OF_LIFE.touch()


def worker_state() -> str | None:
    """Return healthy, or None when this container's worker has given no sign of life of late."""
    try:
        age = time.time() - SIGN_OF_LIFE.stat().st_mtime
    except FileNotFoundError:
        return None
    return "healthy" if age < OLD_SECONDS else None


def main() -> int:
    """Print the component's state."""
    if sys.argv[1:2] not in [[component] for component in (*COMPONENTS, WORKER)]:
        print(f"usage: python -m local_stack.containers.health {'|'.join((*COMPONENTS, WORKER))}", file=sys.stderr)
        return 2
    state = worker_state() if sys.argv[1] == WORKER else component_state(sys.argv[1])
    print(f"{sys.argv[1]}: {state or 'no sign of life'}")
    return 0 if state == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
