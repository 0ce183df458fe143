"""Who fails to sign in again and again is refused for a while, longer each time, whichever worker they reach.

Failures are counted three ways: per user and address, per address, so that trying many users does not help, and per user over
all addresses, so that many addresses do not. A user and address that signed in within a day wait for their own failures only:
others can't lock them out. An IPv6 address counts with its whole /64, which one client has.

A guess is counted before it is checked, and the count is taken back where it was right. So guesses sent at once, or by clients
that do not wait for the answer, are counted like any others. Nothing sleeps: a sleeping thread would be the attacker's gain. A
refused guess is neither checked nor counted.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from ipaddress import IPv6Address, ip_address
from pathlib import Path

FREE_FAILURES = 5  # per user and address; the sixth failure and later ones cost a wait
FREE_FAILURES_OF_ADDRESS = 20
FREE_FAILURES_OF_USER = 50
FIRST_WAIT = 2  # seconds; doubles with each further failure
LONGEST_WAIT = 30
FORGOTTEN_AFTER = 3600
KNOWN_FOR = 86_400  # seconds after a user signed in at an address
NOTED_AGAIN_AFTER = 3600

TABLES = """
create table if not exists failure (key text primary key, failures int, last real);
create table if not exists known (key text primary key, at real);
"""


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
            return self._wait(database, self._keys(database, address, user))

    def guess(self, address: str, user: str) -> int:
        """Count a guess that is about to be checked as a failure; returns how long to wait instead, and counts nothing then."""
        now = self._clock()
        with self._database() as database:
            database.execute("begin immediate")
            keys = self._keys(database, address, user)
            wait = self._wait(database, keys)
            if not wait:
                database.execute("delete from failure where last < ?", (now - FORGOTTEN_AFTER,))
                database.executemany(
                    "insert into failure values (?, 1, ?)"
                    " on conflict (key) do update set failures = failures + 1, last = excluded.last",
                    [(key, now) for key, _ in keys],
                )
            return wait

    def was_right(self, address: str, user: str) -> None:
        """Take back what ``guess`` counted, and forget the failures of this address with this user; both know each other now."""
        now = self._clock()
        pair, of_address, of_user = (key for key, _ in _all_keys(address, user))
        with self._database() as database:
            database.execute("begin immediate")
            if not self._known(database, pair):
                taken_back = "update failure set failures = failures - 1 where key in (?, ?) and failures > 0"
                database.execute(taken_back, (of_address, of_user))
            database.execute("delete from failure where key = ?", (pair,))
            database.execute("delete from known where at < ?", (now - KNOWN_FOR,))
            database.execute("insert or replace into known values (?, ?)", (pair, now))

    def note_known(self, address: str, user: str) -> None:
        """Note that a user whose password needed no check is here; writes once an hour."""
        ((pair, _), *_) = _all_keys(address, user)
        with self._database() as database:
            at = database.execute("select at from known where key = ?", (pair,)).fetchone()
            if at is None or at[0] < self._clock() - NOTED_AGAIN_AFTER:
                database.execute("insert or replace into known values (?, ?)", (pair, self._clock()))

    def _keys(self, database: sqlite3.Connection, address: str, user: str) -> list[tuple[str, int]]:
        """Return what counts for them, each with the failures that cost no wait."""
        keys = _all_keys(address, user)
        return keys[:1] if self._known(database, keys[0][0]) else keys

    def _known(self, database: sqlite3.Connection, pair: str) -> bool:
        at = database.execute("select at from known where key = ?", (pair,)).fetchone()
        return at is not None and at[0] > self._clock() - KNOWN_FOR

    def _wait(self, database: sqlite3.Connection, keys: list[tuple[str, int]]) -> int:
        waits = [
            last + _wait(failures, free) - self._clock()
            for key, free in keys
            for failures, last in database.execute("select failures, last from failure where key = ?", (key,))
        ]
        return max(0, math.ceil(max(waits, default=0)))

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=1)) as database, database:
            database.execute("pragma synchronous = off")  # the counts need not survive the machine
            database.executescript(TABLES)
            yield database


def network(address: str) -> str:
    """Return what counts as one client: the address, of IPv6 its /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


def _all_keys(address: str, user: str) -> list[tuple[str, int]]:
    client = network(address)
    return [
        (f"{client} {user}", FREE_FAILURES),
        (f"address {client}", FREE_FAILURES_OF_ADDRESS),
        (f"user {user}", FREE_FAILURES_OF_USER),
    ]


def _wait(failures: int, free: int) -> float:
    if failures < free:
        return 0
    return min(FIRST_WAIT * 2.0 ** min(failures - free, 10), LONGEST_WAIT)
