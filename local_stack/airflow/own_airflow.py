"""A whole Airflow for the length of a ``with`` block, for tests and benches: real scheduler, real API, real triggerer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local_stack.airflow.api import AirflowApi
from local_stack.airflow.home import ADMIN, prepare_airflow_home
from local_stack.dbt.manifest import ensure_manifest
from local_stack.demo import wait_until_healthy
from local_stack.environment import stack_environment, with_secrets
from local_stack.mysql.server import free_port
from local_stack.secrets_file import load_secrets
from local_stack.settings import StackSettings
from local_stack.supervisor.parts import OF_AIRFLOW, SERVICES
from local_stack.supervisor.supervision import Supervision


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
