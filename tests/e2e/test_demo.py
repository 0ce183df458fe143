"""`make demo` as a newcomer meets it: private server, real Airflow with its scheduler, gunicorn, answers over HTTP."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psutil
import pytest

from campaign.settings import PROJECT_ROOT
from local_stack.mysql.database import private_server
from local_stack.services import wait_until
from local_stack.settings import StackSettings, read_settings
from local_stack.supervisor.supervision import Supervision


@dataclass
class Demo:
    """A demo that runs, in a state folder and on ports of its own."""

    environment: dict[str, str]
    output: str

    def command(self, *words: str) -> subprocess.CompletedProcess:
        """Run a command of local_stack.demo to its end."""
        return subprocess.run(
            [sys.executable, "-m", "local_stack.demo", *words],
            cwd=PROJECT_ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def printed(self, pattern: str) -> str:
        """Return the group of a pattern in what the demo printed."""
        found = re.search(pattern, self.output)
        assert found, f"{pattern} is not in what the demo printed:\n{self.output}"
        return found[1]

    def get(self, url: str, user: str = "", password: str = "") -> dict:
        """Fetch JSON."""
        request = urllib.request.Request(url)
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    state = tmp_path_factory.mktemp("demo state")  # a space in the path, as people have
    for folder in ("mysql-server", "mariadb-server"):  # a server that was unpacked already need not be fetched again
        unpacked = StackSettings().state_folder / folder
        if unpacked.exists():
            (state / folder).symlink_to(unpacked)
    given = {name: value for name, value in os.environ.items() if not name.startswith(("MYSQL_", "CAMPAIGN_"))}
    environment = given | {
        "CAMPAIGN_STATE": str(state),
        "MYSQL_PORT": str(free_port()),
        "AIRFLOW_PORT": str(free_port()),
        "WEBAPI_PORT": str(free_port()),
    }
    demo = Demo(environment, "")
    started = demo.command("up", "--detach")
    try:
        assert started.returncode == 0, started.stderr + log_ends(state)
        demo.output = started.stdout
        yield demo
    finally:
        demo.command("down")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def log_ends(state: Path) -> str:
    return "".join(f"\n--- {log}\n{log.read_text(errors='replace')[-2000:]}" for log in (state / "logs").glob("*.log"))


def test_customer_and_shop_are_answered(demo):
    customer = demo.get(demo.printed(r"curl (\S+/customers/\d+)"))
    assert customer["campaign"]["campaign_id"] == 2
    assert customer["generation"] == 1
    assert customer["suspected"] is True and customer["reasons"]
    shop = demo.get(demo.printed(r"curl (\S+/shops/\d+)"))
    assert shop["generation"] == 1


def test_summary_is_answered_to_who_signs_in_only(demo):
    user, password, url = re.search(r"curl -u (\w+):(\S+) (\S+/summary)", demo.output).groups()
    summary = demo.get(url, user, password)
    assert summary["total_orders"] == 3000
    with pytest.raises(urllib.error.HTTPError, match="401"):
        demo.get(url)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        demo.get(url, user, "wrong")


def test_dag_run_is_green_in_airflow(demo):
    url = demo.printed(r"Airflow\s+(http://\S+)")
    password = demo.printed(r"user admin, password (\S+)\)")
    request = urllib.request.Request(
        f"{url}/auth/token",
        data=json.dumps({"username": "admin", "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(
        f"{url}/api/v2/dags/campaign_pipeline/dagRuns", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        runs = json.load(answer)["dag_runs"]
    assert [run["state"] for run in runs] == ["success"]


def test_killed_parts_are_restarted_and_the_next_demo_says_what_killed_them(demo):
    with mock.patch.dict(os.environ, demo.environment, clear=True):  # tests name a server of their own
        settings = read_settings()
    watched, server = Supervision(settings.state_folder), private_server(settings)
    killed = psutil.Process(server.pid()), watched.process("airflow-triggerer")
    for process in killed:
        process.kill()
    assert wait_until(lambda: len(watched.deaths()) == 2 and len(watched.alive()) == 6, 60), log_ends(
        settings.state_folder
    )
    assert wait_until(lambda: answers(demo), 60), log_ends(settings.state_folder)
    assert not {process.pid for process in killed} & {server.pid(), watched.process("airflow-triggerer").pid}
    again = demo.command("up", "--detach")
    assert again.returncode == 0, again.stderr
    assert re.search(
        r"(?m)^airflow-triggerer +running .*\n +died once, last at .*: terminated by SIGKILL$", again.stderr
    )
    assert re.search(r"(?m)^mysql +running .*\n +died once", again.stderr)


def answers(demo: Demo) -> bool:
    try:
        return bool(demo.get(demo.printed(r"curl (\S+/customers/\d+)")))
    except OSError:
        return False


def test_second_demo_says_so_and_does_no_work_twice(demo):
    again = demo.command("up", "--detach")
    assert again.returncode == 0, again.stderr
    assert "already running" in again.stderr
    assert re.search(r"total orders\s+3,000", again.stdout)


def test_started_again_after_a_stop_it_runs_no_pipeline(demo):
    assert demo.command("down").returncode == 0
    with pytest.raises(OSError):
        demo.get(demo.printed(r"curl (\S+/customers/\d+)"))
    again = demo.command("up", "--detach")
    assert again.returncode == 0, again.stderr
    assert "is published already; nothing to do" in again.stderr
    assert demo.get(demo.printed(r"curl (\S+/customers/\d+)"))["generation"] == 1


def test_taken_port_is_named_with_its_setting(demo, tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = str(listener.getsockname()[1])
        own = {"CAMPAIGN_STATE": str(tmp_path), "AIRFLOW_PORT": str(free_port()), "MYSQL_PORT": str(free_port())}
        other = Demo(demo.environment | own | {"WEBAPI_PORT": taken}, "")
        refused = other.command("up", "--detach")
    assert refused.returncode == 1
    assert f"port {taken}" in refused.stderr and "WEBAPI_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr
