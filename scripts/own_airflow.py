"""A whole Airflow for the length of a ``with`` block, for tests and benches: real scheduler, real API, real triggerer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scripts.airflow_api import AirflowApi
from scripts.airflow_home import ADMIN, prepare_airflow_home
from scripts.dbt_manifest import ensure_manifest
from scripts.demo import wait_until_healthy
from scripts.mysql_server import free_port
from scripts.secrets_file import load_secrets
from scripts.stack_environment import stack_environment, with_secrets
from scripts.stack_parts import OF_AIRFLOW, SERVICES
from scripts.stack_settings import StackSettings
from scripts.supervision import Supervision


@contextmanager
def own_airflow(settings: StackSettings, changed: dict[str, str] | None = None) -> Iterator[AirflowApi]:
    """Start Airflow's services as the demo does, in ``settings.state_folder``, and yield a client of its API.

    ``changed`` are variables that differ from the demo's. The database must be up. Raises Problem when Airflow does not
    come up.
    """
    settings = settings.model_copy(update={"airflow_port": free_port()})
    secrets = load_secrets(settings.state_folder)
    home = settings.state_folder / "airflow"
    settings.inbox.mkdir(parents=True, exist_ok=True)
    environment = stack_environment(with_secrets(settings, secrets), secrets, home) | (changed or {})
    ensure_manifest(environment, settings.logs)
    prepare_airflow_home(home, environment, secrets["AIRFLOW_ADMIN_PASSWORD"], settings.logs)
    services = Supervision(settings.state_folder)
    airflow = AirflowApi(settings.airflow_url, ADMIN, secrets["AIRFLOW_ADMIN_PASSWORD"])
    try:
        services.start([service for service in SERVICES if service.name != "webapi"], environment)
        wait_until_healthy(services, settings, airflow, OF_AIRFLOW)
        yield airflow
    finally:
        services.stop()
