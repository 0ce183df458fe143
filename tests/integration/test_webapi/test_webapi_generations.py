"""Answers and publications: one generation per answer, ETags that know it, no error while tables are swapped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
from mysql.connector.abstracts import MySQLConnectionAbstract
from werkzeug.security import generate_password_hash

from campaign.db.connection import connect
from campaign.settings import Settings
from webapi import create_app
from webapi.marts import queries
from webapi.marts.database import SERVER_SECONDS
from webapi.routes import exports
from webapi.settings import WebSettings

from .running_service import PASSWORD, QUICK_HASH, STATEMENTS, USER, Service, drop_marts, run

CUSTOMER = "/api/v1/customers/12"
PATHS = (
    CUSTOMER,
    "/api/v1/shops/100",
    "/api/v1/shop-owners/900/shops",
    "/api/v1/campaigns",
    "/api/v1/campaigns/1/summary",
    "/api/v1/campaigns/1/daily?format=csv",
    "/api/v1/campaigns/1/suspects/customers",
    "/api/v1/campaigns/1/suspects/customers?format=csv",
)


def published_tables(connection: MySQLConnectionAbstract, database: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s and table_name <> 'publication'",
            (database,),
        )
        return [table for (table,) in cursor.fetchall()]


@pytest.fixture
def publish(mysql_settings: Settings, marts: MySQLConnectionAbstract) -> Iterator[object]:
    """Give a function that publishes generation n as the pipeline does: built aside, then one RENAME TABLE."""
    mart, build, previous = (
        mysql_settings.mart_database,
        mysql_settings.build_database,
        mysql_settings.previous_database,
    )
    tables = published_tables(marts, mart)

    def publish_generation(generation: int) -> None:
        with closing(connect(mysql_settings, build)) as connection:
            run(connection, *(f"drop table if exists {database}.{t}" for database in (build, previous) for t in tables))
            run(connection, *STATEMENTS)
            run(
                connection,
                f"update current_generation set generation = {generation}",
                f"update customer_pending_rank set total_spending = {generation}",
                f"update campaign_summary set total_orders = {generation}",
                f"update campaign_daily set total_orders = {generation}",
                f"update campaign set name = 'generation {generation}'",
                "rename table " + ", ".join(f"{mart}.{t} to {previous}.{t}, {build}.{t} to {mart}.{t}" for t in tables),
            )

    yield publish_generation
    with closing(connect(mysql_settings, build)) as connection:
        run(connection, *(f"drop table if exists {database}.{t}" for database in (build, previous) for t in tables))
    drop_marts(marts, mysql_settings)
    run(marts, *STATEMENTS)


@pytest.mark.parametrize("path", PATHS)
def test_unchanged_answer_is_304_without_a_body(api: Service, path: str) -> None:
    first = api.get(path, signed_in=True)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"
    for tag in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"other", {first.headers["ETag"]}'):
        again = api.get(path, signed_in=True, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b""), tag
        assert again.headers["ETag"] == first.headers["ETag"]


def test_if_none_match_of_anything_is_304_where_there_is_an_answer(api: Service) -> None:
    anything = {"If-None-Match": "*"}
    for path in (*PATHS, "/api/v1/campaigns/1/daily?format=csv"):
        for method in ("GET", "HEAD"):
            response = api.call(method, path, signed_in=True, headers=anything)
            assert (response.status_code, response.content) == (304, b""), path
            assert response.headers["ETag"] and "Content-Type" not in response.headers
    for path, status in (("/api/v1/customers/99", 404), ("/api/v1/campaigns/1/summary?foo=1", 422)):
        assert api.get(path, signed_in=True, headers=anything).status_code == status


def test_etag_belongs_to_one_address(api: Service) -> None:
    tags = [api.get(path, signed_in=True).headers["ETag"] for path in (*PATHS, f"{CUSTOMER}?campaign_id=1")]
    assert len(set(tags)) == len(tags)
    response = api.get("/api/v1/customers/10", headers={"If-None-Match": ", ".join(tags)})
    assert response.status_code == 200


def test_not_modified_still_asks_to_sign_in(api: Service) -> None:
    tag = api.get("/api/v1/campaigns/1/summary", signed_in=True).headers["ETag"]
    assert api.get("/api/v1/campaigns/1/summary", headers={"If-None-Match": tag}).status_code == 401


def test_errors_carry_no_etag_and_are_not_stored(api: Service) -> None:
    for path in ("/api/v1/customers/99", "/api/v1/customers/abc", "/api/v1/nothing"):
        response = api.get(path)
        assert "ETag" not in response.headers and response.headers["Cache-Control"] == "no-store"


def test_publication_is_visible_to_every_worker_within_a_second(api: Service, publish) -> None:
    tag = api.get(CUSTOMER).headers["ETag"]
    publish(8)
    time.sleep(1)
    for _ in range(20):  # a new connection each: both workers are met
        for headers in ({}, {"If-None-Match": tag}):
            response = api.get(CUSTOMER, headers={**headers, "Connection": "close"})
            assert (response.status_code, response.headers["X-Generation"]) == (200, "8")


def test_readers_see_no_error_and_no_mixture_while_generations_are_published(api: Service, publish) -> None:
    seen: set[int] = set()
    wrong: list[str] = []
    stop = threading.Event()

    def read() -> None:
        session = requests.Session()
        while not stop.is_set():
            for path in (CUSTOMER, "/api/v1/campaigns/1/summary", "/api/v1/campaigns/1/daily?format=csv"):
                started = time.monotonic()
                response = session.get(api.url + path, auth=(USER, PASSWORD), timeout=20)
                if response.status_code == 503 and time.monotonic() - started > SERVER_SECONDS:
                    continue  # the server itself ended a statement that waited for a starved disk: no fault of the publication
                if response.status_code != 200:
                    wrong.append(f"{path}: {response.status_code} {response.text}")
                    continue
                generation = int(response.headers["X-Generation"])
                seen.add(generation)
                if path == CUSTOMER:
                    answer = response.json()
                    values = (answer["total_spending"], int(answer["campaign"]["name"].split()[1]))
                elif path.endswith("summary"):
                    answer = response.json()
                    values = (answer["total_orders"], int(answer["campaign"]["name"].split()[1]))
                else:
                    values = tuple(int(line.split(",")[1]) for line in response.text.splitlines()[1:])
                if set(values) != {generation}:
                    wrong.append(f"{path}: generation {generation} with figures of {values}")

    publish(100)
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for generation in range(101, 111):
            publish(generation)
            deadline = time.monotonic() + 20
            while generation not in seen and not wrong and time.monotonic() < deadline:
                time.sleep(0.01)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not wrong, wrong[:3]
    assert seen >= set(range(101, 111)), "the readers did not meet every generation"


def test_csv_of_many_pages_starts_over_when_a_generation_is_published_meanwhile(
    publish, mysql_settings: Settings, monkeypatch, tmp_path
) -> None:
    hashed = generate_password_hash(PASSWORD, QUICK_HASH)
    app = create_app(WebSettings(WEBAPI_USERS=f"{USER}:{hashed}", WEBAPI_LOG_FILE=tmp_path / "api.log"))
    pages = queries.list_of_campaign
    asked: list[object] = []

    def page(campaign_id, wanted, after, limit):
        asked.append(after)
        if len(asked) == 2:
            publish(8)
        return pages(campaign_id, wanted, after, limit)

    monkeypatch.setattr(exports, "PAGE_ROWS", 2)
    monkeypatch.setattr(queries, "list_of_campaign", page)
    response = app.test_client().get("/api/v1/campaigns/1/suspects/customers?format=csv", auth=(USER, PASSWORD))
    assert response.status_code == 200
    assert response.headers["X-Generation"] == "8" and "_generation_8.csv" in response.headers["Content-Disposition"]
    assert response.text.count("\r\n") == 1 + 5
    assert [after is None for after in asked] == [True, False, True, False, False]


def test_slow_reader_of_a_csv_does_not_hold_a_publication_up(api: Service, publish) -> None:
    with requests.get(
        f"{api.url}/api/v1/campaigns/1/suspects/customers?format=csv",
        auth=(USER, PASSWORD),
        stream=True,
        timeout=20,
    ) as response:
        first = next(response.iter_content(1))
        started = time.monotonic()
        publish(9)
        assert time.monotonic() - started < 5
        assert first + b"".join(response.iter_content(4096)) != first
        assert response.headers["X-Generation"] == "7"
