"""An address that looks up too often is refused, whatever it asks for, and nobody else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from webapi import create_app
from webapi.settings import WebSettings

BUDGET = 3


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The app without a database: a lookup that is let through is 503."""
    monkeypatch.setenv("WEBAPI_RUNTIME_FOLDER", str(tmp_path))
    settings = WebSettings(
        WEBAPI_USERS=f"somebody:{generate_password_hash('a long password', 'scrypt:1024:8:1')}",
        MYSQL_HOST="127.0.0.1",
        MYSQL_PORT=1,
        MYSQL_API_PASSWORD="unused",
        WEBAPI_LOG_FILE=tmp_path / "api.log",
        WEBAPI_LOOKUPS_PER_MINUTE=BUDGET,
        WEBAPI_TRUSTED_PROXIES=1,
        _env_file=None,
    )
    return create_app(settings).test_client()


def test_address_that_looks_up_too_often_is_429_and_others_are_answered(client: FlaskClient) -> None:
    busy = {"X-Forwarded-For": "2001:db8::1"}
    statuses = [client.get("/api/v1/customers/10", headers=busy).status_code for _ in range(BUDGET + 2)]
    assert statuses == [503] * BUDGET + [429] * 2
    same_client = {"X-Forwarded-For": "2001:db8::2"}
    for path in (
        "/api/v1/shops/1?campaign_id=1",
        "/api/v1/customers/x",
        "/api/v1/shop-owners/9/shops",
        "/api/v1/shops/1/",
    ):
        refused = client.get(path, headers=same_client)
        assert (refused.status_code, refused.content_type) == (429, "application/problem+json"), path
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/campaigns", headers=busy).status_code == 401
    assert client.get("/livez", headers=busy).status_code == 200
    assert client.get("/api/v1/customers/10", headers={"X-Forwarded-For": "2001:db8:0:1::1"}).status_code == 503
