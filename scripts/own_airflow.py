"""A whole Airflow for the length of a ``with`` block, for tests and benches: real scheduler, real API, real triggerer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from scripts.airflow_api import AirflowApi
from scripts.airflow_home import ADMIN, prepare_airflow_home
from scripts.console import Problem
from scripts.dbt_manifest import ensure_manifest
from scripts.demo import HEALTHY_SECONDS, SERVICES, STOP_ORDER
from scripts.http_client import Refused
from scripts.mysql_server import free_port
from scripts.secrets_file import load_secrets
from scripts.services import Services
from scripts.stack_environment import stack_environment, with_secrets
from scripts.stack_settings import StackSettings

WANTED = {"metadatabase", "scheduler", "dag_processor", "triggerer"}


@contextmanager
def own_airflow(settings: StackSettings, changed: Mapping[str, str] | None = None) -> Iterator[AirflowApi]:
    """Start Airflow's services as the demo does, in ``settings.state_folder``, and yield a client of its API.

    ``changed`` are variables that differ from the demo's. The database must be up. Raises Problem when Airflow does not
    come up.
    """
    settings = settings.model_copy(update={"airflow_port": free_port()})
    secrets = load_secrets(settings.state_folder)
    home = settings.state_folder / "airflow"
    settings.inbox.mkdir(parents=True, exist_ok=True)
    environment = stack_environment(with_secrets(settings, secrets), secrets, home) | {
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        **(changed or {}),
    }
    ensure_manifest(environment, settings.logs)
    prepare_airflow_home(home, environment, secrets["AIRFLOW_ADMIN_PASSWORD"], settings.logs)
    services = Services(settings.state_folder)
    airflow = AirflowApi(settings.airflow_url, ADMIN, secrets["AIRFLOW_ADMIN_PASSWORD"])
    try:
        for service in SERVICES:
            if service.name != "webapi":
                services.start(service, environment)
        _wait(services, settings, airflow)
        yield airflow
    finally:
        services.stop(STOP_ORDER)


def _wait(services: Services, settings: StackSettings, airflow: AirflowApi) -> None:
    deadline = time.monotonic() + HEALTHY_SECONDS
    while True:
        services.require_alive()
        try:
            healthy = {component for component, state in airflow.health().items() if state == "healthy"}
            if healthy >= WANTED:
                if errors := airflow.import_errors():
                    raise Problem("a DAG file cannot be imported.\n" + "\n".join(errors))
                if airflow.has_dag():
                    return
        except (OSError, Refused):
            pass
        if time.monotonic() > deadline:
            raise Problem(f"Airflow is not ready after {HEALTHY_SECONDS} s. Logs: {settings.logs}")
        time.sleep(0.5)
