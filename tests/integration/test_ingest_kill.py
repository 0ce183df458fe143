"""Killed at any moment, the next run ends as an undisturbed one would: the loader by SIGKILL, the server by SIGKILL.

The kills come at random moments of the load, spread over its measured length; the seed is printed with every failure.
A kill that came too late to interrupt anything does not count.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from campaign.database import connect
from campaign.schema import ensure_kept_tables, kept_tables
from campaign.settings import Settings
from campaign_sample import Plan, write_sample
from scripts.console import Problem
from scripts.mysql_access import grant_access
from scripts.mysql_binary import resolve_server
from scripts.mysql_server import PrivateServer, free_port
from scripts.stack_settings import StackSettings
from tests.fixtures.load_in_a_process import load

ROWS = 40_000
KILLS_OF_THE_LOADER = 24
KILLS_OF_THE_SERVER = 8
SEED = 20261124

# The loader's libraries take longer to import than a load takes: they are imported once, and each loader is a fork.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.fixtures.load_in_a_process"])


@dataclass
class Loader:
    """A load that is about to begin in a process of its own."""

    process: multiprocessing.Process
    says: Connection

    def status(self) -> str:
        """Wait for the end and return the status."""
        self.process.join()
        assert self.process.exitcode == 0
        return self.says.recv()


@dataclass
class Bench:
    """A server that may be killed, a file with good and bad rows, and what a load of it must end in."""

    server: PrivateServer
    settings: Settings
    file: Path
    seconds: float = 0.0
    undisturbed: dict | None = None

    def start_load(self) -> Loader:
        """Start a loader and return when it is about to begin."""
        says, tells = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=load, args=(self.file, self.settings, tells))
        process.start()
        tells.close()
        assert says.recv() == "ready"
        return Loader(process, says)

    def load(self) -> str:
        """Load to the end and return the status."""
        return self.start_load().status()

    def empty(self) -> None:
        """Forget every load."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            for table in kept_tables(self.settings):
                cursor.execute(f"truncate table {table}")

    def state(self) -> dict[str, list]:
        """Return everything that a load leaves behind, but for times."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            found = {}
            for name, columns, order in (
                ("transaction_data", "*", "order_id"),
                ("rejected_row", "*", "line_number"),
                ("source_version", "*", "one"),
                (
                    "ingest_file",
                    "sha256, load_no, file_name, bytes, status, rows_read, rows_accepted, rows_rejected, rows_known, reasons",
                    "sha256",
                ),
            ):
                cursor.execute(f"select {columns} from {self.settings.raw_database}.{name} order by {order}")
                found[name] = cursor.fetchall()
            return found

    def orders_visible(self) -> int:
        """Return how many orders a reader sees."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {self.settings.raw_database}.transaction_data")
            return cursor.fetchone()[0]


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("kill")
    server = PrivateServer(resolve_server(StackSettings()), folder / "mysql", free_port(), buffer_pool="128M")
    root_password, password = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    server.initialise(root_password)
    server.start()
    try:
        own = {
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(server.port),
            "MYSQL_USER": "campaign_loader",
            "MYSQL_PASSWORD": password,
            "CAMPAIGN_STATE": str(folder / "state"),
            "CAMPAIGN_ALLOWED_ROOTS": str(folder),
        }
        settings = Settings(**own)
        with server.connect_as_root(root_password) as administrator:
            grant_access(administrator, settings, password, secrets.token_urlsafe(16))
        with connect(settings) as connection:
            ensure_kept_tables(connection, settings)
        file = folder / "orders.csv"
        write_sample(Plan(rows=ROWS, seed=SEED, bad_share=0.02), file)
        bench = Bench(server, settings, file)
        assert bench.load() == "loaded"  # the first load of a process pays for more than its work
        bench.empty()
        loader = bench.start_load()
        started = time.monotonic()
        assert loader.status() == "loaded"
        bench.seconds = time.monotonic() - started
        bench.undisturbed = bench.state()
        yield bench
    finally:
        server.stop()


def test_undisturbed_load_has_accepted_and_rejected_rows(bench):
    (log_row,) = bench.undisturbed["ingest_file"]
    assert len(bench.undisturbed["transaction_data"]) > 0.9 * ROWS
    assert len(bench.undisturbed["rejected_row"]) > 100
    assert bench.load() == "known"
    assert bench.state() == bench.undisturbed


def test_killed_loader_leaves_all_or_nothing_and_the_next_run_ends_the_same(bench):
    chance, kills = random.Random(SEED), 0
    for attempt in range(4 * KILLS_OF_THE_LOADER):
        bench.empty()
        loader = bench.start_load()
        moment = chance.uniform(0, bench.seconds)
        time.sleep(moment)
        interrupted = loader.process.is_alive()
        loader.process.kill()
        loader.process.join()
        where = f"seed {SEED}, attempt {attempt}, killed {moment:.3f} s into a load of {bench.seconds:.3f} s"
        assert bench.orders_visible() in (0, len(bench.undisturbed["transaction_data"])), where
        assert bench.load() in ("loaded", "known"), where
        assert bench.state() == bench.undisturbed, where
        kills += interrupted
        if kills == KILLS_OF_THE_LOADER:
            return
    pytest.fail(f"only {kills} of {KILLS_OF_THE_LOADER} kills came before the load had ended")


def test_killed_server_leaves_all_or_nothing_and_the_next_run_ends_the_same(bench):
    chance, kills = random.Random(SEED + 1), 0
    for attempt in range(4 * KILLS_OF_THE_SERVER):
        bench.empty()
        loader = bench.start_load()
        moment = chance.uniform(0, bench.seconds)
        time.sleep(moment)
        interrupted = loader.process.is_alive()
        _kill_and_start_again(bench.server)
        loader.process.join()
        where = f"seed {SEED + 1}, attempt {attempt}, killed {moment:.3f} s into a load of {bench.seconds:.3f} s"
        assert bench.orders_visible() in (0, len(bench.undisturbed["transaction_data"])), where
        assert bench.load() in ("loaded", "known"), where
        assert bench.state() == bench.undisturbed, where
        kills += interrupted
        if kills == KILLS_OF_THE_SERVER:
            return
    pytest.fail(f"only {kills} of {KILLS_OF_THE_SERVER} kills came before the load had ended")


def _kill_and_start_again(server: PrivateServer) -> None:
    os.kill(server.pid(), signal.SIGKILL)
    for _ in range(100):  # a killed server's port falls free a little after its process is gone
        time.sleep(0.1)
        try:
            return server.start()
        except Problem as problem:
            last = problem
    raise last
