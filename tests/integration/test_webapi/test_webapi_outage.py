"""MySQL away, silent, emptied: every answer stays an answer, and the service comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import mysql.connector
import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings
from webapi.marts.database import IDLE_SECONDS
from webapi.protocol.caching import SECONDS_BELIEVED

from .running_service import STATEMENTS, Service, drop_marts, run

LOOKUP = "/api/v1/customers/10"
SUMMARY = "/api/v1/campaigns/1/summary"
EXPORT = "/api/v1/campaigns/1/suspects/customers?format=csv"
REACHES_MYSQL = (LOOKUP, SUMMARY, EXPORT, "/readyz")


@pytest.fixture
def cut(api: Service) -> Iterator[Service]:
    """Give the service with warm connections in both workers; MySQL is back afterwards, whatever the test did."""
    for _ in range(8):
        assert api.get(LOOKUP, headers={"Connection": "close"}).status_code == 200
    yield api
    api.gate.open()
    assert wait_for_status(api, LOOKUP, 200)


def wait_for_status(service: Service, path: str, status: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if service.get(path, signed_in=True, headers={"Connection": "close"}).status_code == status:
            return True
        time.sleep(0.05)
    return False


def assert_unavailable(service: Service, path: str, within: float) -> None:
    started = time.monotonic()
    response = service.get(path, signed_in=True, headers={"Connection": "close"})
    assert time.monotonic() - started < within, path
    assert (response.status_code, response.headers["Content-Type"]) == (503, "application/problem+json"), path
    assert "database" in response.json()["detail"]
    assert int(response.headers["Retry-After"]) >= 1


def test_mysql_gone_is_503_at_once_and_readyz_is_red(cut: Service) -> None:
    cut.gate.shut()
    time.sleep(SECONDS_BELIEVED)  # until then a remembered lookup is answered without MySQL
    for path in REACHES_MYSQL * 4:
        assert_unavailable(cut, path, within=1)
    assert cut.get("/livez").status_code == 200


def test_service_is_back_by_itself_when_mysql_is(cut: Service) -> None:
    cut.gate.shut()
    time.sleep(SECONDS_BELIEVED)
    assert_unavailable(cut, LOOKUP, within=1)
    cut.gate.open()
    for path in REACHES_MYSQL * 4:
        assert cut.get(path, signed_in=True, headers={"Connection": "close"}).status_code == 200, path


def test_restart_of_mysql_between_requests_is_not_noticed(cut: Service) -> None:
    cut.gate.shut()
    cut.gate.open()
    for path in REACHES_MYSQL * 4:
        assert cut.get(path, signed_in=True, headers={"Connection": "close"}).status_code == 200, path


def test_mysql_that_hangs_is_503_within_two_seconds(cut: Service) -> None:
    time.sleep(max(IDLE_SECONDS, SECONDS_BELIEVED) + 0.1)
    cut.gate.hang()
    for path in REACHES_MYSQL:
        assert_unavailable(cut, path, within=2)
    assert cut.get("/livez").status_code == 200


def test_connections_killed_by_the_server_are_not_noticed(cut: Service, mysql_settings: Settings) -> None:
    with mysql.connector.connect(
        host="127.0.0.1",
        port=mysql_settings.mysql_port,
        user=mysql_settings.mysql_api_user,
        password=mysql_settings.mysql_api_password.get_secret_value(),
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("select id from information_schema.processlist where id <> connection_id()")
        of_the_service = [number for (number,) in cursor.fetchall()]
        assert of_the_service
        for number in of_the_service:
            cursor.execute(f"kill {number}")
    for path in REACHES_MYSQL * 4:
        assert cut.get(path, signed_in=True, headers={"Connection": "close"}).status_code == 200, path


@pytest.fixture
def unpublished(service: Service, marts: MySQLConnectionAbstract, mysql_settings: Settings) -> Iterator[Service]:
    """Take everything away that the pipeline publishes, and publish it again afterwards."""
    drop_marts(marts, mysql_settings)
    time.sleep(SECONDS_BELIEVED)
    yield service
    drop_marts(marts, mysql_settings)
    run(marts, *STATEMENTS)


@pytest.mark.parametrize("path", REACHES_MYSQL)
def test_nothing_published_is_503_with_what_to_do(unpublished: Service, path: str) -> None:
    response = unpublished.get(path, signed_in=True)
    assert (response.status_code, response.headers["Content-Type"]) == (503, "application/problem+json")
    assert response.json()["detail"].startswith("Nothing has been published yet")
    assert "run the pipeline" in response.json()["detail"]


def test_empty_current_generation_is_nothing_published_too(api: Service, marts: MySQLConnectionAbstract) -> None:
    run(marts, "create table put_aside as select * from current_generation", "delete from current_generation")
    time.sleep(SECONDS_BELIEVED)
    try:
        for path in REACHES_MYSQL:
            response = api.get(path, signed_in=True)
            assert response.status_code == 503, path
            assert response.json()["detail"].startswith("Nothing has been published yet"), path
    finally:
        run(marts, "insert into current_generation select * from put_aside", "drop table put_aside")


def test_service_becomes_ready_with_the_first_publication(unpublished: Service, marts: MySQLConnectionAbstract) -> None:
    assert unpublished.get("/readyz").status_code == 503
    run(marts, *STATEMENTS)
    assert unpublished.answer("/readyz") == {"status": "ready", "generation": 7, "as_of": "2026-06-14T01:02:03.456Z"}
