"""Where every bench works: a MySQL server of its own, with the demo's settings, in a folder of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign.db.connection import connect
from campaign.db.schema import ensure_kept_tables
from campaign.settings import Settings
from local_stack.mysql.access import grant_access
from local_stack.mysql.binary import resolve_server
from local_stack.mysql.server import PrivateServer, free_port
from local_stack.settings import read_settings


def bench_folder() -> Path:
    """Return the folder for what benches write, below the state folder."""
    folder = read_settings().state_folder / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def server_in(folder: Path, port: int) -> PrivateServer:
    """Return the server of a folder, whether it runs or not."""
    given = read_settings()
    return PrivateServer(resolve_server(given), folder / "mysql", port, given.mysql_buffer_pool)


@contextmanager
def own_server(folder: Path) -> Iterator[Settings]:
    """Start a server in ``folder`` with databases, users and kept tables."""
    server = server_in(folder, free_port())
    root_password, password, api_password = (secrets.token_urlsafe(16) for _ in range(3))
    server.initialise(root_password)
    server.start()
    try:
        settings = Settings(
            MYSQL_HOST="127.0.0.1",
            MYSQL_PORT=server.port,
            MYSQL_USER="campaign_loader",
            MYSQL_PASSWORD=password,
            MYSQL_API_PASSWORD=api_password,
            CAMPAIGN_STATE=folder / "state",
            CAMPAIGN_ALLOWED_ROOTS=str(folder),
        )
        with server.connect_as_root(root_password) as administrator:
            grant_access(administrator, settings, password, api_password)
        with connect(settings) as connection:
            ensure_kept_tables(connection, settings)
        yield settings
    finally:
        server.stop()
