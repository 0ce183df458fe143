"""Who fails to sign in again and again is refused for a while, longer each time, whichever worker they reach.

Counted per address and user, so that nobody can lock a user out from elsewhere, and per address, so that trying many users does
not help. Nothing sleeps: a sleeping thread would be the attacker's gain. A refused attempt is not checked and not counted.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FREE_FAILURES = 5  # per address and user; the sixth failure and later ones cost a wait
FREE_FAILURES_OF_ADDRESS = 20
FIRST_WAIT = 2  # seconds; doubles with each further failure
LONGEST_WAIT = 900
FORGOTTEN_AFTER = 3600


class LoginBackoff:
    """Failures in an SQLite file, because worker processes share nothing else.

    The file is opened anew each time (some 0.2 ms): whoever tidies temporary files away takes the counts and nothing more.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def seconds_to_wait(self, address: str, user: str) -> int:
        """Return how long this address must wait before it may try this user again; 0 = not at all."""
        with self._database() as database:
            waits = [
                last + _wait(failures, free) - self._clock()
                for key, free in self._keys(address, user)
                for failures, last in database.execute("select failures, last from failure where key = ?", (key,))
            ]
        return max(0, math.ceil(max(waits, default=0)))

    def failed(self, address: str, user: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._database() as database:
            database.execute("delete from failure where last < ?", (now - FORGOTTEN_AFTER,))
            for key, _ in self._keys(address, user):
                database.execute(
                    "insert into failure values (?, 1, ?)"
                    " on conflict (key) do update set failures = failures + 1, last = excluded.last",
                    (key, now),
                )

    def succeeded(self, address: str, user: str) -> None:
        """Forget the failures of this address with this user; the address's own count stays."""
        (key, _), _ = self._keys(address, user)
        with self._database() as database:
            # Looked up first: it seldom is there, and reading locks nobody.
            if database.execute("select 1 from failure where key = ?", (key,)).fetchone():
                database.execute("delete from failure where key = ?", (key,))

    def _keys(self, address: str, user: str) -> tuple[tuple[str, int], tuple[str, int]]:
        return (f"{address} {user}", FREE_FAILURES), (address, FREE_FAILURES_OF_ADDRESS)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=1)) as database, database:
            database.execute("pragma synchronous = off")  # the counts need not survive the machine
            database.execute("create table if not exists failure (key text primary key, failures int, last real)")
            yield database


def _wait(failures: int, free: int) -> float:
    return min(FIRST_WAIT * 2.0 ** (failures - free), LONGEST_WAIT) if failures >= free else 0
