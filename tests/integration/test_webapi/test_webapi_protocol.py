"""The service as HTTP: problems, methods, headers, logs, documentation, metrics, reload, what MySQL lets it do."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin

import jsonschema
import mysql.connector
import pytest
import requests

from campaign.settings import Settings

from .running_service import Service, environment, free_port, start, wait_until_live

CUSTOMER = "/api/v1/customers/10"
NEEDED = {f"/api/v1/campaigns/{{campaign_id}}/{of}": "&ids=10,100" for of in ("customers", "shops")}
VALUES = {"customer_id": 10, "shop_id": 100, "shop_owner_uid": 900, "campaign_id": 1, "order_id": 501, "check": "1"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1", 404),
        ("GET", "/api/v1/customers", 404),
        ("GET", "/api/v1/customers/", 404),
        ("GET", "/api/v2/customers/10", 404),
        ("GET", "/docs/../app.py", 404),
        ("GET", "/docs/%2e%2e/%2e%2e/app.py", 404),
        ("GET", CUSTOMER + "/orders", 404),
        ("POST", CUSTOMER, 405),
        ("DELETE", "/api/v1/shops/100", 405),
        ("BREW", CUSTOMER, 405),
        ("PUT", "/livez", 405),
        ("GET", "/api/v1/customers/%FF", 422),
    ],
)
def test_every_error_is_a_problem(api: Service, method: str, path: str, status: int) -> None:
    response = api.call(method, path)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    problem = response.json()
    assert problem["status"] == status and problem["type"] == "about:blank" and problem["title"] and problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert "Traceback" not in response.text
    if status == 405:
        assert "GET" in response.headers["Allow"]


def test_fault_is_500_without_a_trace_for_the_client_and_with_one_in_the_log(api: Service, marts) -> None:
    with marts.cursor() as cursor:
        cursor.execute("rename table campaign_hourly to put_aside")
        cursor.execute("create table campaign_hourly (campaign_id int)")
        try:
            response = api.get("/api/v1/campaigns/1/hourly", signed_in=True)
        finally:
            cursor.execute("drop table campaign_hourly")
            cursor.execute("rename table put_aside to campaign_hourly")
    assert (response.status_code, response.headers["Content-Type"]) == (500, "application/problem+json")
    assert "txn_hour" not in response.text and "Traceback" not in response.text
    (fault,) = [line for line in api.logged(response.headers["X-Request-ID"]) if line["event"] == "log"]
    assert "txn_hour" in fault["traceback"] and fault["level"] == "error"


@pytest.mark.parametrize(
    "path", [CUSTOMER, "/api/v1/campaigns/1/summary", "/api/v1/campaigns/1/daily?format=csv", "/livez"]
)
def test_head_has_the_headers_of_get_and_no_body(api: Service, path: str) -> None:
    got, headed = (api.call(method, path, signed_in=True) for method in ("GET", "HEAD"))
    assert headed.content == b""
    differ = {"Date", "X-Request-ID"}
    assert {k: v for k, v in headed.headers.items() if k not in differ} == {
        k: v for k, v in got.headers.items() if k not in differ
    }


def test_options_names_the_methods_without_sign_in(api: Service) -> None:
    response = api.call("OPTIONS", "/api/v1/campaigns")
    assert response.status_code == 200
    assert {method.strip() for method in response.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS"}


def test_slash_at_the_end_makes_no_difference(api: Service) -> None:
    assert api.answer(CUSTOMER + "/") == api.answer(CUSTOMER)


def test_body_that_is_too_large_is_413(api: Service) -> None:
    assert api.call("GET", CUSTOMER, data=b"x" * 20_000).status_code == 413


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
        ("text/html", 406),
        ("image/png", 406),
    ],
)
def test_accept_is_heeded(api: Service, accept: str, status: int) -> None:
    assert api.get(CUSTOMER, headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("path", "accept", "status", "kind"),
    [
        ("/api/v1/campaigns/1/daily", "text/csv", 200, "text/csv"),
        ("/api/v1/campaigns/1/top", "text/csv, application/json;q=0.5", 200, "text/csv"),
        ("/api/v1/campaigns/1/top", "application/json, text/csv;q=0.5", 200, "application/json"),
        ("/api/v1/campaigns/1/top", "*/*", 200, "application/json"),
        ("/api/v1/campaigns/1/top?format=json", "text/csv, */*;q=0.1", 200, "application/json"),
        ("/api/v1/campaigns/1/summary", "text/csv", 406, "application/problem+json"),
        (CUSTOMER, "text/csv", 406, "application/problem+json"),
    ],
)
def test_client_that_accepts_csv_gets_it_where_there_is_one(
    api: Service, path: str, accept: str, status: int, kind: str
) -> None:
    response = api.get(path, signed_in=True, headers={"Accept": accept})
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (status, kind)
    if kind != "application/problem+json":
        assert ("Accept" in response.headers["Vary"]) == ("/top" in path or "/daily" in path)
        other = "text/csv" if kind == "application/json" else "application/json"
        if "format=" not in path:
            tag = {"If-None-Match": response.headers["ETag"]}
            assert api.get(path, signed_in=True, headers={**tag, "Accept": accept}).status_code == 304
            assert api.get(path, signed_in=True, headers={**tag, "Accept": other}).status_code == 200


@pytest.mark.parametrize("path", [CUSTOMER, "/docs", "/openapi.json", "/nothing", "/api/v1/campaigns"])
def test_security_headers_are_on_every_answer(api: Service, path: str) -> None:
    headers = api.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]


def test_request_is_one_line_in_file_and_on_stdout(api: Service) -> None:
    request_id = uuid.uuid4().hex
    response = api.get("/api/v1/campaigns/1/summary?", signed_in=True, headers={"X-Request-ID": request_id})
    (line,) = api.logged(request_id)
    assert {name: line[name] for name in line if name not in ("time", "ms")} == {
        "level": "info",
        "event": "request",
        "method": "GET",
        "path": "/api/v1/campaigns/1/summary",
        "parameters": {},
        "status": 200,
        "bytes": len(response.content),
        "address": "127.0.0.1",
        "user": "marcom",
        "request_id": request_id,
        "generation": 7,
    }
    assert 0 < line["ms"] < 10_000
    on_stdout = [one for one in api.output.read_text().splitlines() if request_id in one]
    assert [json.loads(one) for one in on_stdout] == [line]


def test_line_says_what_was_asked_for_and_never_whom(api: Service) -> None:
    path = "/api/v1/campaigns/1/suspects/customers?format=csv&limit=5&severity=high"
    response = api.get(path, signed_in=True)
    (line,) = api.logged(response.headers["X-Request-ID"])
    assert line["parameters"] == {"format": "csv", "limit": "5", "severity": "high"}
    response = api.get(
        "/api/v1/campaigns/1/top?customer_id=12345678&q=12345678&rule=a%0Ab&cursor=12345678", signed_in=True
    )
    (line,) = api.logged(response.headers["X-Request-ID"])
    assert line["parameters"] == {} and "12345678" not in json.dumps(line)


def test_export_is_a_line_of_a_file_of_its_own(api: Service) -> None:
    response = api.get("/api/v1/campaigns/1/suspects/customers?format=csv&severity=high", signed_in=True)
    (line,) = [line for line in api.log_lines("exports") if line["request_id"] == response.headers["X-Request-ID"]]
    assert (line["event"], line["user"], line["list"]) == ("export", "marcom", "suspected_customers")
    assert line["parameters"] == {"format": "csv", "severity": "high"}
    assert (line["rows"], line["bytes"]) == (response.text.count("\r\n") - 1, len(response.content))


def test_bytes_of_a_csv_are_counted(api: Service) -> None:
    response = api.get("/api/v1/campaigns/1/rules?format=csv", signed_in=True)
    (line,) = api.logged(response.headers["X-Request-ID"])
    assert line["bytes"] == len(response.content) > 0


@pytest.mark.parametrize("offered", ["a b", "x" * 65, '"}', "é".encode().decode("latin-1"), ""])
def test_request_id_that_could_harm_a_log_is_replaced(api: Service, offered: str) -> None:
    answered = api.get("/livez", headers={"X-Request-ID": offered}).headers["X-Request-ID"]
    assert answered != offered and re.fullmatch(r"[0-9a-f]{32}", answered)


def test_control_characters_in_a_path_stay_in_their_line(api: Service) -> None:
    response = api.get('/api/v1/customers/1%0a{"event": "request"}%0d%1b[31m')
    (line,) = api.logged(response.headers["X-Request-ID"])
    assert line["path"] == '/api/v1/customers/1\n{"event": "request"}\r\x1b[31m'
    raw = [one for one in api.log_file.read_text().split("\n") if response.headers["X-Request-ID"] in one]
    assert len(raw) == 1 and raw[0].startswith('{"time": ') and "\x1b" not in raw[0]


@pytest.mark.parametrize("opened", ["/docs", "/docs/", "/docs/?from=mail"])
def test_docs_page_and_what_it_loads_come_from_the_service(api: Service, opened: str) -> None:
    page = api.session.get(api.url + opened, timeout=20)
    assert page.headers["Content-Type"].startswith("text/html")
    assert not re.findall(r"(?:src|href|url)=\"(?:https?:)?//", page.text)
    loaded = {
        name: api.session.get(urljoin(page.url, address), timeout=20)
        for name, address in re.findall(r' (src|spec-url|href)="([^":]+)"', page.text)
    }
    assert [(name, loaded[name].status_code) for name in sorted(loaded)] == [
        ("href", 200),
        ("spec-url", 200),
        ("src", 200),
    ]
    script = loaded["src"]
    assert "javascript" in script.headers["Content-Type"] and len(script.content) > 500_000
    assert loaded["spec-url"].json()["paths"]


def test_way_to_the_docs_holds_below_a_prefix_that_a_proxy_takes_away(api: Service) -> None:
    location = api.get("/docs/").headers["Location"]
    assert urljoin("https://shop.example/campaigns/docs/", location) == "https://shop.example/campaigns/docs"


def test_links_of_pages_begin_with_the_prefix_that_a_proxy_names(api: Service) -> None:
    page = api.get("/", headers={"X-Forwarded-Prefix": "/vouchers"})
    links = re.findall(r' (?:href|action)="(/[^"]*)"', page.text)
    assert links and all(link.startswith("/vouchers/") for link in links), links


def test_licence_of_the_docs_script_is_served(api: Service) -> None:
    assert api.get("/docs/LICENSE.txt").text.startswith("MIT License")


def test_document_describes_every_answer(api: Service) -> None:
    document = api.answer("/openapi.json")
    assert document["openapi"].startswith("3.")
    assert len(document["paths"]) == 26
    for path, operations in document["paths"].items():
        operation = operations["get"]
        assert operation["summary"] and operation["description"], path
        assert bool(operation.get("security")) == ("/campaigns" in path or "/checks" in path), path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
        if path == "/metrics":
            assert list(operation["responses"]["200"]["content"]) == ["text/plain"]
            assert api.get(path).headers["Content-Type"].startswith("text/plain")
            continue
        needed = NEEDED.get(path, "").replace("&", "?")
        validate(api, document, path.format(**VALUES) + needed, operation, 200)
        if "{" in path:
            validate(api, document, path.format_map(dict.fromkeys(VALUES, 99)) + needed, operation, 404)
            unfit = "-" if "{check}" in path else "x"
            validate(api, document, path.format_map(dict.fromkeys(VALUES, unfit)) + needed, operation, 422)
    for path, query in (
        ("/api/v1/customers/{customer_id}", "campaign_id=1"),
        ("/api/v1/shops/{shop_id}", "campaign_id=1"),
        ("/api/v1/campaigns/{campaign_id}/top", "subject=shops"),
    ):
        validate(api, document, f"{path.format(**VALUES)}?{query}", document["paths"][path]["get"], 200)


def test_document_lists_the_rules_that_are_published_and_its_server(api: Service) -> None:
    document = api.answer("/openapi.json")
    assert document["servers"] == [{"url": api.url}]
    rules = api.answer("/api/v1/campaigns/1/rules", signed_in=True)["rules"]
    for of, subjects in (("customers", ("shop", "campaign")), ("shops", None)):
        operation = document["paths"][f"/api/v1/campaigns/{{campaign_id}}/suspects/{of}"]["get"]
        (parameter,) = [one for one in operation["parameters"] if one["name"] == "rule"]
        listed = parameter["schema"]["enum"]
        assert listed and set(listed) <= {rule["rule_id"] for rule in rules}
        if subjects:
            assert set(listed) == {rule["rule_id"] for rule in rules if rule["subject"] not in subjects}
        for rule in listed:
            assert api.get(f"/api/v1/campaigns/1/suspects/{of}?rule={rule}", signed_in=True).status_code == 200


def test_document_declares_the_headers_that_are_sent(api: Service) -> None:
    document = api.answer("/openapi.json")
    declared = document["components"]["headers"]
    for path, operations in document["paths"].items():
        responses = operations["get"]["responses"]
        for status in {"429", "503"} & responses.keys():
            assert list(responses[status]["headers"]) == ["Retry-After"], path
        if path.startswith("/api/") and "/checks" not in path:  # which belong to no generation
            assert "If-None-Match" in [one["name"] for one in operations["get"]["parameters"] if one["in"] == "header"]
            query = "?format=csv" if "text/csv" in responses["200"]["content"] else "?"
            answer = api.get(path.format(**VALUES) + query + NEEDED.get(path, ""), signed_in=True)
            for status in ("200", "304"):
                assert {"ETag", "X-Generation"} <= responses[status]["headers"].keys(), path
            for name, header in responses["200"]["headers"].items():
                assert header == {"$ref": f"#/components/headers/{name}"} and name in declared
                assert name in answer.headers, (path, name)


def test_guide_has_every_error_that_the_service_answers_with(api: Service) -> None:
    table = api.answer("/openapi.json")["info"]["description"].partition("# Errors")[2]
    named = {
        int(status) for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for status in cell.split(", ")
    }
    assert named == {400, 401, 404, 405, 406, 408, 414, 422, 429, 431, 500, 503}
    assert api.get(CUSTOMER + "?x=" + "a" * 9000).status_code == 414
    assert api.get(CUSTOMER, headers={"X-Long": "a" * 9000}).status_code == 431


def test_unknown_parameter_is_refused_by_every_address_with_data(api: Service) -> None:
    paths = [path for path in api.answer("/openapi.json")["paths"] if path.startswith("/api/")]
    assert len(paths) == 23
    for path in paths:
        response = api.get(path.format(**VALUES) + "?foo=1" + NEEDED.get(path, ""), signed_in=True)
        assert response.status_code == 422, path
        assert response.json()["detail"] == "foo: is not a parameter of this address"


def test_guide_names_the_addresses_that_take_csv_and_no_other_does(api: Service) -> None:
    document = api.answer("/openapi.json")
    (sentence,) = re.findall(r"`\?format=csv` gives (.*?) as a file", document["info"]["description"], re.DOTALL)
    named = re.findall("`([a-z_{}/]+)`", sentence)
    taken = []
    for path in document["paths"]:
        if path.startswith("/api/"):
            response = api.get(path.format(**VALUES) + "?format=csv" + NEEDED.get(path, ""), signed_in=True)
            if response.status_code == 200 and response.headers["Content-Type"].startswith("text/csv"):
                taken.append(path.partition("{campaign_id}/")[2])
            else:
                assert response.status_code == 422, path
    assert named == taken


def test_example_of_every_answer_has_the_fields_of_its_schema(api: Service) -> None:
    document = api.answer("/openapi.json")
    examples = 0
    for path, operations in document["paths"].items():
        if path.startswith("/api/"):
            media = operations["get"]["responses"]["200"]["content"]["application/json"]
            assert_fits(document, media["schema"], media["example"], path)
            examples += 1
    assert examples == 23


def assert_fits(document: dict, described: dict, answer: dict, path: str) -> None:
    schema = {**described, "components": document["components"]}
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert not [f"{path}: {error.json_path} {error.message}" for error in checker.iter_errors(answer)]
    fields = set(answer) - set(document["components"]["schemas"][described["$ref"].rpartition("/")[2]]["properties"])
    assert not fields, f"{path} answers with fields that the document does not have: {fields}"


def validate(api: Service, document: dict, path: str, operation: dict, status: int) -> None:
    response = api.get(path, signed_in=True)
    assert response.status_code == status, (path, response.text)
    described = operation["responses"][str(status)]["content"][response.headers["Content-Type"]]["schema"]
    assert_fits(document, described, response.json(), path)


def test_metrics_sum_over_workers_and_name_routes_not_subjects(api: Service) -> None:
    def counted() -> float:
        text = api.get("/metrics").text
        assert 'route="/api/v1/customers/10"' not in text
        found = re.search(
            r'webapi_requests_total\{method="GET",route="/api/v1/customers/<customer_id>",status="200"\} (\S+)', text
        )
        return float(found[1]) if found else 0

    before = counted()
    for _ in range(20):
        api.get(CUSTOMER, headers={"Connection": "close"})
    deadline = time.monotonic() + 5
    while counted() < before + 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert counted() == before + 20


def test_mysql_user_may_read_the_marts_and_nothing_else(mysql_settings: Settings, marts) -> None:
    with mysql.connector.connect(
        host="127.0.0.1",
        port=mysql_settings.mysql_port,
        user=mysql_settings.mysql_api_user,
        password=mysql_settings.mysql_api_password.get_secret_value(),
        database=mysql_settings.mart_database,
        autocommit=True,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("select generation from current_generation")
        assert cursor.fetchall() == [(7,)]
        for statement in (
            "delete from current_generation",
            "create table mine (x int)",
            f"select * from {mysql_settings.raw_database}.transaction_data",
        ):
            with pytest.raises(mysql.connector.Error) as refused:
                cursor.execute(statement)
            assert refused.value.errno in (1142, 1143, 1044), statement


def sockets_of_workers(service: Service) -> list[int]:
    """Return how many sockets each worker process has open."""
    master = service.process.pid
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return [
        sum(str(file.readlink()).startswith("socket:") for file in Path(f"/proc/{worker}/fd").iterdir())
        for worker in workers
    ]


def test_connections_that_stay_open_are_spread_over_the_workers(api: Service) -> None:
    before = sockets_of_workers(api)
    assert len(before) == 2
    with ExitStack() as opened:
        connections = [opened.enter_context(requests.Session()) for _ in range(40)]
        askers = [
            threading.Thread(target=connection.get, args=(f"{api.url}/livez",), kwargs={"timeout": 20})
            for connection in connections
        ]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        more = [after - sockets for sockets, after in zip(before, sockets_of_workers(api), strict=True)]
    assert min(more) >= 8 and sum(more) >= 30, more


def test_reload_loses_no_request(mysql_settings: Settings, marts, tmp_path) -> None:
    port = free_port()
    told = environment(mysql_settings, WEBAPI_PORT=str(port), WEBAPI_LOG_FILE=str(tmp_path / "api.log"))
    running = Service(port, tmp_path / "api.log", tmp_path / "output.txt", None, start(told, tmp_path / "output.txt"))
    wrong: list[str] = []
    answered = [0]
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                response = requests.get(running.url + CUSTOMER, timeout=20)
                answered[0] += 1
                if response.status_code != 200:
                    wrong.append(response.text)
            except requests.RequestException as error:
                wrong.append(repr(error))

    try:
        wait_until_live(running)
        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        for _ in range(2):
            before = running.output.read_text().count("Booting worker")
            running.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 30
            while running.output.read_text().count("Booting worker") < before + 2 and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(3)  # the old workers end, the new ones answer
        stop.set()
        for asker in askers:
            asker.join()
    finally:
        stop.set()
        running.process.terminate()
        running.process.wait(timeout=40)
    assert answered[0] > 20
    assert not wrong, wrong[:3]
