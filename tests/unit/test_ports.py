"""The ports of the local stack: free of outgoing connections by default, and who has a taken one is said."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import psutil
import pytest

from local_stack.console import Problem
from local_stack.mysql.server import refuse_taken_port
from local_stack.settings import StackSettings

FIRST_OUTGOING = 32768  # Linux gives these, up to 60999, to outgoing connections


@pytest.mark.parametrize("name", [name for name in StackSettings.model_fields if name.endswith("_port")])
def test_no_outgoing_connection_takes_a_default_port(name: str) -> None:
    assert 1024 <= StackSettings.model_fields[name].default < FIRST_OUTGOING


def test_who_listens_on_a_port_is_named() -> None:
    program = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as other:
        port = int(other.stdout.readline())
        name = psutil.Process(other.pid).name()
        said = rf"Airflow cannot have port {port} on 127.0.0.1: {name} \(process {other.pid}\) listens there.*AIRFLOW_PORT={port + 1}"
        try:
            with pytest.raises(Problem, match=said):
                refuse_taken_port(port, "AIRFLOW_PORT", "Airflow")
        finally:
            other.kill()


def test_an_outgoing_connection_that_has_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as far, socket.create_connection(far.getsockname()) as near:
        port = near.getsockname()[1]
        with pytest.raises(
            Problem, match=rf"port {port} .*: an outgoing connection of .* \(process {os.getpid()}\) has it"
        ):
            refuse_taken_port(port, "MYSQL_PORT", "the private MySQL server")


def test_a_process_that_may_not_be_seen_is_looked_up_by_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        hidden = [one._replace(pid=None) for one in psutil.net_connections("tcp")]
        monkeypatch.setattr(psutil, "net_connections", lambda _: hidden)
        with pytest.raises(
            Problem, match=rf"another user's process has it \(sudo ss -tanp 'sport = :{port}' names it\)"
        ):
            refuse_taken_port(port, "MYSQL_PORT", "the private MySQL server")


def test_an_address_of_another_machine_is_not_called_taken() -> None:
    with pytest.raises(
        Problem, match="cannot have port 8000 on 192.0.2.1: Cannot assign requested address. Set WEBAPI_BIND"
    ):
        refuse_taken_port(8000, "WEBAPI_PORT", "the web service", "192.0.2.1")
