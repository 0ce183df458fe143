"""One run at a time, whoever starts it: the scheduler, a person in the UI, or the command line.

A run spans many tasks and so many connections, while MySQL's named lock lives and dies with one connection. Hence
both: the named lock ``campaign_pipeline`` guards every change of the lease, and the lease, a row of
``campaign_raw.pipeline_lease``, says which run owns the pipeline between the tasks.

A run whose driver is one process (the command line) keeps the named lock for as long as it lives and notes its
connection in the lease: if it is killed, the lock falls free and the next run takes over at once. A run of the
scheduler has no such process; each task renews its lease, the last one gives it back, and one that was never given
back lapses after ``CAMPAIGN_LEASE_MINUTES``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.errors import UserError
from campaign.settings import Settings

LOCK_NAME = "campaign_pipeline"
LOOK_AGAIN_SECONDS = 1.0

log = logging.getLogger(__name__)


class PipelineBusyError(UserError):
    """Another run owns the pipeline. The message says which, since when, and what to do."""


def acquire(connection: MySQLConnectionAbstract, settings: Settings, run_id: str, *, keep_lock: bool = False) -> None:
    """Make ``run_id`` the pipeline's owner, waiting up to ``settings.lock_wait_seconds`` for the one before it.

    Safe to call again by the owner. With ``keep_lock`` the named lock stays with ``connection`` until ``release``.
    Raises PipelineBusyError when the wait is over.
    """
    deadline = time.monotonic() + settings.lock_wait_seconds
    said = False
    while True:
        holder = _take_if_free(connection, settings, run_id, keep_lock)
        if holder is None:
            return
        if time.monotonic() >= deadline:
            raise PipelineBusyError(
                f"The pipeline is busy: {holder}. Waited {settings.lock_wait_seconds} s (CAMPAIGN_LOCK_WAIT_SECONDS). "
                f"Start this run again when that one has ended. If that run is dead, its lease lapses "
                f"{settings.lease_minutes} minutes after its last sign of life (CAMPAIGN_LEASE_MINUTES)."
            )
        if not said:
            log.info("Waiting for the pipeline: %s", holder)
            said = True
        time.sleep(LOOK_AGAIN_SECONDS)


def renew(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Say that ``run_id`` is still at work; a task cleared after its run ended takes the lease anew.

    Raises PipelineBusyError at once when another run owns the pipeline: what this run built may be gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"update {settings.raw_database}.pipeline_lease set renewed_at = utc_timestamp(3) where run_id = %s",
            (run_id,),
        )
        if cursor.rowcount == 1:
            return
    holder = _take_if_free(connection, settings, run_id, keep_lock=False)
    if holder is not None:
        raise PipelineBusyError(
            f"This run no longer owns the pipeline: {holder}. "
            "Clear this run from its first task once that one has ended, so that it builds anew."
        )


def release(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Give the pipeline back. Does nothing when ``run_id`` does not own it."""
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {settings.raw_database}.pipeline_lease where run_id = %s", (run_id,))
        cursor.execute("select release_lock(%s)", (LOCK_NAME,))
        cursor.fetchall()


@contextmanager
def hold(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> Iterator[None]:
    """Own the pipeline for the length of a ``with`` block, named lock included: for a run driven by one process."""
    acquire(connection, settings, run_id, keep_lock=True)
    try:
        yield
    finally:
        release(connection, settings, run_id)


def _take_if_free(connection: MySQLConnectionAbstract, settings: Settings, run_id: str, keep_lock: bool) -> str | None:
    """Take the lease and return None, or return a clause that says who has it."""
    table = f"{settings.raw_database}.pipeline_lease"
    with connection.cursor() as cursor:
        cursor.execute(f"select run_id, taken_at, renewed_at, connection_id, utc_timestamp(3) from {table}")
        lease = cursor.fetchone()
        if lease and lease[0] == run_id and not keep_lock:
            cursor.execute(f"update {table} set renewed_at = utc_timestamp(3) where run_id = %s", (run_id,))
            return None
        cursor.execute("select get_lock(%s, 0)", (LOCK_NAME,))
        if cursor.fetchone()[0] != 1:
            return _describe(lease) if lease else "another run is just starting"
        taken = False
        try:
            # A time yet to come was written by a clock that ran ahead, and would keep a dead run's lease until then. From
            # now on it counts as any other; a run that lives renews it.
            cursor.execute(f"update {table} set renewed_at = utc_timestamp(3) where renewed_at > utc_timestamp(3)")
            # Read again: the lease may have changed hands before the lock was ours.
            cursor.execute(f"select run_id, taken_at, renewed_at, connection_id, utc_timestamp(3) from {table}")
            lease = cursor.fetchone()
            if lease and lease[0] != run_id and not _has_lapsed(lease, settings):
                return _describe(lease)
            cursor.execute(
                f"replace into {table} (one, run_id, taken_at, renewed_at, connection_id) "
                "values (1, %s, utc_timestamp(3), utc_timestamp(3), if(%s, connection_id(), null))",
                (run_id, keep_lock),
            )
            taken = True
            return None
        finally:
            if not (taken and keep_lock):
                cursor.execute("select release_lock(%s)", (LOCK_NAME,))
                cursor.fetchall()


def _has_lapsed(lease: tuple, settings: Settings) -> bool:
    """Tell whether the holder is gone. The caller has the named lock, so a holder that kept it is dead."""
    _, _, renewed_at, connection_id, now = lease
    return connection_id is not None or now - renewed_at > timedelta(minutes=settings.lease_minutes)


def _describe(lease: tuple[str, datetime, datetime, int | None, datetime]) -> str:
    run_id, taken_at, renewed_at, _, _ = lease
    return f"run {run_id} has it since {taken_at:%Y-%m-%d %H:%M:%S} UTC, last seen {renewed_at:%Y-%m-%d %H:%M:%S} UTC"
