"""The exposures of the dbt project are the routes of the web service, each with the marts that its statement reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from campaign.settings import PROJECT_ROOT
from campaign.transform.dbt_project import published_tables
from webapi import app as web_app
from webapi.marts.database import NothingPublished
from webapi.settings import WebSettings

FILE = PROJECT_ROOT / "dbt" / "models" / "exposures.yml"
QUICK_HASH = "scrypt:1024:8:1"


class Listener:
    """Stands where the database does: takes statements and has no answer."""

    statements: list[str] = []

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take what a database takes."""

    def rows(self, sql: str, _: Any) -> list:
        self.statements.append(sql)
        raise NothingPublished

    def texts(self, sql: str) -> list:
        self.statements.append(sql)
        raise NothingPublished


def filled(path: str, operation: dict) -> str:
    """Return the address with the examples of what it needs."""
    needed = [one for one in operation["parameters"] if one.get("required")]
    query = []
    for one in needed:
        value = one["example"]
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(value))
        else:
            query.append(f"{one['name']}={','.join(map(str, value)) if isinstance(value, list) else value}")
    return f"{path}?{'&'.join(query)}"


@pytest.fixture(scope="module")
def read_by_route(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return ``GET path`` -> the published tables that its statement reads, of each route that reads any."""
    users = f"analyst:{generate_password_hash('secret', QUICK_HASH)}"
    settings = WebSettings(
        WEBAPI_USERS=users, MYSQL_API_PASSWORD="-", WEBAPI_LOG_FILE=tmp_path_factory.mktemp("web") / "api.log",
        MYSQL_HOST="127.0.0.1", MYSQL_PORT=1, _env_file=None,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_app, "MartDatabase", Listener)
        client = web_app.make_app(settings).test_client()
        return {route: tables for route, tables in _read(client, patch).items() if tables}


def every_one(reads: Mapping[str, Callable[[], list]]) -> None:
    """Stand where several statements are read for one answer: the first that has no answer does not end the others."""
    for read in reads.values():
        with suppress(NothingPublished):
            read()
    raise NothingPublished


def _read(client: FlaskClient, patch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    for module in ("webapi.routes.campaigns", "webapi.presenters.planned"):
        patch.setattr(f"{module}.read_together", every_one)
    found = {}
    for path, operations in client.get("/openapi.json").get_json()["paths"].items():
        if not path.startswith("/api/"):
            continue
        Listener.statements.clear()
        client.get(filled(path, operations["get"]), auth=("analyst", "secret"))
        assert Listener.statements, f"{path} asks nothing"
        text = "\n".join(Listener.statements)
        found[f"GET {path}"] = {
            table for table in published_tables() if re.search(rf"(?:from|join)[\s(]+{table}\b", text)
        }
    return found


def test_each_route_is_an_exposure_with_the_marts_that_it_reads(read_by_route: dict[str, set[str]]) -> None:
    exposures = yaml.safe_load(Path(FILE).read_text())["exposures"]
    stated = {
        each["label"]: {re.fullmatch(r"ref\('(\w+)'\)", one)[1] for one in each["depends_on"]} for each in exposures
    }
    assert set(stated) == set(read_by_route), f"{FILE.name} lists every route of the web service that reads marts"
    for route, tables in read_by_route.items():
        assert stated[route] == tables, f"{route}: depends_on of its exposure in {FILE.name}"
    assert all(each["owner"]["name"] and each["description"] for each in exposures)
