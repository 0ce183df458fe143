"""The stack's database, ready to use: the private server started or the given one checked, users, kept tables.

Several commands may use the private server at once. Each holds a shared lock while it does, and the last one out stops the
server unless the demo is up.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import SQL_MODE, connect
from campaign.db.schema import ensure_kept_tables
from local_stack.console import Problem, say
from local_stack.environment import with_secrets
from local_stack.mysql.access import access_statements, grant_access, missing_access
from local_stack.mysql.binary import resolve_server, unsuitable
from local_stack.mysql.server import EMPTY_ONE, PrivateServer, way_of_data
from local_stack.secrets_file import load_secrets
from local_stack.settings import StackSettings


@contextmanager
def database_in_use(settings: StackSettings, keep_up: Callable[[], bool]) -> Iterator[StackSettings]:
    """Make the database ready, yield the settings with all passwords filled in, and stop what nobody uses any more.

    ``keep_up`` is asked at the end whether the private server is still needed by something that outlives this command.
    """
    secrets = load_secrets(settings.state_folder)
    ready = with_secrets(settings, secrets)
    if settings.mysql_host:
        _prepare_given(settings, ready)
        yield ready
        return
    folder = _server_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "start.lock").open("w") as start, (folder / "users.lock").open("w") as users:
        fcntl.flock(start, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _prepare_private(settings, ready, secrets)
        finally:
            fcntl.flock(start, fcntl.LOCK_UN)
        try:
            yield ready
        finally:
            fcntl.flock(start, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            if not keep_up() and _is_last(users):
                server.stop()


def stop_private_server(settings: StackSettings) -> str:
    """Stop the private server and return ``stopped``; or ``down``, or ``in use`` when another command needs it."""
    folder = _server_folder(settings)
    if settings.mysql_host or not way_of_data(folder):
        return "down"
    with (folder / "start.lock").open("w") as start, (folder / "users.lock").open("w") as users:
        fcntl.flock(start, fcntl.LOCK_EX)
        if not _is_last(users):
            return "in use"
        server = PrivateServer(resolve_server(settings, way_of_data(folder)), folder, settings.mysql_port)
        was_up = server.pid()
        server.stop()
        return "stopped" if was_up else "down"


def _prepare_private(settings: StackSettings, ready: StackSettings, secrets: dict[str, str]) -> PrivateServer:
    folder = _server_folder(settings)
    binary = resolve_server(settings, way_of_data(folder))
    server = PrivateServer(binary, folder, settings.mysql_port, settings.mysql_buffer_pool)
    server.initialise(secrets["MYSQL_ROOT_PASSWORD"])
    if not server.pid():
        say(f"MySQL server: {binary}, port {server.port}")
        server.start()
    try:
        with server.connect_as_root(secrets["MYSQL_ROOT_PASSWORD"]) as administrator:
            _refuse_another_port(administrator, server)
            grant_access(administrator, ready, _loader_password(ready), ready.mysql_api_password.get_secret_value())
    except mysql.connector.Error as error:
        raise Problem(
            f"the private MySQL server does not accept its administrator: {error}. "
            f"{settings.state_folder}/secrets.env and {folder} belong together: restore the secrets.env that it was made with. "
            f"{EMPTY_ONE}"
        ) from None
    with connect(ready) as connection:
        ensure_kept_tables(connection, ready)
    return server


def _refuse_another_port(administrator: MySQLConnectionAbstract, server: PrivateServer) -> None:
    """Raise a Problem when a server that was up already was started by another MYSQL_PORT."""
    with administrator.cursor() as cursor:
        cursor.execute("select @@port")
        port = cursor.fetchone()[0]
    if port != server.port:
        raise Problem(
            f"the private MySQL server runs on port {port}, and MYSQL_PORT is {server.port} now: make stop, then start again."
        )


def _prepare_given(settings: StackSettings, ready: StackSettings) -> None:
    address = f"{settings.mysql_host}:{settings.mysql_port}"
    say(f"MySQL server: the given one at {address}")
    api_password = ready.mysql_api_password.get_secret_value()
    if settings.mysql_admin_user:
        try:
            with _connect_as_administrator(settings) as administrator:
                grant_access(administrator, ready, _loader_password(ready), api_password)
        except mysql.connector.Error as error:
            raise Problem(f"{address} refuses MYSQL_ADMIN_USER={settings.mysql_admin_user}: {error}") from None
    users = (
        (ready.mysql_user, _loader_password(ready), ready.databases),
        (ready.mysql_api_user, api_password, (ready.mart_database,)),
    )
    for user, password, databases in users:
        reason = missing_access(str(settings.mysql_host), settings, user, password, databases)
        if reason.startswith("200"):  # the client's own errors: no server was reached
            raise Problem(f"nothing answers at {address}: {reason}. Check MYSQL_HOST and MYSQL_PORT.")
        if reason:
            statements = ";\n  ".join(access_statements(ready, "<MYSQL_PASSWORD>", "<MYSQL_API_PASSWORD>"))
            raise Problem(
                f"user {user} cannot use the campaign databases at {address}: {reason}\n"
                "Set MYSQL_PASSWORD and MYSQL_API_PASSWORD, and either give MYSQL_ADMIN_USER and MYSQL_ADMIN_PASSWORD, "
                f"or let an administrator run:\n  {statements};"
            )
    with connect(ready) as connection:
        if reason := unsuitable(_variables(connection)):
            raise Problem(f"the MySQL server at {address} cannot be used: {reason}")
        _warn_without_bulk_load(connection)
        ensure_kept_tables(connection, ready)


def _variables(connection: MySQLConnectionAbstract) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "show global variables where variable_name in ('version', 'read_only', 'enforce_gtid_consistency')"
        )
        return dict(cursor.fetchall())


def _warn_without_bulk_load(connection: MySQLConnectionAbstract) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select @@global.local_infile")
        if not cursor.fetchone()[0]:
            say(
                "  it refuses LOAD DATA LOCAL (local_infile is off): files are loaded by batched inserts, which is slower"
            )


def _connect_as_administrator(settings: StackSettings) -> MySQLConnectionAbstract:
    return mysql.connector.connect(
        host=settings.mysql_host,
        port=settings.mysql_port,
        user=settings.mysql_admin_user,
        password=settings.mysql_admin_password.get_secret_value(),
        autocommit=True,
        sql_mode=SQL_MODE,
        connection_timeout=10,
    )


def _loader_password(ready: StackSettings) -> str:
    return ready.mysql_password.get_secret_value()


@contextmanager
def starting_alone(settings: StackSettings) -> Iterator[None]:
    """Let one process at a time start or stop the private server."""
    with (_server_folder(settings) / "start.lock").open("w") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        yield


def private_server(settings: StackSettings) -> PrivateServer | None:
    """Return the private server that has data here, running or not; None where a server is given or none was made yet."""
    folder = _server_folder(settings)
    if settings.mysql_host or not (way := way_of_data(folder)):
        return None
    return PrivateServer(resolve_server(settings, way), folder, settings.mysql_port, settings.mysql_buffer_pool)


def _server_folder(settings: StackSettings) -> Path:
    return settings.state_folder / "mysql"


def _is_last(users) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
