"""The web service as it is run: gunicorn with two workers, over HTTP, on a real MySQL whose marts ``marts.sql`` makes.

MySQL is reached through ``Gate``, a TCP relay that can be shut or made to hang: how an outage looks to the service, while the
server itself goes on for the other tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.settings import Settings

from .running_service import (
    STATEMENTS,
    Gate,
    Service,
    drop_marts,
    environment,
    free_port,
    run,
    start,
    wait_until_live,
)


@pytest.fixture(scope="session")
def service(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Start the service once for all these tests."""
    folder = tmp_path_factory.mktemp("webapi")
    gate = Gate(mysql_settings.mysql_port)
    port = free_port()
    log_file, output = folder / "logs" / "api.log", folder / "output.txt"
    told = environment(mysql_settings, MYSQL_PORT=str(gate.port), WEBAPI_PORT=str(port), WEBAPI_LOG_FILE=str(log_file))
    running = Service(port, log_file, output, gate, start(told, output))
    try:
        wait_until_live(running)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(timeout=40)
        gate.shut()


@pytest.fixture(scope="module")
def marts(mysql_settings: Settings) -> Iterator[MySQLConnectionAbstract]:
    """Publish the small marts for one test module; gives the loader's connection to them."""
    with closing(connect(mysql_settings, mysql_settings.mart_database)) as connection:
        drop_marts(connection, mysql_settings)
        run(connection, *STATEMENTS)
        yield connection
        drop_marts(connection, mysql_settings)


@pytest.fixture
def api(service: Service, marts: MySQLConnectionAbstract) -> Service:
    """Return the running service with something published."""
    return service
