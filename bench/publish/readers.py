"""Many publications under readers, 4 by HTTP and 2 by SQL that commit: failed answers, mixtures of generations, and pauses.

``make bench-publish [PUBLICATIONS=1000] [MINUTES=60]``, on a private server and a gunicorn of its own, in a temporary folder. The
marts are those of the web service's tests; a generation has its number as name, and a thousand times it as amounts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract
from werkzeug.security import generate_password_hash

from bench.api.marts import DEFINITIONS
from bench.own_server import own_server
from campaign.db.connection import connect, tables_in
from campaign.publishing import swap as swapping
from campaign.publishing.publication_log import LOG_TABLE, STAMP_TABLE
from campaign.publishing.publish import publish
from campaign.settings import PROJECT_ROOT, Settings
from local_stack.mysql.server import free_port

HTTP_READERS, SQL_READERS = 4, 2
BREATH = 0.005
PATHS = ("/api/v1/customers/10", "/api/v1/customers/12", "/api/v1/shops/100", "/api/v1/shop-owners/900/shops")
SQL = (
    "select c.name, r.total_spending div 1000, s.total_gmv div 1000, g.generation from campaign c"
    " join customer_pending_rank r on r.campaign_id = c.campaign_id and r.customer_id = 10"
    " join shop_selling_rank s on s.campaign_id = c.campaign_id and s.shop_id = 100, current_generation g where c.campaign_id = 1"
)


class Reader(threading.Thread):
    """Asks again and again, and keeps the longest wait, the faults and how often it asked."""

    def __init__(self, number: int, settings: Settings, url: str, breath: float) -> None:
        """Be an HTTP reader, or one of the last ``SQL_READERS``; ``breath`` are the seconds between two questions."""
        super().__init__(daemon=True)
        self.settings, self.path, self.breath = settings, f"{url}{PATHS[number % len(PATHS)]}", breath
        self.by_sql = number >= HTTP_READERS
        self.asked, self.longest = 0, 0.0
        self.faults: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        """Read until ``done`` is set."""
        with closing(_as_api(self.settings)) as connection:
            while not self.done.is_set():
                begin = time.monotonic()
                try:
                    found = _by_sql(connection) if self.by_sql else _by_http(self.path)
                    if len(found) != 1:
                        self.faults.append(f"a mixture: {found}")
                except (OSError, mysql.connector.Error) as error:
                    self.faults.append(f"{type(error).__name__}: {error}")
                self.longest = max(self.longest, time.monotonic() - begin)
                self.asked += 1
                time.sleep(self.breath)


def _as_api(settings: Settings) -> MySQLConnectionAbstract:
    return mysql.connector.connect(
        host=settings.mysql_host, port=settings.mysql_port, database=settings.mart_database,
        user=settings.mysql_api_user, password=settings.mysql_api_password.get_secret_value(),
    )  # fmt: skip


def _by_sql(connection: MySQLConnectionAbstract) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(SQL)
        ((name, spending, gmv, _),) = cursor.fetchall()
    connection.commit()
    return {int(name), int(spending), int(gmv)}


def _by_http(address: str) -> set[int]:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return set(_numbers(json.loads(answer.read())))


def _numbers(value: object, key: str = "") -> Iterator[int]:
    """Give the number of the generation from every name and amount of an answer."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _numbers(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner, key)
    elif key in ("campaign_name", "name"):
        yield int(str(value))
    elif key in ("total_spending", "total_gmv", "gmv"):
        yield int(float(str(value))) // 1000


@contextmanager
def web_service(
    settings: Settings, folder: Path, port: int | None = None, changed: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run gunicorn as the project does, but for the variables ``changed``; gives its address and its master."""
    port = port or free_port()
    environment = {
        **os.environ,
        "MYSQL_HOST": str(settings.mysql_host), "MYSQL_PORT": str(settings.mysql_port), "WEBAPI_PORT": str(port),
        "MYSQL_API_USER": settings.mysql_api_user, "MYSQL_API_PASSWORD": settings.mysql_api_password.get_secret_value(),
        "CAMPAIGN_MART_DATABASE": settings.mart_database, "WEBAPI_BIND": "127.0.0.1", "WEBAPI_WORKERS": "2",
        "WEBAPI_USERS": f"bench:{generate_password_hash('not used', 'scrypt:1024:8:1')}",
        "WEBAPI_LOG_FILE": str(folder / "api.log"),
        # All readers have one address, whose budget they would soon have used up.
        "WEBAPI_LOOKUPS_PER_MINUTE": "0",
        **(changed or {}),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "webapi/gunicorn.conf.py", "webapi:create_app()"]
    with (folder / "gunicorn.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for_answer(url, folder)
        yield url, process
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_for_answer(url: str, folder: Path, seconds: float = 60) -> float:
    """Wait until a lookup answers, and return the seconds it took."""
    begin = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(f"{url}{PATHS[0]}", timeout=10).read()
            return time.monotonic() - begin
        except OSError:
            if time.monotonic() > begin + seconds:
                raise RuntimeError((folder / "gunicorn.log").read_text()[-3000:]) from None
            time.sleep(0.1)


def first_marts(settings: Settings) -> tuple[str, ...]:
    """Make the marts in the build database and return their names."""
    with connect(settings, settings.build_database) as connection, connection.cursor() as cursor:
        for statement in DEFINITIONS.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute(f"drop table {STAMP_TABLE}")
        mark(connection, settings, 0)
        return tuple(sorted(tables_in(connection, settings.build_database)))


def build(connection: MySQLConnectionAbstract, settings: Settings, tables: tuple[str, ...], number: int) -> None:
    """Build the next generation: a copy of what is served, with its own number everywhere."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"create table {settings.build_database}.{table} like {settings.mart_database}.{table}")
            cursor.execute(
                f"insert into {settings.build_database}.{table} select * from {settings.mart_database}.{table}"
            )
    mark(connection, settings, number)


def mark(connection: MySQLConnectionAbstract, settings: Settings, number: int) -> None:
    """Write a generation's number as the campaigns' names and, times a thousand, as the amounts."""
    build_database = settings.build_database
    with connection.cursor() as cursor:
        cursor.execute(f"update {build_database}.campaign set name = %s", (str(number),))
        cursor.execute(f"update {build_database}.customer_pending_rank set total_spending = %s", (1000 * number,))
        cursor.execute(f"update {build_database}.shop_selling_rank set total_gmv = %s", (1000 * number,))


@dataclass
class Served:
    """Marts that are read all the time: what publishes them, the web service's master, and the readers."""

    settings: Settings
    connection: MySQLConnectionAbstract
    tables: tuple[str, ...]
    master: int
    readers: list[Reader]
    folder: Path
    published: int = 0

    def publish_next(self) -> None:
        """Build the next generation and publish it."""
        self.published += 1
        build(self.connection, self.settings, self.tables, self.published)
        publish(self.connection, self.settings, f"run {self.published}")

    @property
    def faults(self) -> list[str]:
        """What the readers were not given, or given mixed."""
        return [fault for reader in self.readers for fault in reader.faults]

    @property
    def asked(self) -> int:
        """How often they have asked."""
        return sum(reader.asked for reader in self.readers)


@contextmanager
def served_to_readers(breath: float = BREATH, changed: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve a first generation to all readers, on a server of its own; when the block ends, they have stopped."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-bench-")))
        settings = stack.enter_context(own_server(folder))
        tables = first_marts(settings)
        stack.enter_context(mock.patch("campaign.publishing.publish.published_tables", lambda: tables))
        connection = stack.enter_context(closing(connect(settings)))
        publish(connection, settings, "run 0")
        url, master = stack.enter_context(web_service(settings, folder, changed=changed))
        readers = [Reader(number, settings, url, breath) for number in range(HTTP_READERS + SQL_READERS)]
        for reader in readers:
            reader.start()
        yield Served(settings, connection, tables, master.pid, readers, folder)
        for reader in readers:
            reader.done.set()
        for reader in readers:
            reader.join()


def main() -> int:
    """Publish, print the figures, return 1 where an answer failed or mixed generations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publications", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    exclusive: list[float] = []
    rename = swapping.rename

    def timed(connection: MySQLConnectionAbstract, settings: Settings, moves: list[tuple[str, str]]) -> None:
        moves = list(moves)
        begin = time.monotonic()
        rename(connection, settings, moves)
        if any(new.startswith(f"{settings.mart_database}.") for _, new in moves):
            exclusive.append(time.monotonic() - begin)

    with served_to_readers() as served, mock.patch.object(swapping, "rename", timed):
        begin = time.monotonic()
        while served.published < arguments.publications and time.monotonic() < begin + 60 * arguments.minutes:
            served.publish_next()
        seconds = time.monotonic() - begin
        time.sleep(1)  # what the last publication has held up is answered
        with served.connection.cursor() as cursor:
            cursor.execute(
                f"select count(*), count(distinct generation) from {served.settings.mart_database}.{LOG_TABLE}"
            )
            logged, numbers = cursor.fetchone()
    faults = served.faults
    waits = {
        by_sql: max(reader.longest for reader in served.readers if reader.by_sql == by_sql) for by_sql in (False, True)
    }
    print(
        f"{served.published:,} publications of {len(served.tables) + 1} tables in {seconds:,.0f} s; {logged:,} in the log\n"
        f"exclusive part: median {statistics.median(exclusive):.3f} s, 99 of 100 below {_percentile(exclusive, 99):.3f} s,"
        f" longest {max(exclusive):.3f} s\n"
        f"{served.asked:,} reads, {len(faults)} failed or mixed; longest wait by HTTP"
        f" {waits[False]:.3f} s, by SQL {waits[True]:.3f} s; load of the machine {os.getloadavg()[1]:.1f}"
    )
    print(*faults[:10], sep="\n", end="")
    return 1 if faults or logged != numbers else 0


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    sys.exit(main())
