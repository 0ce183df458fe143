"""Which failures are retried, and how long a run may pause for it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.timezone import utcnow

from campaign.orchestration.retries import FIRST_PAUSE, LONGEST_PAUSE, RETRIES, TIMES_LONGER, NoRetryAfterTimeout
from campaign.settings import get_settings

LIMIT = timedelta(hours=6)


def decided(took: timedelta, limit: timedelta | None = LIMIT) -> RetryAction:
    ti = SimpleNamespace(start_date=utcnow() - took, task=SimpleNamespace(execution_timeout=limit))
    return NoRetryAfterTimeout().evaluate(RuntimeError("hidden by dbt"), 1, 3, {"ti": ti}).action


@pytest.mark.parametrize(("took", "limit"), [(timedelta(hours=5), LIMIT), (timedelta(days=9), None)])
def test_a_failure_in_time_is_retried(took, limit):
    assert decided(took, limit) is RetryAction.DEFAULT


def test_a_try_that_took_all_its_time_is_not_retried():
    assert decided(LIMIT) is RetryAction.FAIL


def test_without_a_context_airflow_decides():
    assert NoRetryAfterTimeout().evaluate(RuntimeError(), 1, 3).action is RetryAction.DEFAULT


def test_pauses_outlast_five_minutes_even_if_airflow_adds_nothing_to_them():
    pauses = [min(FIRST_PAUSE * TIMES_LONGER**number, LONGEST_PAUSE) for number in range(RETRIES)]
    assert sum(pauses, timedelta()) >= timedelta(minutes=5)


def test_a_pause_is_shorter_than_the_lease_lasts_and_all_of_them_than_another_run_waits():
    settings = get_settings()
    assert timedelta(minutes=settings.lease_minutes) > LONGEST_PAUSE
    longest = 2 * (FIRST_PAUSE + TIMES_LONGER * FIRST_PAUSE) + LONGEST_PAUSE
    assert timedelta(seconds=settings.lock_wait_seconds) > longest
