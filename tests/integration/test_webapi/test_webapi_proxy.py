"""The shipped nginx before the service: clients are counted, not the proxy; slow ones stay with the proxy; TLS by setting."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from campaign.settings import PROJECT_ROOT, Settings
from local_stack.mysql import apt_archive
from local_stack.settings import StackSettings

from .running_service import USER, Service, environment, free_port, start, wait_until_live
from .slow_clients import crowd, probes


def nginx_command() -> str:
    """Return the distribution's nginx: installed, else unpacked from its archive as MySQL is."""
    installed = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if installed:
        return installed
    prefix = apt_archive.unpack(
        "^nginx-light$", apt_archive.own_suite(), StackSettings().state_folder.resolve() / "nginx"
    )
    return shlex.join(apt_archive.loader_command(prefix, "usr/sbin/nginx"))


@contextmanager
def proxy(service_port: int, folder: Path, **told: str) -> Iterator[int]:
    """Start the proxy as its container does; gives its port."""
    port, health = free_port(), free_port()
    environment = {
        **os.environ,
        "PROXY_SERVICE": f"127.0.0.1:{service_port}",
        "PROXY_LISTEN": f"127.0.0.1:{port}",
        "PROXY_HEALTH_PORT": str(health),
        "PROXY_FOLDER": str(folder),
        "PROXY_NGINX": nginx_command(),
        **told,
    }
    with (folder / "said.txt").open("wb") as said:
        started = subprocess.Popen(
            [sys.executable, PROJECT_ROOT / "config/proxy/start.py"], env=environment, stdout=said, stderr=said
        )
    try:
        deadline = time.monotonic() + 20
        while True:
            with suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{health}/livez", timeout=10)
                break
            assert time.monotonic() < deadline and started.poll() is None, (folder / "said.txt").read_text()
            time.sleep(0.1)
        yield port
    finally:
        started.terminate()
        started.wait(timeout=20)


@pytest.fixture(scope="module")
def proxied(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with proxy(service.port, tmp_path_factory.mktemp("proxy")) as port:
        yield port


def ask(port: int, path: str, own_address: str = "127.0.0.1", **options: object) -> requests.Response:
    """GET from one of this machine's own addresses, each of which is a client of its own."""
    session = requests.Session()
    adapter = requests.adapters.HTTPAdapter()
    adapter.init_poolmanager(1, 1, source_address=(own_address, 0))
    session.mount("http://", adapter)
    return session.get(f"http://127.0.0.1:{port}{path}", timeout=20, **options)


def test_back_off_counts_clients_and_not_the_proxy(api: Service, proxied: int) -> None:
    forged = {"X-Forwarded-For": "198.51.100.7"}  # what a client says of itself is not believed
    guesses = [ask(proxied, "/api/v1/campaigns", "127.0.0.2", auth=(USER, "wrong"), headers=forged) for _ in range(6)]
    assert [one.status_code for one in guesses] == [401] * 5 + [429]
    assert ask(proxied, "/api/v1/campaigns", "127.0.0.3", auth=(USER, "wrong")).status_code == 401
    lines = [line for one in guesses for line in api.logged(one.headers["X-Request-ID"])]
    assert {line["address"] for line in lines} == {"127.0.0.2"}


def test_budget_of_lookups_counts_clients_and_not_the_proxy(
    api: Service, mysql_settings: Settings, tmp_path: Path
) -> None:
    port, budget = free_port(), 5
    told = environment(
        mysql_settings,
        WEBAPI_PORT=str(port),
        WEBAPI_LOG_FILE=str(tmp_path / "api.log"),
        WEBAPI_LOOKUPS_PER_MINUTE=str(budget),
    )
    output = tmp_path / "output.txt"
    frugal = Service(port, tmp_path / "api.log", output, api.gate, start(told, output))
    try:
        wait_until_live(frugal)
        with proxy(port, tmp_path) as through:
            asked = (ask(through, "/api/v1/customers/10", "127.0.0.5") for _ in range(2 * budget + 1))
            spent = next(answer for answer in asked if answer.status_code != 200)  # within two minutes' budgets
            assert spent.status_code == 429 and 0 < int(spent.headers["Retry-After"]) <= 60
            assert ask(through, "/api/v1/customers/10", "127.0.0.6").status_code == 200
    finally:
        frugal.process.terminate()
        frugal.process.wait(timeout=40)


def test_answer_is_that_of_the_service(api: Service, proxied: int) -> None:
    direct, through = (
        requests.get(f"http://127.0.0.1:{port}/api/v1/customers/10", timeout=20) for port in (api.port, proxied)
    )
    assert (through.status_code, through.content) == (200, direct.content)
    differ = {"Date", "Server", "X-Request-ID", "Connection"}
    assert {k: v for k, v in through.headers.items() if k not in differ} == {
        k: v for k, v in direct.headers.items() if k not in differ
    }
    assert through.headers["Server"] == "nginx"


def test_metrics_stay_inside(api: Service, proxied: int) -> None:
    assert ask(proxied, "/metrics").status_code == 404


def test_slow_clients_stay_with_the_proxy(api: Service, proxied: int) -> None:
    with crowd(proxied, silent=100, dripping=30, unread=10):
        probed = list(probes(proxied, ("/livez",), 2, source="127.0.0.4"))
    assert {one.status for one in probed} == {"200"}


def test_service_that_is_down_is_503_with_retry_after(tmp_path: Path) -> None:
    with proxy(free_port(), tmp_path) as port:
        answer = ask(port, "/livez")
        assert (answer.status_code, answer.headers["Retry-After"], answer.json()["status"]) == (503, "5", 503)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_tls_by_setting(api: Service, tmp_path: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.crt"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files], check=True, capture_output=True
    )
    with proxy(api.port, tmp_path, PROXY_TLS="yes", PROXY_TLS_FOLDER=str(tmp_path)) as port:
        answer = requests.get(f"https://localhost:{port}/docs/", timeout=20, verify=tmp_path / "tls.crt")
        assert answer.url == f"https://localhost:{port}/docs" and answer.status_code == 200
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        document = requests.get(
            f"https://localhost:{port}/openapi.json", timeout=20, verify=tmp_path / "tls.crt"
        ).json()
        assert document["servers"] == [{"url": f"https://localhost:{port}"}]
        assert requests.get(f"http://localhost:{port}/livez", timeout=20).status_code == 400


def test_tls_without_its_files_does_not_start(tmp_path: Path) -> None:
    told = {**os.environ, "PROXY_TLS": "yes", "PROXY_TLS_FOLDER": str(tmp_path), "PROXY_FOLDER": str(tmp_path)}
    tried = subprocess.run(
        [sys.executable, PROJECT_ROOT / "config/proxy/start.py"], env=told, capture_output=True, text=True, timeout=20
    )
    assert tried.returncode == 1 and "WEBAPI_TLS_FOLDER: tls.crt is not in it" in tried.stderr
