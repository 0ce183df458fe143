"""Changes tables that others read: short tries with growing pauses, so that readers come late and never fail.

A statement that waits for a table makes every later reader of it wait behind it. So each try gives up after a second, readers go
on in the pauses, and after a set time a sentence says who is in the way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.open_readers import PASSING_SECONDS, CannotWatchError, end_reader, open_readers
from campaign.errors import UserError
from campaign.settings import Settings

TRY_SECONDS = 1  # the server's shortest
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0

log = logging.getLogger(__name__)


class TablesInUseError(UserError):
    """Readers did not let go of tables in the set time; nothing has changed. The message says who and what ends them."""


def rename(connection: MySQLConnectionAbstract, settings: Settings, moves: Iterable[tuple[str, str]]) -> None:
    """Rename qualified tables in one statement, all or none. Raises TablesInUseError."""
    moves = list(moves)
    if moves:
        statement = "rename table " + ", ".join(f"{old} to {new}" for old, new in moves)
        in_short_tries(connection, settings, statement, {old for old, _ in moves})


def in_short_tries(connection: MySQLConnectionAbstract, settings: Settings, statement: str, tables: set[str]) -> None:
    """Execute a statement that needs these qualified tables for itself. Raises TablesInUseError."""
    begin = time.monotonic()
    pause, tries, ended = FIRST_PAUSE, 0, False
    with _short_waits(connection), connection.cursor() as cursor:
        while True:
            tries += 1
            try:
                cursor.execute(statement)
                return
            except mysql.connector.Error as error:
                if error.errno != errorcode.ER_LOCK_WAIT_TIMEOUT:
                    raise
            left = begin + settings.publish_wait_seconds - time.monotonic()
            if left <= 0:
                if settings.publish_end_readers and not ended:
                    ended = True
                    _end_readers(connection, settings, tables)
                    continue
                raise TablesInUseError(
                    f"{_who(connection, tables)}. Waited {settings.publish_wait_seconds} s in {tries} tries"
                    " (CAMPAIGN_PUBLISH_WAIT_SECONDS); nothing has changed, and the generation before is still served."
                    " End the session or let it commit, then clear the task (or call the command again). With"
                    " CAMPAIGN_PUBLISH_END_READERS=True the pipeline ends it after that time."
                )
            log.info("Waiting for readers: %s. Next try in %.0f s.", _who(connection, tables), min(pause, left))
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)


def _who(connection: MySQLConnectionAbstract, tables: set[str]) -> str:
    """Name the sessions that made the last try fail: each has held a table for as long as it took."""
    try:
        readers = open_readers(connection, tables, TRY_SECONDS)
    except CannotWatchError as error:
        return f"A session holds one of {', '.join(sorted(tables)[:3])} …; {error}"
    return "; ".join(map(str, readers)) or "Readers that have ended meanwhile held the tables"


def _end_readers(connection: MySQLConnectionAbstract, settings: Settings, tables: set[str]) -> None:
    try:
        readers = open_readers(connection, tables, min(PASSING_SECONDS, settings.publish_wait_seconds))
    except CannotWatchError as error:
        log.warning("No reader is ended (CAMPAIGN_PUBLISH_END_READERS): %s.", error)
        return
    for reader in readers:
        fault = end_reader(connection, reader)
        log.warning("%s. CAMPAIGN_PUBLISH_END_READERS: %s.", reader, fault or "ended")


@contextmanager
def _short_waits(connection: MySQLConnectionAbstract) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("select @@session.lock_wait_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"set session lock_wait_timeout = {TRY_SECONDS}")
        try:
            yield
        finally:
            if connection.is_connected():
                cursor.execute("set session lock_wait_timeout = %s", (usual,))
