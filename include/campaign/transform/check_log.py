"""What every check found in every run: a row per run and check in ``check_outcome``, and since when a check has failed.

Checks are the tests of dbt and those of the audit. The log only watches: where it cannot be written, the run goes on.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.abstracts import MySQLConnectionAbstract, MySQLCursorAbstract

from campaign.db.connection import connect_through_airflow, tables_in
from campaign.settings import Settings, get_settings

TABLE = "check_outcome"
STATEMENT_TABLE = "check_statement"
TRIES = 3  # tasks of one stage write at the same time, and MySQL may end one of two that wait for each other

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckOutcome:
    """What one check found. ``failing_rows`` is None where it counts none, or could not be asked."""

    name: str
    kind: Literal["dbt", "audit"]
    status: Literal["pass", "warn", "fail", "error"]
    failing_rows: int | None
    seconds: float
    statement: str

    @property
    def statement_id(self) -> str:
        """The statement's SHA-256, 64 hexadecimal digits."""
        return hashlib.sha256(self.statement.encode()).hexdigest()


@dataclass(frozen=True)
class FailingCheck:
    """A check that did not pass in a run. Both times are UTC, without a zone."""

    name: str
    status: str
    failing_rows: int | None
    checked_at: datetime
    failing_since: datetime

    def in_words(self, zone: str) -> str:
        """Return a sentence with times of the zone: what was found, and since when."""
        found = {"fail": "failed", "warn": "warned"}.get(self.status, "could not be asked")
        rows = (
            "" if self.failing_rows is None else f" ({self.failing_rows:,} row{'s' if self.failing_rows != 1 else ''})"
        )
        if self.failing_since == self.checked_at:
            return f"{self.name} {found}{rows}; it began to fail in this run."
        began = self.failing_since.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        return f"{self.name} {found}{rows}; it began to fail on {began:%Y-%m-%d at %H:%M}."


def note_in_task(run_id: str, outcomes: Sequence[CheckOutcome]) -> None:
    """Log outcomes from within a task of Airflow. An error of MySQL is a warning in the task's log."""
    if not outcomes:
        return
    try:
        with closing(connect_through_airflow()) as connection:
            note(connection, get_settings(), run_id, outcomes)
    except mysql.connector.Error as error:
        log.warning("The outcomes of %s checks cannot be logged: %s", len(outcomes), error)


def note(
    connection: MySQLConnectionAbstract, settings: Settings, run_id: str, outcomes: Iterable[CheckOutcome]
) -> None:
    """Log outcomes of a run. A check that is asked again in the same run replaces its row."""
    outcomes = sorted(outcomes, key=lambda each: each.name)
    for tries_left in reversed(range(TRIES)):
        try:
            return _note(connection, settings.mart_database, run_id, outcomes)
        except mysql.connector.Error as error:
            if error.errno != errorcode.ER_LOCK_DEADLOCK or not tries_left:
                raise


def forget_old(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Delete what is older than CAMPAIGN_CHECKS_KEPT_DAYS."""
    with connection.cursor() as cursor:
        for table, column in ((TABLE, "checked_at"), (STATEMENT_TABLE, "last_used_at")):
            cursor.execute(
                f"delete from {settings.mart_database}.{table} where {column} < utc_timestamp() - interval %s day",
                (settings.checks_kept_days,),
            )
    connection.commit()


def list_failing(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> list[FailingCheck]:
    """Return the checks that did not pass in a run, those that have failed longest last."""
    if TABLE not in tables_in(connection, settings.mart_database):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select check_name, status, failing_rows, checked_at, failing_since"
            f" from {settings.mart_database}.{TABLE} where run_id = %s and status <> 'pass'"
            " order by failing_since desc, check_name",
            (run_id,),
        )
        return [FailingCheck(*row) for row in cursor.fetchall()]


def _note(connection: MySQLConnectionAbstract, mart: str, run_id: str, outcomes: Sequence[CheckOutcome]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select utc_timestamp(3)")
        now = cursor.fetchone()[0]
        began = {
            each.name: _failing_since(cursor, mart, run_id, each.name) or now
            for each in outcomes
            if each.status != "pass"
        }
        statements = {each.statement_id: each.statement for each in outcomes}
        cursor.executemany(
            f"insert into {mart}.{STATEMENT_TABLE} (statement_id, statement, last_used_at) values (%s, %s, %s)"
            " on duplicate key update last_used_at = values(last_used_at)",
            [(key, statements[key], now) for key in sorted(statements)],
        )
        columns = ["kind", "status", "failing_rows", "seconds", "checked_at", "failing_since", "statement_id"]
        cursor.executemany(
            f"insert into {mart}.{TABLE} (run_id, check_name, {', '.join(columns)})"
            f" values (%s, %s, {', '.join(['%s'] * len(columns))})"
            f" on duplicate key update {', '.join(f'{column} = values({column})' for column in columns)}",
            [
                (
                    *(run_id, each.name, each.kind, each.status, each.failing_rows, each.seconds),
                    *(now, began.get(each.name), each.statement_id),
                )
                for each in outcomes
            ],
        )
    connection.commit()


def _failing_since(cursor: MySQLCursorAbstract, mart: str, run_id: str, check: str) -> datetime | None:
    """Return when the check began to fail, by the run before; None where it passed there, or there is none."""
    cursor.execute(
        f"select failing_since from {mart}.{TABLE} where check_name = %s and run_id <> %s order by checked_at desc limit 1",
        (check, run_id),
    )
    return next((since for (since,) in cursor.fetchall()), None)
