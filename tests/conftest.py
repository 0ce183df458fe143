"""What all test layers share: a private, freshly started MySQL server, and the real data where it was given.

Nothing here is a stand-in: the server is the one ``make demo`` would start, in a folder of its own that is gone afterwards.
A machine where no server can be started fails these tests; it does not skip them.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import CONNECTION_ID, connect
from campaign.db.schema import ensure_kept_tables, kept_tables, version_table
from campaign.settings import PROJECT_ROOT, Settings, get_settings
from local_stack.mysql.access import grant_access
from local_stack.mysql.binary import resolve_server
from local_stack.mysql.server import PrivateServer, free_port
from local_stack.settings import StackSettings

# Child processes import the same packages as pytest does (pythonpath in pyproject.toml).
os.environ["PYTHONPATH"] = os.pathsep.join(str(PROJECT_ROOT / folder) for folder in ("include", "config", "."))

# Importing Airflow writes its configuration into its home, which must not be the person's.
_airflow_home = tempfile.TemporaryDirectory(prefix="campaign-test-airflow-")
os.environ["AIRFLOW_HOME"] = _airflow_home.name

# Nobody needs these rows after the machine has failed, and a build, which makes and drops hundreds of tables, waits for the disk
# at each. (Servers that tests kill are others, with the options of every day.)
NOTHING_IS_FLUSHED = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=OFF",
)

# A person's .env or environment must not lead tests, which truncate tables, to a server or database that matters.
DATABASES = {
    "CAMPAIGN_RAW_DATABASE": "campaign_raw",
    "CAMPAIGN_BUILD_DATABASE": "campaign_build",
    "CAMPAIGN_MART_DATABASE": "campaign_mart",
    "CAMPAIGN_PREVIOUS_DATABASE": "campaign_previous",
    "CAMPAIGN_FAILURE_DATABASE": "campaign_failure",
}

# Fixtures by which a test starts a MySQL server or Airflow, alone or by way of others.
STARTS = {
    "mysql": {"mysql_settings", "own_server", "ground", "server", "demo", "serve"},
    "airflow": {"airflow", "start_pipeline", "demo", "parsed"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by what they need, so that ``-m`` picks those a machine can run."""
    for item in items:
        for marker, fixtures in STARTS.items():
            if fixtures & set(getattr(item, "fixturenames", ())):
                item.add_marker(marker)
        if item.path.parent.name == "dags":
            item.add_marker("airflow")
        if item.path.parent.name in ("spark", "browser"):
            item.add_marker(item.path.parent.name)


@pytest.fixture(scope="session")
def mysql_settings() -> Iterator[Settings]:
    """Start a server with databases, users and kept tables; the environment names it, for child processes too."""
    with tempfile.TemporaryDirectory(prefix="campaign-test-") as folder, pytest.MonkeyPatch.context() as environment:
        binary = resolve_server(StackSettings())
        root_password = secrets.token_urlsafe(16)
        server = PrivateServer(binary, Path(folder) / "mysql", free_port(), buffer_pool="256M")
        server.options += NOTHING_IS_FLUSHED
        server.initialise(root_password)
        server.start()
        try:
            values = {
                **DATABASES,
                "CAMPAIGN_ENGINE": "mysql",
                "MYSQL_HOST": "127.0.0.1",
                "MYSQL_PORT": str(server.port),
                "MYSQL_USER": "campaign_loader",
                "MYSQL_PASSWORD": secrets.token_urlsafe(16),
                "MYSQL_API_USER": "campaign_api",
                "MYSQL_API_PASSWORD": secrets.token_urlsafe(16),
            }
            for name, value in values.items():
                environment.setenv(name, value)
            # For every connection the driver reads the machine's list of certificates, 0.1 s, and verifies nothing by it.
            environment.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
            get_settings.cache_clear()
            settings = get_settings()
            with server.connect_as_root(root_password) as administrator:
                grant_access(administrator, settings, values["MYSQL_PASSWORD"], values["MYSQL_API_PASSWORD"])
            with connect(settings) as connection:
                ensure_kept_tables(connection, settings)
            yield settings
        finally:
            server.stop()
            get_settings.cache_clear()


@pytest.fixture(scope="session")
def empty_databases(mysql_settings: Settings) -> Callable[[], None]:
    """Return what empties the four databases: kept tables truncated, all others dropped. For fixtures of a module."""

    def empty() -> None:
        with connect(mysql_settings) as connection:
            _empty(connection, mysql_settings)

    return empty


@pytest.fixture
def raw_connection(mysql_settings: Settings, empty_databases: Callable[[], None]) -> Iterator[MySQLConnectionAbstract]:
    """Return the loader's connection to the raw database, on empty databases."""
    empty_databases()
    with connect(mysql_settings) as connection:
        yield connection


@pytest.fixture
def airflow_connection(mysql_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the test server as the Airflow connection that tasks use."""
    facts = {
        "conn_type": "mysql", "host": mysql_settings.mysql_host, "port": mysql_settings.mysql_port,
        "login": mysql_settings.mysql_user, "password": mysql_settings.mysql_password.get_secret_value(),
        "schema": mysql_settings.build_database, "extra": {"client": "mysql-connector-python", "local_infile": True},
    }  # fmt: skip
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION_ID.upper()}", json.dumps(facts))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder with two days of a real campaign, which is not part of the project."""
    return _folder_in("CAMPAIGN_REAL_DATA", "the folder with the real campaign's CSV and expected/")


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """Return the folder with files as people really have them, which is not part of the project."""
    return _folder_in("CAMPAIGN_REAL_EXPORTS", "the folder with exports as people really have them")


def _folder_in(variable: str, what: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"not run: {variable} is not set ({what})")
    if not Path(folder).is_dir():
        pytest.fail(f"{variable} is {folder}, which is not a folder")
    return Path(folder)


def _empty(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    kept = set(kept_tables(settings))
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name, table_type from information_schema.tables"
            f" where table_schema in ({', '.join(['%s'] * len(settings.databases))})",
            settings.databases,
        )
        for schema, table, table_type in cursor.fetchall():
            if f"{schema}.{table}" == version_table(settings):
                continue
            if f"{schema}.{table}" in kept:
                # Most are empty after most tests, and truncating takes longer than looking. The numbers of loads begin at 1.
                cursor.execute(f"select 1 from `{schema}`.`{table}` limit 1")
                if cursor.fetchall() or table == "ingest_file":
                    cursor.execute(f"truncate table `{schema}`.`{table}`")
            elif table_type == "VIEW":
                cursor.execute(f"drop view `{schema}`.`{table}`")
            else:
                cursor.execute(f"drop table `{schema}`.`{table}`")
