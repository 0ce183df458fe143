"""`make status`: what runs, what has died and why, and what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import status
from scripts.console import Problem
from scripts.demo import SERVICES
from scripts.services import Service, Services, wait_until
from scripts.stack_settings import StackSettings


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Services]]:
    """Return what starts all services as sleepers, but for the named ones, which die."""
    monkeypatch.setattr(status, "read_settings", lambda: StackSettings(_env_file=None, CAMPAIGN_STATE=tmp_path))
    services = Services(tmp_path)

    def begin(*dying: str) -> Services:
        for service in SERVICES:
            program = (
                "raise SystemExit('database is locked')" if service.name in dying else "import time; time.sleep(60)"
            )
            services.start(Service(service.name, (sys.executable, "-c", program)), os.environ)
        assert wait_until(lambda: not set(dying) & set(services.alive()), 20)
        return services

    yield begin
    services.stop(())


def test_a_stack_that_was_not_started_is_no_failure(
    start: Callable[..., Services], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.main() == 0
    printed = capsys.readouterr().out
    assert printed.count("not running") == len(SERVICES) and "make demo starts" in printed


def test_all_that_runs_is_listed_with_its_start(
    start: Callable[..., Services], capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    assert status.main() == 0
    assert capsys.readouterr().out.count("running      since 20") == len(SERVICES)


def test_what_has_died_is_told_with_its_last_words(
    start: Callable[..., Services], capsys: pytest.CaptureFixture[str]
) -> None:
    start("airflow-triggerer")
    with pytest.raises(Problem, match=r"not all of the stack runs: airflow-triggerer\.\nWhat to do: make stop, then"):
        status.main()
    printed = capsys.readouterr().out
    assert "airflow-triggerer        DIED         last line of 20" in printed
    assert "airflow-triggerer.log:\n  database is locked" in printed
    assert printed.count("running      since") == len(SERVICES) - 1
