"""What the tests need to run the web service: a way to start it, to call it, to read its log, and to cut it from MySQL."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from mysql.connector.abstracts import MySQLConnectionAbstract
from werkzeug.security import generate_password_hash

from campaign.settings import PROJECT_ROOT, Settings

USER, PASSWORD = "marcom", "correct horse battery"
OTHER_USER, OTHER_PASSWORD = "analyst", "a quite other password"
STATEMENTS = (Path(__file__).parent / "marts.sql").read_text().split(";\n")
QUICK_HASH = "scrypt:1024:8:1"  # the form of a real one, at a cost that tests can pay


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Gate:
    """Relays TCP connections to one port; ``shut`` refuses and cuts all, ``hang`` keeps them open and silent."""

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self._target_port = target_port
        self._listener: socket.socket | None = None
        self._pairs: list[socket.socket] = []
        self._flowing = threading.Event()
        self.open()

    def open(self) -> None:
        """Let connections through, again or for the first time."""
        self._flowing.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Cut every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for one in self._pairs:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def hang(self) -> None:
        """Keep connections open, accept new ones, and pass nothing on."""
        self._flowing.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                return
            self._pairs += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._relay, args=(one, other), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@dataclass
class Service:
    """A running web service."""

    port: int
    log_file: Path
    output: Path
    gate: Gate
    process: subprocess.Popen[bytes]
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, signed_in: bool = False, **options: Any) -> requests.Response:
        """GET."""
        return self.call("GET", path, signed_in, **options)

    def call(self, method: str, path: str, signed_in: bool = False, **options: Any) -> requests.Response:
        """Send a request, following no redirect."""
        if signed_in:
            options["auth"] = (USER, PASSWORD)
        return self.session.request(method, self.url + path, timeout=20, allow_redirects=False, **options)

    def answer(self, path: str, signed_in: bool = False) -> Any:
        """Return the JSON of an answer that must be 200."""
        response = self.get(path, signed_in)
        assert response.status_code == 200, response.text
        return response.json()

    def log_lines(self, own: str = "") -> list[dict[str, Any]]:
        """Return the whole log file, or the one of log-ins or exports."""
        file = self.log_file.with_name(f"{self.log_file.stem}_{own}.log") if own else self.log_file
        return [json.loads(line) for line in file.read_text().splitlines()]

    def logged(self, request_id: str) -> list[dict[str, Any]]:
        """Return the lines of a request. Its own line is written after the answer was sent, so it may be a moment late."""
        deadline = time.monotonic() + 5
        while True:
            lines = [line for line in self.log_lines() if line.get("request_id") == request_id]
            if any(line["event"] == "request" for line in lines) or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return what the service is told; a person's own .env can't lead it elsewhere."""
    users = ",".join(
        f"{name}:{generate_password_hash(password, QUICK_HASH)}"
        for name, password in ((USER, PASSWORD), (OTHER_USER, OTHER_PASSWORD))
    )
    return {
        **os.environ,
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": str(settings.mysql_port),
        "MYSQL_API_USER": settings.mysql_api_user,
        "MYSQL_API_PASSWORD": settings.mysql_api_password.get_secret_value(),
        "CAMPAIGN_MART_DATABASE": settings.mart_database,
        "WEBAPI_BIND": "127.0.0.1",
        "WEBAPI_USERS": users,
        "WEBAPI_CONTACT": "fraud-team@example.com",
        "WEBAPI_WORKERS": "2",
        "WEBAPI_THREADS": "4",
        "WEBAPI_LOOKUPS_PER_MINUTE": "0",  # tests ask more often than people
        "WEBAPI_TRUSTED_PROXIES": "1",  # so that a test may come from an address of its own
        **more,
    }


def run(connection: MySQLConnectionAbstract, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            if statement.strip():
                cursor.execute(statement)


def drop_marts(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s and table_name <> 'publication'",
            (settings.mart_database,),
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"drop table `{settings.mart_database}`.`{table}`")


def start(told: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    """Start gunicorn as the project does; what it says goes to ``output``."""
    command = [sys.executable, "-m", "gunicorn", "-c", "webapi/gunicorn.conf.py", "webapi:create_app()"]
    with output.open("wb") as sink:
        return subprocess.Popen(command, cwd=PROJECT_ROOT, env=told, stdout=sink, stderr=subprocess.STDOUT)


def wait_until_live(running: Service) -> None:
    """Wait until /livez answers; raises with what the service said when it does not."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.process.poll() is None:
        with suppress(requests.ConnectionError):
            if running.get("/livez").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the web service did not start:\n{running.output.read_text()}")
