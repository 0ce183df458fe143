"""The parts of the local stack: what runs, what is stopped before what, and whose log explains a missing component."""

from __future__ import annotations

import sys

from local_stack.services import Service
from local_stack.settings import StackSettings

# Log servers would listen on every address; the API server reads the logs from the disk. It stops after those who report to it.
SERVICES = (
    Service("webapi", (sys.executable, "-m", "gunicorn", "-c", "webapi/gunicorn.conf.py", "webapi:create_app()")),
    Service("airflow-api-server", (sys.executable, "-m", "airflow", "api-server"), stop_turn=1),
    Service("airflow-scheduler", (sys.executable, "-m", "airflow", "scheduler", "--skip-serve-logs")),
    Service("airflow-dag-processor", (sys.executable, "-m", "airflow", "dag-processor")),
    Service("airflow-triggerer", (sys.executable, "-m", "airflow", "triggerer", "--skip-serve-logs")),
)
MYSQL = Service("mysql", (sys.executable, "-m", "local_stack.mysql.watch"), stop_turn=2)

# Component waited for -> the service whose log says why it is missing.
EXPLAINED_BY = {
    "web service": "webapi",
    "metadatabase": "airflow-api-server",
    "scheduler": "airflow-scheduler",
    "dag_processor": "airflow-dag-processor",
    "DAG": "airflow-dag-processor",
    "triggerer": "airflow-triggerer",
}
OF_AIRFLOW = set(EXPLAINED_BY) - {"web service"}


def parts_of(settings: StackSettings) -> tuple[Service, ...]:
    """Return what the supervisor watches; ``settings`` are as a person gave them: a given MySQL server is not ours to watch."""
    return SERVICES if settings.mysql_host else (MYSQL, *SERVICES)
