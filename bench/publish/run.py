"""Seconds of the statement that readers wait for in a publication, with and without the moves of the set before the last.

``python -m bench.publish.run [ROUNDS]``, on a private server of its own, in a temporary folder. Rounds of both kinds alternate.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from mysql.connector.cursor import MySQLCursor

from local_stack.mysql.binary import resolve_server
from local_stack.mysql.server import PrivateServer, free_port
from local_stack.settings import StackSettings

TABLES = [f"t{number}" for number in range(19)]  # 18 published ones and the stamp


def rename(cursor: MySQLCursor, *moves: tuple[str, str]) -> float:
    """Move all tables by each pattern, in one statement; return seconds."""
    pairs = [f"{old.format(table)} to {new.format(table)}" for old, new in moves for table in TABLES]
    begin = time.perf_counter()
    cursor.execute("rename table " + ", ".join(pairs))
    return time.perf_counter() - begin


def measure(cursor: MySQLCursor, rounds: int) -> dict[str, list[float]]:
    """Return seconds per way: all in one statement, and the retired set moved before."""
    retire, serve = ("previous.{}", "previous.retired__{}"), [("mart.{}", "previous.{}"), ("build.{}", "mart.{}")]
    seconds: dict[str, list[float]] = {"three moves a table": [], "two moves a table": []}
    for database in ("build", "mart", "previous"):
        cursor.execute(f"create database {database}")
    for number in range(-2, 2 * rounds):
        for table in TABLES:
            cursor.execute(f"create table build.{table} (id int primary key, value int, key (value))")
        if number < 0:
            rename(cursor, *(serve if number == -1 else serve[1:]))
            continue
        if number % 2:
            seconds["three moves a table"].append(rename(cursor, retire, *serve))
        else:
            rename(cursor, retire)
            seconds["two moves a table"].append(rename(cursor, *serve))
        cursor.execute("drop table " + ", ".join(f"previous.retired__{table}" for table in TABLES))
    return seconds


def main() -> None:
    """Start a server, measure, print a line per way."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory(prefix="campaign-bench-") as folder:
        server = PrivateServer(resolve_server(StackSettings()), Path(folder) / "mysql", free_port())
        server.initialise("bench")
        server.start()
        try:
            with server.connect_as_root("bench") as connection, connection.cursor() as cursor:
                for way, seconds in measure(cursor, rounds).items():
                    print(
                        f"{way}: median {statistics.median(seconds):.3f} s, longest {max(seconds):.3f} s, {rounds} rounds"
                    )
        finally:
            server.stop()


if __name__ == "__main__":
    main()
