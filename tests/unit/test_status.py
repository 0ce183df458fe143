"""`make status`: what runs, what has died and why, and what to do."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_stack import status
from local_stack.console import Problem
from local_stack.services import Service, wait_until
from local_stack.settings import StackSettings
from local_stack.supervisor import supervision
from local_stack.supervisor.parts import SERVICES
from local_stack.supervisor.supervision import Supervision


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Supervision]]:
    """Return what starts all services as sleepers, but for the named ones, which die and are given up at once."""
    monkeypatch.setattr(status, "read_settings", lambda: StackSettings(_env_file=None, CAMPAIGN_STATE=tmp_path))
    monkeypatch.setattr(supervision, "RESTARTS", 0)
    watched = Supervision(tmp_path)

    def begin(*dying: str) -> Supervision:
        dies, sleeps = "raise SystemExit('database is locked')", "import time; time.sleep(60)"
        watched.start(
            [Service(each.name, (sys.executable, "-c", dies if each.name in dying else sleeps)) for each in SERVICES],
            os.environ,
        )
        assert wait_until(lambda: all(watched.states()[name].state == "gave up" for name in dying), 20, every=0.1)
        return watched

    yield begin
    watched.stop()


def test_a_stack_that_was_not_started_is_no_failure(
    start: Callable[..., Supervision], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.main() == 0
    printed = capsys.readouterr().out
    assert printed.count("not running") == 1 + len(SERVICES) and "make demo starts" in printed


def test_all_that_runs_is_listed_with_its_start(
    start: Callable[..., Supervision], capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    assert status.main() == 0
    assert capsys.readouterr().out.count("running      since 20") == 1 + len(SERVICES)


def test_what_keeps_dying_is_red_with_its_last_words(
    start: Callable[..., Supervision], capsys: pytest.CaptureFixture[str]
) -> None:
    start("airflow-triggerer")
    with pytest.raises(
        Problem, match=r"not all of the stack runs: airflow-triggerer\.\nWhat to do: read the last lines"
    ):
        status.main()
    printed = capsys.readouterr().out
    assert "airflow-triggerer        GAVE UP      since 20" in printed
    assert re.search(r"died once, last at 20.*: exit status 1\n", printed)
    assert re.search(r"airflow-triggerer\.log:\n  === airflow-triggerer starts, .*\n  database is locked", printed)
    assert printed.count("running      since") == len(SERVICES)


def test_what_runs_and_does_not_do_its_work_is_red(
    start: Callable[..., Supervision], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    health = {"metadatabase": "healthy", "scheduler": "healthy", "triggerer": "unhealthy", "dag_processor": None}
    answers = {"livez": {}, "health": {name: {"status": status} for name, status in health.items()}}
    monkeypatch.setattr(status, "call", lambda url, seconds: answers[url.rpartition("/")[2]])
    monkeypatch.setattr(status, "STARTING_SECONDS", -1)
    start()
    with pytest.raises(
        Problem, match=r"not all of the stack runs: airflow-triggerer\.\nWhat to do: wait if the machine is busy"
    ):
        status.main()
    assert "airflow-triggerer        SILENT       since 20" in capsys.readouterr().out
    monkeypatch.setattr(status, "STARTING_SECONDS", 60)
    assert status.main() == 0, "a service that has just started is not asked"


def test_a_stack_whose_supervisor_was_killed_is_red(
    start: Callable[..., Supervision], capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor = start().supervisor()
    supervisor.kill()
    supervisor.wait(10)
    with pytest.raises(
        Problem, match=r"(?s)not all of the stack runs: supervisor, .*What to do: make stop, then make demo"
    ):
        status.main()
    printed = capsys.readouterr().out
    assert "supervisor               DIED         since 20" in printed
    assert printed.count("not watched") == len(SERVICES)
