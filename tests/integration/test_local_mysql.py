"""The private server and the rights of its users, as ``make demo`` makes them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mysql.connector
import psutil
import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings
from local_stack.console import Problem
from local_stack.mysql.access import grant_access
from local_stack.mysql.binary import resolve_server
from local_stack.mysql.database import _refuse_another_port
from local_stack.mysql.server import PrivateServer, free_port
from local_stack.private_socket import LONGEST_SOCKET_PATH
from local_stack.settings import StackSettings


def run(connection: MySQLConnectionAbstract, statement: str) -> list[tuple]:
    """Return all rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def api_connection(mysql_settings: Settings) -> Iterator[MySQLConnectionAbstract]:
    """Connect as the web service does."""
    with mysql.connector.connect(
        host=mysql_settings.mysql_host,
        port=mysql_settings.mysql_port,
        user=mysql_settings.mysql_api_user,
        password=mysql_settings.mysql_api_password.get_secret_value(),
        autocommit=True,
    ) as connection:
        yield connection


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[PrivateServer]:
    """Describe a server whose folder's path is too long for a socket; what a test starts is stopped."""
    folder = tmp_path / ("long-" * 20) / "mysql"
    server = PrivateServer(resolve_server(StackSettings()), folder, free_port(), buffer_pool="128M")
    yield server
    server.stop()


def test_loader_may_load_from_a_file(raw_connection: MySQLConnectionAbstract, tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("1\n2\n")
    run(raw_connection, "create table loaded (number int)")
    run(raw_connection, f"load data local infile '{tmp_path}/rows.tsv' into table loaded")
    assert run(raw_connection, "select sum(number) from loaded") == [(3,)]


def test_loader_may_move_a_table_between_the_databases(
    raw_connection: MySQLConnectionAbstract, mysql_settings: Settings
) -> None:
    build, mart = mysql_settings.build_database, mysql_settings.mart_database
    run(raw_connection, f"create table {build}.moved (number int)")
    run(raw_connection, f"rename table {build}.moved to {mart}.moved")
    assert run(raw_connection, f"select count(*) from {mart}.moved") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from mysql.user",
        "create database elsewhere",
        # An underscore in a grant stands for any character unless it is escaped.
        "create database campaignxraw",
        "create user someone",
    ],
)
def test_loader_has_no_right_outside_the_four_databases(
    raw_connection: MySQLConnectionAbstract, statement: str
) -> None:
    with pytest.raises(mysql.connector.Error, match="denied"):
        run(raw_connection, statement)


def test_api_user_reads_the_marts(
    raw_connection: MySQLConnectionAbstract, api_connection: MySQLConnectionAbstract, mysql_settings: Settings
) -> None:
    assert run(api_connection, f"select count(*) from {mysql_settings.mart_database}.publication") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from {mart}.publication",
        "create table {mart}.mine (number int)",
        "drop table {mart}.publication",
        "select * from {raw}.transaction_data",
        "create table {build}.mine (number int)",
    ],
)
def test_api_user_can_do_nothing_else(
    api_connection: MySQLConnectionAbstract, mysql_settings: Settings, statement: str
) -> None:
    databases = {
        "raw": mysql_settings.raw_database,
        "build": mysql_settings.build_database,
        "mart": mysql_settings.mart_database,
    }
    with pytest.raises(mysql.connector.Error, match="denied"):
        run(api_connection, statement.format(**databases))


@pytest.mark.parametrize("password", ["", "root", "password"])
def test_administrator_needs_the_random_password(mysql_settings: Settings, password: str) -> None:
    with pytest.raises(mysql.connector.Error, match="denied"):
        mysql.connector.connect(host="127.0.0.1", port=mysql_settings.mysql_port, user="root", password=password)


@pytest.mark.parametrize(
    ("variable", "at_least"),
    [("group_concat_max_len", 1_048_576), ("max_allowed_packet", 64 * 2**20), ("tmp_table_size", 256 * 2**20)],
)
def test_server_is_set_up_for_the_marts(raw_connection: MySQLConnectionAbstract, variable: str, at_least: int) -> None:
    assert run(raw_connection, f"select @@global.{variable}")[0][0] >= at_least


def test_server_keeps_its_data_and_its_password_over_a_restart(own_server: PrivateServer) -> None:
    assert len(os.fsencode(own_server.socket)) <= LONGEST_SOCKET_PATH
    own_server.initialise("first's \"pass\\word")
    own_server.start()
    first_pid = own_server.pid()
    own_server.start()
    assert own_server.pid() == first_pid, "starting a running server must change nothing"
    with own_server.connect_as_root("first's \"pass\\word") as connection:
        run(connection, "create database kept")
        assert run(connection, "select @@innodb_flush_log_at_trx_commit") == [(1,)], "a crash would lose commits"
    own_server.stop()
    assert own_server.pid() is None

    own_server.initialise("another")
    own_server.start()
    with own_server.connect_as_root("first's \"pass\\word") as connection:
        assert run(connection, "select schema_name from information_schema.schemata where schema_name = 'kept'")


def test_a_session_that_has_read_and_not_committed_holds_no_command_up(own_server: PrivateServer) -> None:
    """Every command of the local stack gives the rights again; CREATE DATABASE IF NOT EXISTS would wait for the reader."""
    own_server.initialise("password")
    own_server.start()
    settings = Settings(MYSQL_HOST="127.0.0.1", MYSQL_PORT=own_server.port, CAMPAIGN_TABLE_WAIT_SECONDS=1)
    with own_server.connect_as_root("password") as administrator, own_server.connect_as_root("password") as reader:
        grant_access(administrator, settings, "loader", "api")
        run(reader, "create table campaign_mart.read_by_somebody (id int primary key)")
        run(reader, "start transaction")
        run(reader, "select * from campaign_mart.read_by_somebody")
        grant_access(administrator, settings, "loader", "api")
        assert run(administrator, "select @@session.lock_wait_timeout") == [(1,)]


def test_server_that_runs_on_another_port_than_the_setting_is_named(
    raw_connection: MySQLConnectionAbstract, mysql_settings: Settings, own_server: PrivateServer
) -> None:
    said = f"runs on port {mysql_settings.mysql_port}, and MYSQL_PORT is {own_server.port} now: make stop"
    with pytest.raises(Problem, match=said):
        _refuse_another_port(raw_connection, own_server)


def test_pid_file_of_a_dead_server_is_not_believed(own_server: PrivateServer) -> None:
    own_server.folder.mkdir(parents=True)
    own_server.pid_file.write_text(str(os.getpid()))
    assert own_server.pid() is None


def kill(server: PrivateServer) -> int:
    """End it as a power cut does, and return the number it had."""
    pid = server.pid()
    os.kill(pid, signal.SIGKILL)
    while server.pid():
        time.sleep(0.02)
    return pid


def test_server_starts_again_after_any_death(own_server: PrivateServer) -> None:
    own_server.initialise("password")
    # A command that was killed has left one that is still starting.
    killed_command = threading.Thread(target=own_server.start)
    killed_command.start()
    while not any(f"--datadir={own_server.data}" in child.cmdline() for child in psutil.Process().children()):
        time.sleep(0.01)
    another = PrivateServer(own_server.binary, own_server.folder, own_server.port)
    another.start()
    another.connect_as_root("password").close()
    killed_command.join()
    assert another.pid() == own_server.pid()

    first = kill(own_server)
    assert not psutil.pid_exists(first), "a child that has ended is reaped, or its number stays taken"

    # Left by the dead server, with a number that another process has by now, or a zombie, or none.
    zombie = subprocess.Popen(["true"])
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)
    for number in (f"{os.getpid()}\n", f"{zombie.pid}\n", "torn"):
        own_server.socket.with_name("server.sock.lock").write_text(number)
        own_server.pid_file.write_text(number)
        own_server.start()
        last = own_server.pid()
        if number != "torn":
            kill(own_server)
    zombie.wait()

    # A server that runs is found, whatever has become of its files.
    own_server.pid_file.unlink()
    another.start()
    assert another.pid() == last
    another.stop()
    assert own_server.pid() is None


def test_socket_that_an_unseen_server_answers_is_left_alone(own_server: PrivateServer) -> None:
    own_server.socket.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as other:  # as that of a server in another container
        other.bind(str(own_server.socket))
        other.listen()
        with pytest.raises(Problem, match="answers on .*server.sock"):
            own_server.start()
        assert own_server.socket.exists()
    own_server.socket.unlink()


def test_data_that_nothing_tells_about_is_moved_aside_not_deleted(own_server: PrivateServer) -> None:
    own_server.data.mkdir(parents=True)
    (own_server.data / "ibdata1").write_text("orders")
    own_server.binary = replace(own_server.binary, kind="mysql", command=("true",))
    own_server.initialise("password")
    assert own_server.data.exists() and (own_server.folder / "made_by").exists()
    assert [file.read_text() for file in own_server.folder.glob("data.*/ibdata1")] == ["orders"]


def test_data_folder_that_was_not_finished_is_made_again(own_server: PrivateServer) -> None:
    own_server.binary = replace(own_server.binary, kind="mysql", command=("false",))
    with pytest.raises(Problem, match="could not make its data folder") as raised:
        own_server.initialise("password")
    assert "remove" not in str(raised.value) and "set CAMPAIGN_STATE to another folder" in str(raised.value)
    own_server.binary = replace(own_server.binary, command=("true",))
    own_server.initialise("password")
    assert sorted(each.name for each in own_server.folder.iterdir() if each.is_dir()) == ["data"]


def test_data_of_another_kind_of_server_is_refused(own_server: PrivateServer) -> None:
    own_server.folder.mkdir(parents=True)
    (own_server.folder / "made_by").write_text("another")
    with pytest.raises(Problem, match="CAMPAIGN_MYSQL_SERVER=another"):
        own_server.initialise("password")


def test_server_that_cannot_start_shows_the_end_of_its_log(own_server: PrivateServer) -> None:
    own_server.initialise("password")
    own_server.buffer_pool = "nonsense"
    with pytest.raises(Problem, match=r"(?s)ended while starting.*Last lines of .*server\.log.*What to do"):
        own_server.start()


def test_a_query_finds_its_temporary_table_when_others_have_taken_all_memory(own_server: PrivateServer) -> None:
    own_server.initialise("password")
    own_server.start()
    large = "tmp_table_size = 1073741824"
    with (
        own_server.connect_as_root("password") as administrator,
        own_server.connect_as_root("password") as other,
        own_server.connect_as_root("password") as connection,
        other.cursor(buffered=False) as held,
    ):
        run(administrator, f"set global {large} /*!80030 , global temptable_max_ram = 2097152 */")
        run(administrator, "create database numbers")
        run(
            administrator,
            "create table numbers.digit as select 0 as d" + "".join(f" union select {n}" for n in range(1, 10)),
        )
        held.execute(f"set session {large}")
        # Unread rows wait in a temporary table of 11 MB.
        held.execute(
            "select sql_buffer_result repeat('x', 100) from "
            + " cross join ".join(f"numbers.digit as d{n}" for n in range(5))
        )
        assert held.fetchone() == ("x" * 100,)
        twice = "with counted as (select d, count(*) as n from numbers.digit group by d)"
        assert run(connection, f"{twice} select count(*) from counted as a join counted as b on b.d = a.d") == [(10,)]
        held.fetchall()
