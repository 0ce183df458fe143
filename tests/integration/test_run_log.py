"""One message per run: what the log of runs says of first failures, repeats and recoveries."""

from __future__ import annotations

import pytest

from campaign.db.schema import ensure_kept_tables
from campaign.orchestration import run_log
from campaign.orchestration.run_log import is_first_failure, note_end, note_refused_files, note_start


@pytest.fixture
def runs(raw_connection, mysql_settings):
    """Return the connection and settings with an empty log."""
    ensure_kept_tables(raw_connection, mysql_settings)
    with raw_connection.cursor() as cursor:
        cursor.execute(f"delete from {mysql_settings.mart_database}.{run_log.TABLE}")
    return raw_connection, mysql_settings


def test_only_the_first_failed_task_of_a_run_is_told_and_again_after_a_clear(runs):
    note_start(*runs, "monday")
    assert is_first_failure(*runs, "monday", "ingest [a.csv]")
    assert not is_first_failure(*runs, "monday", "ingest [b.csv]")
    assert is_first_failure(*runs, "monday", "ingest [a.csv]")
    assert is_first_failure(*runs, "without a start", "find_files")


def test_a_green_run_after_a_red_one_is_a_recovery_once(runs):
    note_start(*runs, "monday")
    is_first_failure(*runs, "monday", "publish")
    assert note_end(*runs, "monday", failed=True) is False
    note_start(*runs, "tuesday")
    assert note_end(*runs, "tuesday", failed=False) is True
    note_start(*runs, "wednesday")
    assert note_end(*runs, "wednesday", failed=False) is False


def test_a_cleared_run_recovers_from_its_own_failure_and_may_fail_anew(runs):
    note_start(*runs, "monday")
    is_first_failure(*runs, "monday", "publish")
    note_end(*runs, "monday", failed=True)
    assert note_end(*runs, "monday", failed=False) is True
    assert is_first_failure(*runs, "monday", "report")


def test_a_run_is_logged_with_its_end_and_its_refused_files(runs):
    connection, settings = runs
    note_start(*runs, "monday")
    note_refused_files(*runs, "monday", 2)
    note_end(*runs, "monday", failed=False)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select outcome, files_refused, ended_at >= started_at from {settings.mart_database}.pipeline_run"
        )
        assert cursor.fetchall() == [("succeeded", 2, 1)]
