"""A server of its own, files to load and processes to disturb. Only processes that this world has started are ever killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from campaign.db.connection import connect, tables_in
from campaign.db.schema import ensure_kept_tables, kept_tables, version_table
from campaign.settings import Settings
from local_stack.mysql.access import grant_access
from local_stack.mysql.binary import resolve_server
from local_stack.mysql.server import PrivateServer, free_port
from local_stack.settings import StackSettings
from tests.chaos.pipeline_in_a_process import MARTS, Run, run
from tests.chaos.state import broken_promises, checksums
from tests.fixtures.ingest_corpus import HEADER, good_values, line

ROWS = 2_000
PATIENCE = 180
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.chaos.pipeline_in_a_process"])


@dataclass
class Driver:
    """A run of the pipeline in a process of its own, and what it has said."""

    process: multiprocessing.process.BaseProcess
    heard: Connection
    run_id: str
    last: tuple = ("stage", "start")
    seconds: dict[str, float] = field(default_factory=dict)

    def reaches(self, stage: str) -> bool:
        """Wait until a stage begins; false where the run ends before."""
        while self.last != ("stage", stage):
            if not self._listen():
                return False
        return True

    def ends(self) -> tuple[str, object]:
        """Wait for the end: ``done`` and seconds, ``failed`` and a text, or ``killed``."""
        while self.last[0] == "stage" and self._listen():
            pass
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.kill()
            return "hung", self.last[1]
        return self.last if self.last[0] != "stage" else ("killed", self.last[1])

    def kill(self) -> None:
        """Kill -9."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def _listen(self) -> bool:
        try:
            if not self.heard.poll(PATIENCE):
                return False
            self.last = self.heard.recv()
        except EOFError:
            return False
        return self.last[0] == "stage"


class World:
    """The server, the files, and what an undisturbed run leaves."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        """Start the server and run the pipeline undisturbed, twice: the first run has no generation to go back to."""
        folder.mkdir(exist_ok=True)
        self.folder, self.runs, self.random = folder, 0, random.Random()
        self.server = PrivateServer(resolve_server(StackSettings()), folder / "mysql", free_port(), buffer_pool="64M")
        # What is left of a disk that has filled up is for data; the log's size is fixed.
        self.server.options += ("--loose-innodb-redo-log-capacity=16M", *options)
        root_password, password, api_password = (secrets.token_urlsafe(16) for _ in range(3))
        self.server.initialise(root_password)
        self.server.start()
        self.settings = Settings(
            MYSQL_HOST="127.0.0.1", MYSQL_PORT=self.server.port, MYSQL_USER="campaign_loader", MYSQL_PASSWORD=password,
            MYSQL_API_PASSWORD=api_password, CAMPAIGN_STATE=folder / "state", CAMPAIGN_ALLOWED_ROOTS=str(folder),
            CAMPAIGN_LOCK_WAIT_SECONDS=60, CAMPAIGN_PUBLISH_WAIT_SECONDS=60, CAMPAIGN_TABLE_WAIT_SECONDS=60,
        )  # fmt: skip
        with self.server.connect_as_root(root_password) as administrator:
            grant_access(administrator, self.settings, password, api_password)
        with connect(self.settings) as connection:
            ensure_kept_tables(connection, self.settings)
        self.files = tuple(self._write(name, first) for name, first in (("a.csv", 0), ("b.csv", ROWS)))
        self.expected: dict[str, tuple] = {}
        self.clean_run()
        status, seconds = self.clean_run()
        assert status == "done", seconds
        self.seconds: dict[str, float] = seconds
        with connect(self.settings) as connection:
            self.expected = checksums(connection, self.settings, tuple(MARTS))
            assert broken_promises(connection, self.settings, tuple(MARTS)) == []

    def _write(self, name: str, first: int) -> Path:
        path = self.folder / name
        rows = [line(good_values(number)) for number in range(first, first + ROWS)]
        rows[10] = b"a line that is no order"
        path.write_bytes(b"\n".join([HEADER.encode(), *rows, b""]))
        return path

    def reset(self) -> None:
        """Leave what one run leaves that has loaded the first file only, so that the next has something to load."""
        kept = {*kept_tables(self.settings)} - {version_table(self.settings)}
        with connect(self.settings) as connection, connection.cursor() as cursor:
            for database in self.settings.databases:
                for table in sorted(tables_in(connection, database)):
                    name = f"{database}.{table}"
                    if name != version_table(self.settings):
                        cursor.execute(f"{'truncate' if name in kept else 'drop'} table {name}")
        assert (ended := self.start(files=self.files[:1]).ends())[0] == "done", ended

    def start(self, files: tuple[Path, ...] | None = None, clock_off: int = 0, **changed: object) -> Driver:
        """Start a run."""
        self.runs += 1
        here, there = PROCESSES.Pipe()
        what = Run(self.settings.model_copy(update=changed), files or self.files, f"run {self.runs}", clock_off)
        process = PROCESSES.Process(target=run, args=(what, there))
        process.start()
        there.close()
        return Driver(process, here, what.run_id)

    def clean_run(self) -> tuple[str, object]:
        """Run the pipeline undisturbed."""
        return self.start().ends()

    def owner(self) -> str | None:
        """Return the run that has the pipeline."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            cursor.execute("select run_id from pipeline_lease")
            found = cursor.fetchone()
        return found[0] if found else None

    def differences(self) -> list[str]:
        """Return what is not as an undisturbed run leaves it."""
        with connect(self.settings) as connection:
            found = checksums(connection, self.settings, tuple(MARTS))
            other = [
                f"{table}: {found[table]} instead of {rows}"
                for table, rows in self.expected.items()
                if found[table] != rows
            ]
            return other + broken_promises(connection, self.settings, tuple(MARTS))

    def wait_into(self, driver: Driver, stage: str) -> bool:
        """Wait for a random moment of a stage; false where the run ends before it."""
        if not driver.reaches(stage):
            return False
        time.sleep(self.random.uniform(0, self.seconds[stage]))
        return driver.process.is_alive()

    def kill_server(self) -> None:
        """Kill -9 the server, and start it again."""
        os.kill(self.server.pid(), signal.SIGKILL)
        while self.server.pid():
            time.sleep(0.05)
        self.server.start()


@contextmanager
def world(folder: Path, options: tuple[str, ...] = ()) -> Iterator[World]:
    """Make a world and end it."""
    made = World(folder, options)
    try:
        yield made
    finally:
        made.server.stop()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a tmpfs of this size on a folder; raises OSError where that is not allowed (it takes root)."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise OSError(mounted.stderr.strip() or "mount failed")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
