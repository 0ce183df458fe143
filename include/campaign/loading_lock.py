"""One load at a time: rows are judged against what is stored, so that must hold still until they are committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings


class BusyError(RuntimeError):
    """Another process is loading into the same database and did not end in time."""


@contextmanager
def one_at_a_time(connection: MySQLConnectionAbstract, settings: Settings) -> Iterator[None]:
    """Hold the server's lock for a ``with`` block. It falls free with the connection, so a killed process keeps nobody out.

    What the block leaves uncommitted is rolled back. Raises BusyError after ``settings.lock_wait_seconds``.
    """
    name = f"campaign_ingest.{settings.raw_database}"[:64]
    with connection.cursor() as cursor:
        cursor.execute("select get_lock(%s, %s)", (name, settings.lock_wait_seconds))
        if cursor.fetchone()[0] != 1:
            raise BusyError(
                f"another process has been loading into {settings.raw_database} for {settings.lock_wait_seconds} s "
                "(CAMPAIGN_LOCK_WAIT_SECONDS); run again when it has ended"
            )
    try:
        yield
    finally:
        if connection.is_connected():
            if connection.in_transaction:
                connection.rollback()
            with connection.cursor() as cursor:
                cursor.execute("select release_lock(%s)", (name,))
                cursor.fetchall()
