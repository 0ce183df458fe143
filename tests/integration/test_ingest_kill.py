"""Killed at any moment, the loader or the server: readers saw all or nothing, and the next run ends as if nothing had been.

Each round brings the server into the same state, kills at a random moment of a load, runs the load again and compares
everything that is stored with what an undisturbed load leaves. The seed is told with every failure; a kill that came too
late to interrupt anything does not count.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import mysql.connector
import pytest

from campaign.contract.columns import COLUMN_NAMES
from campaign.contract.outcome import FileOutcome
from campaign.db.connection import connect
from campaign.db.schema import ensure_kept_tables
from campaign.ingest.load.replace import Replace
from campaign.settings import Settings
from local_stack.mysql.access import grant_access
from local_stack.mysql.binary import resolve_server
from local_stack.mysql.server import PrivateServer, free_port
from local_stack.settings import StackSettings
from tests.fixtures.load_in_a_process import Load, run

ROWS = 20_000
WAYS = ("in one transaction", "by side tables", "replacing stored orders", "replacing whole days")
REPLACING = {"replacing stored orders": Replace.ORDERS, "replacing whole days": Replace.DAYS}
KILLS_OF_THE_LOADER = pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.long)])  # of each way
KILLS_OF_THE_SERVER = pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.long)])
SEED = int(os.environ.get("CAMPAIGN_KILL_SEED", random.SystemRandom().randrange(10**6)))
STATE = {
    "transaction_data": "*",
    "rejected_row": "*",
    "ingest_file": "sha256, load_no, file_name, bytes, status, rows_read, rows_accepted, rows_rejected, rows_known,"
    " cast(reasons as char), message, header, wanted, windows",
    "source_version": "*",
    "order_day": "txn_date, first_order_id, last_order_id",
}

# The loader's libraries take longer to import than a load takes: they are imported once, and each loader is a fork.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.fixtures.load_in_a_process"])


@dataclass
class Loader:
    """A load that is about to begin, in a process of its own."""

    process: multiprocessing.Process
    says: Connection

    def outcome(self) -> FileOutcome:
        """Wait for the end of the load."""
        outcome = self.says.recv()
        self.process.join()
        assert self.process.exitcode == 0
        return outcome


@dataclass
class Ground:
    """A server that may be killed, and the loads."""

    server: PrivateServer
    settings: Settings
    folder: Path

    def load(self, way: str) -> Load:
        """Return the load of a way: orders with some bad rows, or corrections that are known, changed and new orders."""
        if way in REPLACING:
            return Load(self.folder / "corrections.csv", self.settings, replace=REPLACING[way])
        return Load(self.folder / "orders.csv", self.settings, side_tables=way == "by side tables")

    def start(self, way: str) -> Loader:
        """Start a loader and return when it is about to begin."""
        says, tells = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=run, args=(self.load(way), tells))
        process.start()
        tells.close()
        assert says.recv() == "ready"
        return Loader(process, says)

    def reset(self, way: str) -> None:
        """Empty the tables, and load what this way finds stored."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            for table in STATE:
                cursor.execute(f"truncate table {table}")
        if way in REPLACING:
            self.load("in one transaction").run()

    def state(self) -> dict[str, list[tuple]]:
        """Return everything that a load leaves behind but times, and the names of all tables."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            state = {}
            for table, columns in STATE.items():
                cursor.execute(f"select {columns} from {table} order by 1, 2")
                state[table] = cursor.fetchall()
            cursor.execute("show tables")
            state["tables"] = sorted(cursor.fetchall())
            return state

    def visible(self) -> tuple:
        """Return what a reader sees now."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            return visible(cursor)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("kill")
    server = PrivateServer(resolve_server(StackSettings()), folder / "mysql", free_port(), buffer_pool="128M")
    root_password, password = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    server.initialise(root_password)
    server.start()
    try:
        settings = Settings(
            MYSQL_HOST="127.0.0.1", MYSQL_PORT=server.port, MYSQL_USER="campaign_loader", MYSQL_PASSWORD=password,
            CAMPAIGN_STATE=folder / "state", CAMPAIGN_ALLOWED_ROOTS=str(folder),
        )  # fmt: skip
        with server.connect_as_root(root_password) as administrator:
            grant_access(administrator, settings, password, secrets.token_urlsafe(16))
        with connect(settings) as connection:
            ensure_kept_tables(connection, settings)
        write_files(folder)
        ground = Ground(server, settings, folder)
        ground.start("in one transaction").outcome()  # the first load of a process pays for more than its work
        yield ground
    finally:
        server.stop()


def write_files(folder: Path) -> None:
    """Write the orders, unordered and with one bad row in a hundred, and the corrections."""
    rows = [
        f"2026-06-{10 + n % 4} 10:00:{n % 60:02},2026-06-{10 + n % 4},{7 * n % 104_729 + 1},{n % 5000},{n % 300},{n % 300 + 9},"
        f"{1000 + n % 900},{n % 300}"
        for n in range(ROWS)
    ]
    header = ",".join(COLUMN_NAMES)
    orders = [row.replace("2026", "20x6") if n % 100 == 0 else row for n, row in enumerate(rows)]
    (folder / "orders.csv").write_text("\n".join([header, *orders]))
    changed = [row.replace(" 10:", " 11:") if n % 3 == 0 else row for n, row in enumerate(rows)]
    (folder / "corrections.csv").write_text("\n".join([header, *changed[ROWS // 3 :]]))


class Reader(threading.Thread):
    """Reads the raw tables in single statements, as fast as it can, and keeps every different answer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self.settings, self.ended = settings, threading.Event()
        self.answers: set[tuple] = set()
        self.errors: list[str] = []
        self.start()

    def run(self) -> None:
        try:
            with connect(self.settings) as connection, connection.cursor() as cursor:
                while not self.ended.is_set():
                    self.answers.add(visible(cursor))
        except mysql.connector.Error as error:
            self.errors.append(str(error))

    def end(self) -> None:
        self.ended.set()
        self.join()


def visible(cursor) -> tuple:
    """Return what one statement sees: orders, sums over them, refused rows, loaded files, version."""
    cursor.execute(
        "select count(*), sum(gmv), sum(load_no), sum(hour(txn_time)), (select count(*) from rejected_row),"
        " (select count(*) from ingest_file where status = 'loaded'), (select max(version) from source_version)"
        " from transaction_data"
    )
    return cursor.fetchone()


@dataclass
class Undisturbed:
    """A load that was left alone: what it leaves, what readers may see before and after it, and how long it takes."""

    state: dict[str, list[tuple]]
    allowed: set[tuple]
    seconds: float


def leave_alone(ground: Ground, way: str) -> Undisturbed:
    ground.reset(way)
    before = ground.visible()
    began = time.monotonic()
    outcome = ground.start(way).outcome()
    seconds = time.monotonic() - began
    assert outcome.status == "loaded"
    assert outcome.rows_accepted > ROWS / 5
    assert bool(outcome.rows_known) == (way in REPLACING) != bool(outcome.rows_rejected)
    assert bool(outcome.orders_removed) == (way == "replacing whole days")
    after = ground.visible()
    assert before != after
    return Undisturbed(ground.state(), {before, after}, seconds)


@KILLS_OF_THE_LOADER
@pytest.mark.parametrize("way", WAYS)
def test_a_killed_loader_leaves_all_or_nothing_and_the_next_run_ends_the_same(
    way: str, kills: int, ground: Ground
) -> None:
    undisturbed = leave_alone(ground, way)
    chance, in_time = random.Random(f"{SEED}{way}"), 0
    for attempt in range(4 * kills + 4):
        ground.reset(way)
        reader = Reader(ground.settings)
        loader = ground.start(way)
        moment = chance.uniform(0, undisturbed.seconds)
        time.sleep(moment)
        in_time += loader.process.is_alive()
        loader.process.kill()
        loader.process.join()
        ground.load(way).run()
        reader.end()
        where = (
            f"CAMPAIGN_KILL_SEED={SEED}, attempt {attempt}, killed after {moment:.3f} of {undisturbed.seconds:.3f} s"
        )
        assert reader.errors == [], where
        assert reader.answers <= undisturbed.allowed, where
        assert ground.state() == undisturbed.state, where
        assert list((ground.settings.state_folder / "ingest").glob("load-*")) == [], where
        if in_time == kills:
            return
    pytest.fail(f"only {in_time} of {kills} kills came before the load had ended")


@KILLS_OF_THE_SERVER
@pytest.mark.parametrize("way", WAYS)
def test_a_killed_server_holds_all_or_nothing_and_the_next_run_ends_the_same(
    way: str, kills: int, ground: Ground
) -> None:
    undisturbed = leave_alone(ground, way)
    chance, in_time = random.Random(f"{SEED}{way}"), 0
    for attempt in range(4 * kills + 4):
        ground.reset(way)
        loader = ground.start(way)
        moment = chance.uniform(0.2, 1) * undisturbed.seconds
        time.sleep(moment)
        in_time += loader.process.is_alive()
        kill_and_start_again(ground.server)
        loader.process.join()
        where = (
            f"CAMPAIGN_KILL_SEED={SEED}, attempt {attempt}, killed after {moment:.3f} of {undisturbed.seconds:.3f} s"
        )
        assert ground.visible() in undisturbed.allowed, where
        ground.load(way).run()
        assert ground.state() == undisturbed.state, where
        if in_time == kills:
            return
    pytest.fail(f"only {in_time} of {kills} kills came before the load had ended")


def kill_and_start_again(server: PrivateServer) -> None:
    pid = server.pid()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)  # only then is its port free
    server.start()
