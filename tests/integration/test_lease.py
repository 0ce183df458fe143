"""One run at a time: the named lock and the lease, on a real server with real connections that really die."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pytest

from campaign.db.connection import connect
from campaign.orchestration import lease


@pytest.fixture
def impatient(mysql_settings):
    return mysql_settings.model_copy(update={"lock_wait_seconds": 0})


def test_second_run_is_refused_with_a_sentence_that_names_the_first(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "first")
    with pytest.raises(lease.PipelineBusyError, match="run first has it since"):
        lease.acquire(raw_connection, impatient, "second")


def test_run_waits_for_the_one_before_it(raw_connection, mysql_settings):
    patient = mysql_settings.model_copy(update={"lock_wait_seconds": 20})
    with connect(patient) as other:
        lease.acquire(other, patient, "first")
        code = "import sys,time; time.sleep(2)"
        subprocess.run([sys.executable, "-c", code], check=True)
        lease.release(other, patient, "first")
    lease.acquire(raw_connection, patient, "second")
    lease.renew(raw_connection, patient, "second")


def test_owner_may_ask_again(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "first")
    lease.acquire(raw_connection, impatient, "first")


def test_lease_of_a_scheduled_run_outlives_its_connection(raw_connection, impatient):
    with connect(impatient) as task_connection:
        lease.acquire(task_connection, impatient, "first")
    with pytest.raises(lease.PipelineBusyError):
        lease.acquire(raw_connection, impatient, "second")


def test_abandoned_lease_lapses(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "dead")
    with raw_connection.cursor() as cursor:
        cursor.execute(
            f"update {impatient.raw_database}.pipeline_lease set renewed_at = utc_timestamp(3) - interval %s minute",
            (impatient.lease_minutes + 1,),
        )
    lease.acquire(raw_connection, impatient, "next")


def set_clock(connection, settings, days: float) -> None:
    """Move the lease's times, as a server's clock that was wrong by so many days had written them."""
    with connection.cursor() as cursor:
        moved = ", ".join(f"{name} = {name} + interval %s minute" for name in ("taken_at", "renewed_at"))
        cursor.execute(f"update {settings.raw_database}.pipeline_lease set {moved}", (days * 1440,) * 2)


def test_lease_of_a_dead_run_from_a_clock_that_ran_ahead_lapses_as_any_other(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "dead")
    set_clock(raw_connection, impatient, 3650)
    with pytest.raises(
        lease.PipelineBusyError, match="run dead has it"
    ):  # it may be alive, and is given the usual time
        lease.acquire(raw_connection, impatient, "next")
    set_clock(raw_connection, impatient, -(impatient.lease_minutes + 1) / 1440)
    lease.acquire(raw_connection, impatient, "next")


def test_run_that_lives_keeps_its_lease_when_the_clock_is_set_back(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "alive")
    set_clock(raw_connection, impatient, 3650)
    with pytest.raises(lease.PipelineBusyError):
        lease.acquire(raw_connection, impatient, "next")
    lease.renew(raw_connection, impatient, "alive")
    with pytest.raises(lease.PipelineBusyError, match="run alive has it"):
        lease.acquire(raw_connection, impatient, "next")


def test_message_has_the_date_of_both_times(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "first")
    set_clock(raw_connection, impatient, -2 / 1440)
    time_of_day = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    with pytest.raises(lease.PipelineBusyError, match=rf"since {time_of_day}, last seen {time_of_day}"):
        lease.acquire(raw_connection, impatient, "second")


def test_killed_driver_frees_the_pipeline_at_once(raw_connection, impatient):
    program = textwrap.dedent("""
        import time
        from campaign.orchestration import lease
        from campaign.db.connection import connect
        from campaign.settings import get_settings
        settings = get_settings()
        with lease.hold(connect(settings), settings, "driver"):
            print("held", flush=True)
            time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout.readline().strip() == "held"
        with pytest.raises(lease.PipelineBusyError, match="run driver has it"):
            lease.acquire(raw_connection, impatient, "next")
        driver.kill()
        driver.wait()
    for _ in range(50):  # the server notices the broken connection within moments
        try:
            lease.acquire(raw_connection, impatient, "next")
            return
        except lease.PipelineBusyError:
            time.sleep(0.1)
    pytest.fail("the lock of a killed driver was still held after 5 s")


def test_run_that_lost_the_pipeline_is_told_so(raw_connection, impatient):
    lease.acquire(raw_connection, impatient, "first")
    lease.release(raw_connection, impatient, "first")
    lease.acquire(raw_connection, impatient, "second")
    with pytest.raises(lease.PipelineBusyError, match="no longer owns the pipeline"):
        lease.renew(raw_connection, impatient, "first")


def test_task_cleared_after_its_run_ended_takes_the_lease_anew(raw_connection, impatient):
    lease.renew(raw_connection, impatient, "cleared")
    with pytest.raises(lease.PipelineBusyError, match="run cleared has it"):
        lease.acquire(raw_connection, impatient, "second")
