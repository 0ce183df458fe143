"""One load at a time: rows are validated against what is stored, so that must hold still until they are committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.locks import named_lock
from campaign.errors import TransientError
from campaign.settings import Settings


class BusyError(TransientError):
    """Another process is loading into the same database and did not end in time."""


@contextmanager
def one_at_a_time(connection: MySQLConnectionAbstract, settings: Settings) -> Iterator[None]:
    """Hold the server's lock for a ``with`` block.

    What the block leaves uncommitted is rolled back. Raises BusyError after ``settings.lock_wait_seconds``.
    """
    busy = BusyError(
        f"another process has been loading into {settings.raw_database} for {settings.lock_wait_seconds} s "
        "(CAMPAIGN_LOCK_WAIT_SECONDS); run again when it has ended"
    )
    name = f"campaign_ingest.{settings.raw_database}"[:64]
    with named_lock(connection, name, settings.lock_wait_seconds, busy):
        try:
            yield
        finally:
            if connection.is_connected() and connection.in_transaction:
                connection.rollback()
