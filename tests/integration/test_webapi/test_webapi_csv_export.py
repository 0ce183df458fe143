"""A long CSV export: it ends soon after its client has gone, and a client that takes nothing does not keep the thread."""

from __future__ import annotations

import socket
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings
from webapi.performance.patient_socket import TAKES_NOTHING_SECONDS

from .running_service import PASSWORD, USER, Service, run

EXPORT = "/api/v1/campaigns/3/top?format=csv"
ROWS = 60_000
LONG_LIST = f"""
insert into customer_pending_rank
with recursive number (n) as (select 1 union all select n + 1 from number where n < {ROWS})
select 3, 1000000 + n, 1, 1000.00, 0.00, 0, n, 'Bronze' from number
"""


@pytest.fixture(scope="module")
def long_list(marts: MySQLConnectionAbstract) -> Iterator[None]:
    """Give campaign 3 so many customers that a list of them takes dozens of statements."""
    run(marts, f"set session cte_max_recursion_depth = {ROWS}", LONG_LIST)
    marts.commit()
    yield
    run(marts, "delete from customer_pending_rank where campaign_id = 3")
    marts.commit()


def ask(service: Service, **options: int) -> tuple[socket.socket, str]:
    """Send the request on a connection of its own; gives that and the request's id."""
    request_id = uuid.uuid4().hex
    lines = (
        f"GET {EXPORT} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}",
        f"X-Request-ID: {request_id}",
    )
    connection = socket.socket()
    for option, value in options.items():
        connection.setsockopt(socket.SOL_SOCKET, getattr(socket, option), value)
    connection.connect(("127.0.0.1", service.port))
    connection.sendall("\r\n".join((*lines, "", "")).encode())
    return connection, request_id


def wait_for_line(service: Service, request_id: str, seconds: float) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in service.log_lines():
            if line.get("request_id") == request_id and line["event"] == "request":
                return line
        time.sleep(0.1)
    raise AssertionError(f"the request did not end within {seconds} s")


def statements_under_way(connection: MySQLConnectionAbstract, settings: Settings) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from information_schema.processlist where user = %s and command = 'Query'",
            (settings.mysql_api_user,),
        )
        return cursor.fetchone()[0]


def test_export_ends_when_its_client_closes_the_connection(
    api: Service, long_list: None, marts: MySQLConnectionAbstract, mysql_settings: Settings
) -> None:
    whole = api.get(EXPORT, signed_in=True)
    assert (whole.status_code, whole.text.count("\r\n")) == (200, ROWS + 1)
    (line,) = api.logged(whole.headers["X-Request-ID"])

    connection, request_id = ask(api)
    time.sleep(line["ms"] / 1000 / 6)  # in the middle of the reading
    connection.close()
    cut = wait_for_line(api, request_id, seconds=30)
    assert (cut["status"], cut["user"]) == (499, USER)
    assert cut["ms"] < line["ms"] / 2, (cut["ms"], line["ms"])
    assert statements_under_way(marts, mysql_settings) == 0


def test_unread_exports_hold_half_of_the_threads_until_they_are_let_go(api: Service, long_list: None) -> None:
    with ExitStack() as opened:
        asked = []
        for _ in range(8):  # two workers with four threads each
            connection, request_id = ask(api, SO_RCVBUF=4096)
            opened.enter_context(connection)
            asked.append(request_id)
        lines = [wait_for_line(api, request_id, seconds=TAKES_NOTHING_SECONDS + 60) for request_id in asked]
        refused = [line for line in lines if line["status"] == 503]
        stalled = [line for line in lines if line["status"] == 200]
        assert (len(refused), len(stalled)) == (4, 4)
        assert all(line["ms"] > 1000 * TAKES_NOTHING_SECONDS for line in stalled)
        assert all(line["ms"] < 1000 * TAKES_NOTHING_SECONDS for line in refused)
    assert api.get(EXPORT, signed_in=True).status_code == 200


def test_refused_export_says_when_to_try_again(api: Service, long_list: None) -> None:
    with ExitStack() as opened:
        for _ in range(8):
            connection, _ = ask(api, SO_RCVBUF=4096)
            opened.enter_context(connection)
        time.sleep(0.5)
        refused = api.get(EXPORT, signed_in=True)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.json()["detail"].startswith("As many exports are under way")
        for path in (f"{EXPORT}&limit=5", "/api/v1/campaigns/1/daily?format=csv", "/livez"):
            assert api.get(path, signed_in=True).status_code == 200, path
