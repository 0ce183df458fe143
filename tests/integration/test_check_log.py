"""The log of checks: one row per run and check, since when a check fails, and how long all that is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from campaign.transform import check_log
from campaign.transform.check_log import CheckOutcome, FailingCheck, forget_old, list_failing, note

UNIQUE = CheckOutcome(
    "marts__key_is_unique", "dbt", "pass", 0, 0.25, "select id from marts group by id having count(*) > 1"
)
SUMS = CheckOutcome("marts.sums_agree", "audit", "pass", None, 0.5, "select sum(a) = 1 from marts")


@pytest.fixture
def checks(raw_connection, mysql_settings):
    """Return the connection and settings with an empty log."""
    with raw_connection.cursor() as cursor:
        for table in (check_log.TABLE, check_log.STATEMENT_TABLE):
            cursor.execute(f"delete from {mysql_settings.mart_database}.{table}")
    return raw_connection, mysql_settings


def rows(checks, statement: str) -> list[tuple]:
    connection, settings = checks
    with connection.cursor() as cursor:
        cursor.execute(statement.format(mart=settings.mart_database))
        return cursor.fetchall() if cursor.with_rows else []


def at(checks, run_id: str, day: str, *outcomes: CheckOutcome) -> None:
    """Log outcomes, as if on that day."""
    note(*checks, run_id, outcomes)
    now = rows(checks, f"select max(checked_at) from {{mart}}.check_outcome where run_id = '{run_id}'")[0][0]
    for column in ("failing_since", "checked_at"):
        rows(
            checks,
            f"update {{mart}}.check_outcome set {column} = '{day}' where run_id = '{run_id}' and {column} = '{now}'",
        )


def test_a_run_logs_each_check_once_with_its_statement(checks):
    note(*checks, "monday", [UNIQUE, SUMS])
    note(*checks, "monday", [replace(UNIQUE, seconds=1.5)])
    note(*checks, "tuesday", [UNIQUE])
    found = rows(
        checks,
        "select run_id, check_name, kind, status, failing_rows, seconds, failing_since, statement"
        " from {mart}.check_outcome join {mart}.check_statement using (statement_id) order by run_id, check_name",
    )
    assert found == [
        ("monday", SUMS.name, "audit", "pass", None, 0.5, None, SUMS.statement),
        ("monday", UNIQUE.name, "dbt", "pass", 0, 1.5, None, UNIQUE.statement),
        ("tuesday", UNIQUE.name, "dbt", "pass", 0, 0.25, None, UNIQUE.statement),
    ]
    assert rows(checks, "select count(*) from {mart}.check_statement") == [(2,)]


def test_a_check_fails_since_the_first_run_in_a_row(checks):
    broken = replace(UNIQUE, status="fail", failing_rows=3)
    at(checks, "sunday", "2026-06-07 05:00", broken)
    at(checks, "monday", "2026-06-08 05:00", UNIQUE)
    at(checks, "tuesday", "2026-06-09 05:00", broken, SUMS)
    at(checks, "wednesday", "2026-06-10 05:00", broken, replace(SUMS, status="fail"))
    found = list_failing(*checks, "wednesday")
    tuesday, wednesday = datetime(2026, 6, 9, 5), datetime(2026, 6, 10, 5)
    assert found == [
        FailingCheck(SUMS.name, "fail", None, wednesday, wednesday),
        FailingCheck(UNIQUE.name, "fail", 3, wednesday, tuesday),
    ]
    assert list_failing(*checks, "monday") == []
    assert [each.in_words("Asia/Ho_Chi_Minh") for each in found] == [
        "marts.sums_agree failed; it began to fail in this run.",
        "marts__key_is_unique failed (3 rows); it began to fail on 2026-06-09 at 12:00.",
    ]


def test_a_run_that_is_cleared_and_passes_fails_no_more(checks):
    note(*checks, "monday", [replace(UNIQUE, status="fail", failing_rows=1)])
    note(*checks, "monday", [UNIQUE])
    assert list_failing(*checks, "monday") == []


def test_what_is_older_than_the_setting_is_forgotten(checks):
    connection, settings = checks
    note(*checks, "long ago", [UNIQUE])
    rows(checks, "update {mart}.check_outcome set checked_at = utc_timestamp() - interval 8 day")
    rows(checks, "update {mart}.check_statement set last_used_at = utc_timestamp() - interval 8 day")
    note(*checks, "today", [SUMS])
    forget_old(connection, settings.model_copy(update={"checks_kept_days": 9}))
    assert len(rows(checks, "select * from {mart}.check_outcome")) == 2
    forget_old(connection, settings.model_copy(update={"checks_kept_days": 7}))
    assert rows(checks, "select run_id from {mart}.check_outcome") == [("today",)]
    assert rows(checks, "select statement from {mart}.check_statement") == [(SUMS.statement,)]


def test_a_log_that_cannot_be_written_stops_no_run(checks, monkeypatch, caplog):
    connection, settings = checks
    without = settings.model_copy(update={"mart_database": "campaign_of_nobody"})
    monkeypatch.setattr(check_log, "connect_through_airflow", lambda: connection_that_stays_open(connection))
    monkeypatch.setattr(check_log, "get_settings", lambda: without)
    check_log.note_in_task("monday", [UNIQUE])
    assert "The outcomes of 1 checks cannot be logged" in caplog.text


def connection_that_stays_open(connection):
    """Return a stand-in that other tests' connection outlives."""

    class Borrowed:
        def cursor(self):
            return connection.cursor()

        def close(self):
            connection.rollback()

    return Borrowed()
