"""Closed lookups: a token opens its subject's own records and no others; nobody looks up without one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from campaign.settings import PROJECT_ROOT, Settings
from local_stack.answer import show_answer
from local_stack.settings import StackSettings
from webapi.auth.tokens import AUDIENCE, make_token

from .running_service import PASSWORD, USER, Service, environment, free_port, start, wait_until_live

KEY = "a key of these tests, of 32 bytes or more"
KEY_BEFORE = "the key that it was before, also of 32 bytes"
LOOKUPS = ("/api/v1/customers/10", "/api/v1/shops/100", "/api/v1/shop-owners/900/shops")


@pytest.fixture(scope="module")
def told(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("closed")
    return environment(
        mysql_settings,
        WEBAPI_PORT=str(free_port()),
        WEBAPI_LOG_FILE=str(folder / "api.log"),
        WEBAPI_LOOKUPS="token",
        WEBAPI_TOKEN_KEY=KEY,
        WEBAPI_TOKEN_KEY_BEFORE=KEY_BEFORE,
        WEBAPI_WORKERS="1",
        WEBAPI_CONTACT="",
        WEBAPI_IDS="text",
    )


@pytest.fixture(scope="module")
def closed(told: dict[str, str], marts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    output = tmp_path_factory.mktemp("closed") / "output.txt"
    running = Service(int(told["WEBAPI_PORT"]), Path(told["WEBAPI_LOG_FILE"]), output, None, start(told, output))
    try:
        wait_until_live(running)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(timeout=40)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_of(uid: int, **more: float) -> dict[str, str]:
    return bearer(make_token(KEY, uid, timedelta(**(more or {"minutes": 5}))))


@pytest.mark.parametrize("path", LOOKUPS)
def test_lookup_without_token_is_401_even_with_a_current_etag(closed: Service, path: str) -> None:
    tag = closed.get(path, signed_in=True).headers["ETag"]
    for headers in ({}, {"If-None-Match": tag}):
        response = closed.get(path, headers=headers)
        assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")
        assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def test_customer_sees_their_own_record_and_no_other(closed: Service) -> None:
    assert closed.get("/api/v1/customers/10", headers=token_of(10)).json()["customer_id"] == "10"
    for path in ("/api/v1/customers/11", "/api/v1/customers/99", "/api/v1/shops/100", "/api/v1/shop-owners/900/shops"):
        response = closed.get(path, headers=token_of(10))
        assert (response.status_code, response.headers["Content-Type"]) == (403, "application/problem+json"), path


def test_owner_sees_their_shops_and_no_unknown_one_is_told_from_a_foreign_one(closed: Service) -> None:
    assert closed.get("/api/v1/shop-owners/900/shops", headers=token_of(900)).status_code == 200
    assert closed.get("/api/v1/shops/100?campaign_id=1", headers=token_of(900)).json()["shop_id"] == "100"
    (reason,) = closed.get("/api/v1/shops/100?campaign_id=1", headers=token_of(900)).json()["reasons"]
    assert reason["order_ids"] == ["500"]  # the owner's own shop; nobody else sees this answer
    refused = [closed.get(f"/api/v1/shops/{shop}", headers=token_of(900)) for shop in (102, 99)]
    assert [(one.status_code, one.json()["detail"]) for one in refused] == [(403, refused[0].json()["detail"])] * 2


def test_shop_that_changed_hands_shows_each_owner_their_own_campaigns(closed: Service) -> None:
    for owner, campaign in ((901, 1), (902, 2)):
        answer = closed.get("/api/v1/shops/102", headers=token_of(owner)).json()
        assert [one["campaign_id"] for one in answer["campaigns"]] == [campaign]
    assert closed.get("/api/v1/shops/102?campaign_id=1", headers=token_of(902)).status_code == 404


@pytest.mark.parametrize(
    "token",
    [
        make_token(KEY, 10, timedelta(seconds=-1)),
        make_token(KEY.upper(), 10, timedelta(minutes=5)),
        jwt.encode({"sub": "10", "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}, None, "none"),
        jwt.encode({"sub": "10", "aud": AUDIENCE}, KEY, "HS256"),
        jwt.encode({"sub": "10", "exp": datetime.now(UTC) + timedelta(minutes=5)}, KEY, "HS256"),
        jwt.encode({"sub": "10", "aud": "x", "exp": datetime.now(UTC) + timedelta(minutes=5)}, KEY, "HS256"),
        jwt.encode({"sub": "-10", "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}, KEY, "HS256"),
        make_token(KEY, 10, timedelta(days=400)),
        jwt.encode({"sub": "10", "aud": AUDIENCE, "exp": 10**15}, KEY, "HS256"),
        jwt.encode({"sub": str(2**63), "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}, KEY, "HS256"),
        "not.a.token",
    ],
    ids=[
        "expired",
        "other key",
        "unsigned",
        "endless",
        "for nobody",
        "for others",
        "no uid",
        "too long",
        "endless in fact",
        "too large a uid",
        "no token",
    ],
)
def test_token_that_does_not_hold_is_401_and_logged_without_itself(closed: Service, token: str) -> None:
    response = closed.get("/api/v1/customers/10", headers=bearer(token))
    assert response.status_code == 401
    events = [line["event"] for line in closed.logged(response.headers["X-Request-ID"])]
    assert events == ["refused_token", "request"]
    assert token not in closed.log_file.read_text()


def test_token_of_the_key_before_still_opens_the_record(closed: Service) -> None:
    without_kid = jwt.encode(
        {"sub": "10", "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}, KEY_BEFORE
    )
    for token in (make_token(KEY_BEFORE, 10, timedelta(minutes=5)), without_kid):
        assert closed.get("/api/v1/customers/10", headers=bearer(token)).status_code == 200


def test_nineteen_digits_of_a_uid_are_a_uid(closed: Service) -> None:
    assert closed.get(f"/api/v1/customers/{2**63 - 1}", headers=token_of(2**63 - 1)).status_code == 404


def test_tag_of_somebody_elses_record_is_403_and_of_ones_own_304(closed: Service) -> None:
    for path, owner in (("/api/v1/customers/10", 10), ("/api/v1/shops/100?campaign_id=1", 900)):
        whole = closed.get(path, headers=token_of(owner))
        again = closed.get(path, headers={**token_of(owner), "If-None-Match": whole.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        for tag in (whole.headers["ETag"], closed.get(path, signed_in=True).headers["ETag"], "*"):
            foreign = closed.get(path, headers={**token_of(11), "If-None-Match": tag})
            assert foreign.status_code == 403
        assert closed.get(path, signed_in=True).headers["ETag"] != whole.headers["ETag"]


def test_signed_in_user_sees_everybody_and_a_wrong_password_nobody(closed: Service) -> None:
    for path in LOOKUPS:
        assert closed.get(path, auth=(USER, PASSWORD)).status_code == 200
        refused = closed.get(path, auth=(USER, "wrong"), headers={"X-Forwarded-For": "192.0.2.250"})
        assert (refused.status_code, refused.json()["detail"]) == (401, "The user name or the password is wrong.")


def test_log_says_whose_token_it_was(closed: Service) -> None:
    response = closed.get("/api/v1/customers/10", headers=token_of(10))
    assert [line["user"] for line in closed.logged(response.headers["X-Request-ID"])] == ["token of 10"]


def test_missing_contact_is_told_at_the_start_once_and_said_in_answers(closed: Service, api: Service) -> None:
    hints = [line for line in closed.log_lines() if "WEBAPI_CONTACT is not set" in line.get("message", "")]
    assert [line["level"] for line in hints] == ["warning"]
    assert (
        "(no address is set here)" in closed.get("/api/v1/customers/10", headers=token_of(10)).json()["how_to_contest"]
    )
    assert "WEBAPI_CONTACT" not in api.log_file.read_text()


def test_document_says_that_lookups_ask_for_a_token(closed: Service) -> None:
    document = closed.answer("/openapi.json")
    lookups = [path["get"] for path in document["paths"].values() if path["get"]["tags"] == ["Lookups"]]
    assert len(lookups) == 3
    for operation in lookups:
        assert operation["security"] == [{"LookupToken": []}, {"BasicAuth": []}]
        assert {"401", "403", "429"} <= operation["responses"].keys()
    assert document["components"]["securitySchemes"]["LookupToken"]["scheme"] == "bearer"


def test_command_makes_a_token_that_opens_the_record(closed: Service, told: dict[str, str]) -> None:
    made = subprocess.run(
        [sys.executable, "webapi/make_token.py", "12", "--days", "1"],
        cwd=PROJECT_ROOT,
        env=told | {"MYSQL_API_PASSWORD": ""},  # signing asks no database
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    assert closed.get("/api/v1/customers/12", headers=bearer(made.stdout.strip())).status_code == 200


@pytest.mark.parametrize(("key", "sentence"), [("", "is not set"), ("short", "is too short")])
def test_command_without_a_good_key_says_what_to_do(told: dict[str, str], key: str, sentence: str) -> None:
    command = [sys.executable, "webapi/make_token.py", "12"]
    made = subprocess.run(
        command, cwd=PROJECT_ROOT, env=told | {"WEBAPI_TOKEN_KEY": key}, capture_output=True, text=True, timeout=60
    )
    assert (made.returncode, made.stdout) == (2, "")
    assert f"WEBAPI_TOKEN_KEY {sentence}" in made.stderr and "Make one with" in made.stderr


def test_examples_that_the_demo_prints_work_while_lookups_are_closed(
    closed: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEBAPI_LOOKUPS", "token")
    settings = StackSettings(WEBAPI_PORT=closed.port, _env_file=None)
    show_answer(settings, {"WEBAPI_MARCOM_PASSWORD": PASSWORD, "AIRFLOW_ADMIN_PASSWORD": ""}, "Ctrl-C")
    printed = capsys.readouterr().out
    examples = re.findall(rf"curl( -u {USER}:{PASSWORD})? {closed.url}(/\S+)", printed)
    answers = {path: closed.get(path, signed_in=bool(user)).status_code for user, path in examples}
    assert len(answers) == 3 and set(answers.values()) == {200}, answers
    assert "make token UID=10" in printed


def test_ids_are_text_where_the_setting_says_so_and_the_document_too(closed: Service) -> None:
    document = closed.answer("/openapi.json")
    for path, key in (
        ("/api/v1/campaigns/1/top", "top"),
        ("/api/v1/campaigns/1/suspects/customers", "suspects"),
        ("/api/v1/campaigns/1/suspects/shops", "suspects"),
    ):
        for entry in closed.answer(path, signed_in=True)[key]:
            ids = [entry[name] for name in ("customer_id", "shop_id", "shop_owner_uid") if name in entry]
            assert ids and all(
                isinstance(one, str) for one in (*ids, *entry.get("order_ids", []), *entry.get("members", []))
            )
    schemas = document["components"]["schemas"]
    assert schemas["Customer"]["properties"]["customer_id"]["type"] == "string"
    assert schemas["SuspectedCustomer"]["properties"]["order_ids"]["items"]["type"] == "string"
    assert "int64" not in str(schemas)
