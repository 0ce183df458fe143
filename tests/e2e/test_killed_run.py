"""A run killed with -9, the command or the process under it: nothing goes on unseen, and the pipeline is free at once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import psutil
import pytest

from campaign.db.connection import connect
from campaign.orchestration import lease
from local_stack.sample import SAMPLE

SECONDS = 180


def wait_for(what: Callable[[], object], seconds: float = SECONDS) -> object:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)
    return found


@pytest.fixture
def at_work(empty_databases, start_pipeline, query) -> tuple[subprocess.Popen, psutil.Process]:
    """Return a run that has taken the pipeline, and the process that drives its DAG."""
    empty_databases()
    command = start_pipeline(SAMPLE)
    try:
        wait_for(lambda: command.poll() is not None or query("select 1 from campaign_raw.pipeline_lease"))
        assert command.poll() is None, command.stderr.read()
        (driver,) = (
            each
            for each in psutil.Process(command.pid).children()
            if "local_stack.airflow.headless_run" in each.cmdline()
        )
        yield command, driver
    finally:
        command.kill()
        command.communicate()


def assert_free(mysql_settings) -> None:
    with connect(mysql_settings) as connection:
        lease.acquire(connection, mysql_settings.model_copy(update={"lock_wait_seconds": 5}), "the next run")
        lease.release(connection, mysql_settings, "the next run")


def test_the_command_is_killed(at_work, mysql_settings) -> None:
    command, driver = at_work
    command.kill()
    command.wait()
    psutil.wait_procs([driver], timeout=10)
    assert not driver.is_running() or driver.status() == psutil.STATUS_ZOMBIE
    assert_free(mysql_settings)


def test_the_process_under_it_is_killed(at_work, mysql_settings) -> None:
    command, driver = at_work
    driver.kill()
    _, told = command.communicate(timeout=SECONDS)
    assert command.returncode == 1
    assert "killed by SIGKILL" in told and "Traceback" not in told
    assert_free(mysql_settings)
