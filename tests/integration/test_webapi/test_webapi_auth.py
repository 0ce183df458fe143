"""Who may: the URL map walked, wrong log-ins logged and slowed, a start without users refused."""

from __future__ import annotations

import base64
import itertools
import re
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from werkzeug.routing import Rule
from werkzeug.security import generate_password_hash

from campaign.settings import PROJECT_ROOT
from webapi import create_app
from webapi.auth.access import LOOKUPS, OPEN, SIGNED_IN
from webapi.settings import WebSettings

from .running_service import OTHER_PASSWORD, OTHER_USER, PASSWORD, USER, environment

addresses = (f"192.0.2.{number}" for number in itertools.count(1))


@pytest.fixture
def address() -> dict[str, str]:
    """Give each test an address of its own, so that its failures are counted for it alone."""
    return {"X-Forwarded-For": next(addresses)}


@pytest.fixture(scope="module")
def rules(mysql_settings, tmp_path_factory) -> list[Rule]:
    hashed = generate_password_hash("for the map only", "scrypt:1024:8:1")
    settings = WebSettings(
        WEBAPI_USERS=f"somebody:{hashed}",
        MYSQL_API_PASSWORD="unused",
        WEBAPI_LOG_FILE=tmp_path_factory.mktemp("map") / "api.log",
    )
    return list(create_app(settings).url_map.iter_rules())


def address_of(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "1", rule.rule)


def test_every_route_is_open_or_signed_in(rules):
    assert len(rules) >= 16
    undeclared = [rule.rule for rule in rules if rule.endpoint.partition(".")[0] not in OPEN | SIGNED_IN | LOOKUPS]
    assert not undeclared, f"make their blueprint with open_, signed_in_ or lookup_blueprint: {undeclared}"
    assert not OPEN & SIGNED_IN and not (OPEN | SIGNED_IN) & LOOKUPS


def test_open_routes_are_these_and_no_others(rules):
    opened = sorted({rule.rule for rule in rules if rule.endpoint.partition(".")[0] in OPEN | LOOKUPS})
    assert opened == [
        "/",
        "/api/v1/customers/<customer_id>",
        "/api/v1/shop-owners/<shop_owner_uid>/shops",
        "/api/v1/shops/<shop_id>",
        "/assets/style.css",
        "/docs",
        "/docs/<path:name>",
        "/language/<code>",
        "/livez",
        "/me",
        "/me/customers/<customer_id>",
        "/me/owners/<shop_owner_uid>",
        "/me/shops/<shop_id>",
        "/metrics",
        "/openapi.json",
        "/readyz",
        "/sign-in",
        "/sign-out",
    ]


def test_signed_in_routes_answer_401_without_credentials_and_200_or_404_with(api, rules):
    signed_in = [rule for rule in rules if rule.endpoint.partition(".")[0] in SIGNED_IN]
    assert len(signed_in) == 24
    for rule in signed_in:
        for method in ("GET", "HEAD"):
            response = api.call(method, address_of(rule))
            assert response.status_code == 401, rule.rule
            assert response.headers["WWW-Authenticate"] == 'Basic realm="voucher campaigns"'
        needed = "?ids=1" if rule.rule.endswith(("/customers", "/shops")) and "suspects" not in rule.rule else ""
        path = address_of(rule).replace("/shops/1/", "/shops/100/").replace("/orders/1", "/orders/501") + needed
        assert api.get(path, signed_in=True).status_code == (302 if rule.rule == "/plan" else 200), rule.rule


def test_an_unknown_id_or_a_bad_parameter_tells_nothing_before_sign_in(api):
    for path in ("campaigns/9/summary", "campaigns/abc/summary", "campaigns/1/top?limit=0"):
        assert api.get(f"/api/v1/{path}").status_code == 401


def test_each_user_signs_in_with_their_own_password(api, address):
    for credentials, status in (
        ((USER, PASSWORD), 200),
        ((OTHER_USER, OTHER_PASSWORD), 200),
        ((USER, OTHER_PASSWORD), 401),
        ((OTHER_USER, PASSWORD), 401),
        ((USER, ""), 401),
        ((USER.upper(), PASSWORD), 401),
        (("nobody", PASSWORD), 401),
    ):
        assert api.get("/api/v1/campaigns", auth=credentials, headers=address).status_code == status, credentials


def test_401_tells_wrong_credentials_from_none(api, address):
    wrong = api.get("/api/v1/campaigns", auth=(USER, "wrong"), headers=address)
    unknown = api.get("/api/v1/campaigns", auth=("nobody", PASSWORD), headers=address)
    none = api.get("/api/v1/campaigns", headers=address)
    assert [one.status_code for one in (wrong, unknown, none)] == [401] * 3
    assert wrong.json()["detail"] == unknown.json()["detail"] == "The user name or the password is wrong."
    assert none.json()["detail"] == "Sign in with user name and password (HTTP basic)."
    assert {one.headers["WWW-Authenticate"] for one in (wrong, none)} == {'Basic realm="voucher campaigns"'}


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
    ],
)
def test_malformed_credentials_are_401(api, address, header):
    response = api.get("/api/v1/campaigns", headers={**address, "Authorization": header})
    assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")


def test_wrong_log_in_is_logged_with_time_address_and_user_and_never_the_password(api, address):
    request_id = uuid.uuid4().hex
    response = api.get(
        "/api/v1/campaigns", auth=("mallory", "s3cret-guess"), headers={**address, "X-Request-ID": request_id}
    )
    assert response.status_code == 401
    (failed,) = [line for line in api.logged(request_id) if line["event"] == "failed_login"]
    assert (failed["address"], failed["user"]) == (address["X-Forwarded-For"], "mallory")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", failed["time"])
    encoded = base64.b64encode(b"mallory:s3cret-guess").decode()
    for text in (api.log_file.read_text(), api.output.read_text()):
        assert "s3cret-guess" not in text and encoded not in text


def test_user_name_can_not_forge_a_log_line(api, address):
    request_id = uuid.uuid4().hex
    name = 'eve\n{"event", "request"}\r\x1b[31m\u2028'
    credentials = base64.b64encode(f"{name}:x".encode()).decode()
    api.get(
        "/api/v1/campaigns", headers={**address, "X-Request-ID": request_id, "Authorization": f"Basic {credentials}"}
    )
    (failed,) = [line for line in api.logged(request_id) if line["event"] == "failed_login"]
    assert failed["user"] == 'eve{"event", "request"}[31m'


def test_a_request_without_credentials_is_no_failed_log_in(api):
    request_id = uuid.uuid4().hex
    api.get("/api/v1/campaigns", headers={"X-Request-ID": request_id})
    assert [line["event"] for line in api.logged(request_id)] == ["request"]


def test_repeated_failures_are_refused_in_all_workers_and_only_for_that_address_and_user(api, address):
    statuses = []
    for _ in range(12):  # new connections, so that both workers see some of them
        response = api.get("/api/v1/campaigns", auth=(USER, "wrong"), headers={**address, "Connection": "close"})
        statuses.append(response.status_code)
    assert statuses == [401] * 5 + [429] * 7
    assert 1 <= int(response.headers["Retry-After"]) <= 2
    assert response.headers["Content-Type"] == "application/problem+json"
    right = {"auth": (USER, PASSWORD)}
    assert api.get("/api/v1/campaigns", headers=address, **right).status_code == 429, "a right guess must not stand out"
    assert api.get("/api/v1/campaigns", auth=(OTHER_USER, OTHER_PASSWORD), headers=address).status_code == 200
    assert api.get("/api/v1/campaigns", headers={"X-Forwarded-For": next(addresses)}, **right).status_code == 200


def test_log_ins_are_in_a_file_of_their_own_and_floods_have_a_line_a_minute(api, address):
    assert api.get("/api/v1/campaigns", auth=(OTHER_USER, OTHER_PASSWORD), headers=address).status_code == 200
    for _ in range(40):
        api.get("/api/v1/campaigns", auth=("mallory", "wrong"), headers=address)
    events = [line["event"] for line in api.log_lines("logins") if line["address"] == address["X-Forwarded-For"]]
    assert events.count("failed_login") == 5 and 1 <= events.count("refused_login") <= 2  # one of each worker
    assert set(events) <= {"failed_login", "refused_login", "signed_in"}
    assert {line["event"] for line in api.log_lines("logins")} >= {"signed_in"}


def test_who_signed_in_is_not_held_up_by_wrong_clients_of_the_address(api, address):
    assert api.get("/api/v1/campaigns", auth=(USER, PASSWORD), headers=address).status_code == 200
    statuses = [
        api.get("/api/v1/campaigns", auth=(f"cron{number}", "old"), headers=address).status_code for number in range(25)
    ]
    assert statuses == [401] * 20 + [429] * 5
    for _ in range(4):  # new connections, so that both workers see some of them
        right = api.get("/api/v1/campaigns", auth=(USER, PASSWORD), headers={**address, "Connection": "close"})
        assert right.status_code == 200
    assert api.get("/api/v1/campaigns", auth=(OTHER_USER, OTHER_PASSWORD), headers=address).status_code == 429


@pytest.mark.parametrize("abandoned", [False, True], ids=["in parallel", "abandoned"])
def test_no_client_gets_more_guesses_checked_than_one_after_the_other(api, address, abandoned):
    def guess(number: int) -> bytes:
        credentials = base64.b64encode(f"user{number}:guess".encode()).decode()
        lines = [
            "GET /api/v1/campaigns HTTP/1.1",
            "Host: a",
            f"Authorization: Basic {credentials}",
            "Connection: close",
        ]
        lines.append(f"X-Forwarded-For: {address['X-Forwarded-For']}")
        with socket.create_connection(("127.0.0.1", api.port), timeout=20) as peer:
            peer.sendall("\r\n".join([*lines, "", ""]).encode())
            return b"" if abandoned else peer.recv(65536)[9:12]

    with ThreadPoolExecutor(20) as at_once:
        statuses = list(at_once.map(guess, range(60)))
    if not abandoned:
        assert (statuses.count(b"401"), statuses.count(b"429")) == (20, 40)
    deadline = time.monotonic() + 10
    while True:
        checked = [
            line
            for line in api.log_lines()
            if line["event"] == "failed_login" and line["address"] == address["X-Forwarded-For"]
        ]
        refused = api.get("/api/v1/campaigns", auth=("user99", "guess"), headers=address)
        if refused.status_code == 429 or time.monotonic() > deadline:
            break
    assert refused.status_code == 429 and len(checked) <= 21


def test_right_log_ins_at_once_from_a_new_address_all_succeed(api, address):
    with ThreadPoolExecutor(12) as at_once:
        answers = at_once.map(
            lambda _: requests.get(f"{api.url}/api/v1/campaigns", auth=(USER, PASSWORD), headers=address, timeout=20),
            range(24),
        )
        assert {answer.status_code for answer in answers} == {200}


def test_credentials_of_another_kind_are_no_failed_log_in(api, address):
    right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for shown in ("Bearer abc", f"Bearer {right}", "Digest username=x", "Negotiate abc"):
        for _ in range(8):
            response = api.get("/api/v1/campaigns", headers={**address, "Authorization": shown})
            assert response.status_code == 401
            assert response.json()["detail"].startswith("This address takes basic auth")
            assert [line["event"] for line in api.logged(response.headers["X-Request-ID"])] == ["request"]
    assert api.get("/api/v1/campaigns", auth=(USER, PASSWORD), headers=address).status_code == 200


def test_trying_many_users_from_one_address_is_refused_too(api, address):
    statuses = [
        api.get("/api/v1/campaigns", auth=(f"user{number}", "x"), headers=address).status_code for number in range(25)
    ]
    assert statuses == [401] * 20 + [429] * 5


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"WEBAPI_USERS": ""}, "WEBAPI_USERS is not set"),
        ({"WEBAPI_USERS": "marcom:plain-password"}, "bare passwords are refused"),
        ({"WEBAPI_USERS": "marcom:" + generate_password_hash("changeme", "scrypt:1024:8:1")}, "is a default one"),
        ({"WEBAPI_USERS": "marcom:" + generate_password_hash("marcom", "scrypt:1024:8:1")}, "is a default one"),
        ({"MYSQL_API_PASSWORD": ""}, "MYSQL_API_PASSWORD is not set"),
        ({"WEBAPI_WORKERS": "none"}, "WEBAPI_WORKERS"),
        ({"WEBAPI_LOOKUPS": "token"}, "WEBAPI_TOKEN_KEY is not set"),
        ({"WEBAPI_LOOKUPS": "token", "WEBAPI_TOKEN_KEY": "short"}, "WEBAPI_TOKEN_KEY is too short"),
        ({"WEBAPI_LOOKUPS": "closed"}, "WEBAPI_LOOKUPS"),
        ({"WEBAPI_LOG_FILE": "/dev/null/api.log"}, "WEBAPI_LOG_FILE: /dev/null/api.log can't be written"),
    ],
)
def test_service_refuses_to_start_with_a_sentence(mysql_settings, tmp_path, changed, sentence):
    told = environment(mysql_settings, **{"WEBAPI_LOG_FILE": str(tmp_path / "api.log"), "WEBAPI_PORT": "1", **changed})
    command = [sys.executable, "-m", "gunicorn", "-c", "webapi/gunicorn.conf.py", "webapi:create_app()"]
    ended = subprocess.run(command, cwd=PROJECT_ROOT, env=told, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    (line,) = [line for line in ended.stderr.splitlines() if line.strip()]
    assert line.startswith("The web service does not start: ") and sentence in line
