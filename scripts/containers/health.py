"""Health check of a container: ``python -m scripts.containers.health scheduler`` ends with 0 when it is healthy.

Airflow's API server is asked, because it sees every component's sign of life in the database; ``airflow jobs check`` says the
same and pays six seconds of imports each time. A worker leaves none there: it is asked itself, through Redis and by Celery alone.
"""

from __future__ import annotations

import os
import socket
import sys

from scripts.containers.waiting import component_state

COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
WORKER = "worker"
ANSWER_SECONDS = 5


def worker_state() -> str | None:
    """Return healthy, or None when this container's worker does not answer."""
    from celery import Celery
    from kombu.exceptions import OperationalError

    broker = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    try:
        answers = broker.control.inspect([f"celery@{socket.gethostname()}"], timeout=ANSWER_SECONDS).ping()
    except OperationalError:
        return None
    return "healthy" if answers else None


def main() -> int:
    """Print the component's state."""
    if sys.argv[1:2] not in [[component] for component in (*COMPONENTS, WORKER)]:
        print(f"usage: python -m scripts.containers.health {'|'.join((*COMPONENTS, WORKER))}", file=sys.stderr)
        return 2
    state = worker_state() if sys.argv[1] == WORKER else component_state(sys.argv[1])
    print(f"{sys.argv[1]}: {state or 'no answer'}")
    return 0 if state == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
