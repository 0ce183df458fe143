"""The one environment that Airflow, dbt, the web service and the command line run in.

What a person sets for the project wins: first the environment, then ``.env``. Airflow's own variables are taken from ``.env``
only: a shell prepared for another Airflow must not lead this one to the other's folders or database.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pydantic import SecretStr

from campaign.env_file import read_env_file
from campaign.settings import PROJECT_ROOT, Settings
from campaign.transform.dbt_project import MANIFEST
from local_stack.console import Problem
from local_stack.secrets_file import WEB_USER, web_users
from local_stack.settings import StackSettings


def with_secrets(settings: StackSettings, secrets: dict[str, str]) -> StackSettings:
    """Fill in what a person left open: the private server's address and the generated passwords."""
    return settings.model_copy(
        update={
            "mysql_host": settings.mysql_host or "127.0.0.1",
            "mysql_password": _either(settings.mysql_password, secrets["MYSQL_PASSWORD"]),
            "mysql_api_password": _either(settings.mysql_api_password, secrets["MYSQL_API_PASSWORD"]),
        }
    )


def stack_environment(settings: StackSettings, secrets: dict[str, str], airflow_home: Path) -> dict[str, str]:
    """Return the whole environment of a child process; ``settings`` are those of ``with_secrets``."""
    own = read_env_file()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    return (
        _airflow_defaults(settings, secrets, airflow_home)
        | own
        | inherited
        | settings_by_name(settings)
        | _airflow_fixed(settings, airflow_home)
        | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(str(PROJECT_ROOT / part) for part in ("include", "config", ".")),
            "PYTHONUNBUFFERED": "1",
            "DO_NOT_TRACK": "1",
            "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
            # All that is called here is on this machine; a proxy for the outside world cannot reach it.
            "NO_PROXY": _with_local(os.environ.get("NO_PROXY") or os.environ.get("no_proxy", "")),
            "no_proxy": _with_local(os.environ.get("NO_PROXY") or os.environ.get("no_proxy", "")),
            "WEBAPI_USERS": _web_users(inherited.get("WEBAPI_USERS") or own.get("WEBAPI_USERS", ""), secrets),
        }
    )


def settings_by_name(settings: Settings) -> dict[str, str]:
    """Return every setting under its name in the environment, so that all processes read the same values."""
    values = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value is not None and field.alias:
            values[field.alias] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return values


def _airflow_defaults(settings: StackSettings, secrets: dict[str, str], airflow_home: Path) -> dict[str, str]:
    """Return what a person may change in ``.env``."""
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__SECRET_KEY": secrets["AIRFLOW__API__SECRET_KEY"],
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets["AIRFLOW__API_AUTH__JWT_SECRET"],
        "AIRFLOW__CORE__FERNET_KEY": secrets["AIRFLOW__CORE__FERNET_KEY"],
        # Dates that a person gives without a zone, and times in logs.
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": settings.zone,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(airflow_home / "passwords.json"),
        # A task is mostly a wait for MySQL; each forked one costs some 150 MB.
        "AIRFLOW__CORE__PARALLELISM": str(max(2, min(8, (os.cpu_count() or 2) + 2))),
        # After a crash, a task that was running is known to be dead this much later (the default is 300 s).
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        # A dead scheduler's tasks are taken up at the next one's first look after 30 s; it looks so often (the default is 300 s).
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
        # How long a task's worker waits for the API server; a retry of what was answered late is refused (the default is 5 s).
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        # Cosmos reads the manifest anew only when the file changes; one DAG file needs no half-minute rhythm.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        # The default is one folder in /tmp for all projects and users of a machine, with generated dbt profiles in it.
        "AIRFLOW__COSMOS__CACHE_DIR": str(airflow_home / "cosmos"),
        # Browse, dbt lineage: the site that `make manifest` writes.
        "AIRFLOW__COSMOS__DBT_DOCS_PROJECTS": json.dumps(
            {"campaign": {"dir": str(MANIFEST.parent), "index": "index.html", "name": "Models and lineage (dbt)"}}
        ),
        "DBT_USE_COLORS": "False",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }


def _airflow_fixed(settings: StackSettings, airflow_home: Path) -> dict[str, str]:
    connection = {
        "conn_type": "mysql",
        "host": settings.mysql_host,
        "port": settings.mysql_port,
        "login": settings.mysql_user,
        "password": settings.mysql_password.get_secret_value(),
        "schema": settings.build_database,
        "extra": {"client": "mysql-connector-python", "local_infile": True},
    }
    url = f"http://127.0.0.1:{settings.airflow_port}"
    return {
        "AIRFLOW_HOME": str(airflow_home),
        # How long a write waits for another one; on a busy machine the default of 5 s ended services by "database is locked".
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow_home / 'airflow.db'}?timeout=120",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        # While a task runs Airflow asks a log server, too, but none runs here (local_stack/demo.py). On port 1 no other user's
        # can answer; and that none does needs no traceback each time.
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": "1",
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": "1",
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow.utils.log.file_task_handler=CRITICAL",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW_CONN_CAMPAIGN_MYSQL": json.dumps(connection),
    }


def _web_users(given: str, secrets: dict[str, str]) -> str:
    if any(entry.strip().startswith(f"{WEB_USER}:") for entry in given.split(",")):
        raise Problem(
            f"WEBAPI_USERS names {WEB_USER}, the user that the local stack makes itself: choose another name."
        )
    return _joined(given, web_users(secrets["WEBAPI_MARCOM_PASSWORD"]))


def _either(given: SecretStr, generated: str) -> SecretStr:
    return given if given.get_secret_value() else SecretStr(generated)


def _joined(*values: str) -> str:
    return ",".join(value for value in values if value)


def _with_local(no_proxy: str) -> str:
    return _joined(no_proxy, "127.0.0.1,localhost")
