"""`make demo` on a slow machine: it waits for who lives and works, names what is missing, and tears nothing down for slowness."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local_stack import demo
from local_stack.airflow.follow_run import follow_run
from local_stack.console import NotReady, Problem
from local_stack.services import Service
from local_stack.settings import StackSettings
from local_stack.supervisor import supervision
from local_stack.supervisor.supervision import Supervision

WORKS = "import time\nwhile True: print('still at work', flush=True); time.sleep(0.1)"
HANGS = "import time; print('last words', flush=True); time.sleep(60)"
AIRFLOW: Any = SimpleNamespace(import_errors=list)


@pytest.fixture
def triggerer(tmp_path: Path) -> Iterator[Callable[[str], Supervision]]:
    """Return what starts a program as the triggerer of a state folder."""
    services = Supervision(tmp_path)

    def start(program: str) -> Supervision:
        services.start([Service("airflow-triggerer", (sys.executable, "-c", program))], os.environ)
        return services

    yield start
    services.stop()


def settings(**given: Any) -> StackSettings:
    return StackSettings(_env_file=None, **given)


def is_healthy_after(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = time.monotonic() + seconds
    monkeypatch.setattr(demo, "_healthy", lambda *_: {"triggerer"} if time.monotonic() > ready else set())


def test_what_is_missing_in_the_end_is_named_with_its_last_lines(
    triggerer: Callable[[str], Supervision], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_healthy_after(60, monkeypatch)
    services = triggerer(WORKS)
    with pytest.raises(
        NotReady, match=r"(?s)not ready after 1 s: triggerer\..*airflow-triggerer\.log:\n.*  still at work"
    ):
        demo.wait_until_healthy(services, settings(CAMPAIGN_START_SECONDS=1), AIRFLOW, {"triggerer"})
    assert services.alive() == ["airflow-triggerer"]


def test_one_that_works_is_waited_for(triggerer: Callable[[str], Supervision], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "HANGS_SECONDS", 1.5)
    is_healthy_after(4, monkeypatch)
    demo.wait_until_healthy(triggerer(WORKS), settings(), AIRFLOW, {"triggerer"})


def test_one_that_hangs_is_not(triggerer: Callable[[str], Supervision], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "HANGS_SECONDS", 1.5)
    is_healthy_after(60, monkeypatch)
    with pytest.raises(NotReady, match=r"(?s)without a move for 1\.5 s: triggerer\..*last words"):
        demo.wait_until_healthy(triggerer(HANGS), settings(), AIRFLOW, {"triggerer"})


def test_one_that_was_given_up_ends_the_wait_at_once(
    triggerer: Callable[[str], Supervision], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "RESTARTS", 0)
    is_healthy_after(60, monkeypatch)
    with pytest.raises(Problem, match=r"(?s)airflow-triggerer keeps dying .*\(exit status 1\).*no such table") as ended:
        demo.wait_until_healthy(triggerer("raise SystemExit('no such table')"), settings(), AIRFLOW, {"triggerer"})
    assert not isinstance(ended.value, NotReady)


@pytest.mark.parametrize(
    ("trouble", "left"), [(NotReady("late"), True), (TimeoutError("late"), True), (Problem("broken"), False)]
)
def test_only_what_is_broken_is_stopped(
    triggerer: Callable[[str], Supervision],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Exception,
    left: bool,
) -> None:
    def serve(*_: Any) -> None:
        raise trouble

    monkeypatch.setattr(demo, "refuse_taken_port", lambda *_: None)
    monkeypatch.setattr(demo, "database_in_use", lambda ready, keep_up: nullcontext(ready))
    monkeypatch.setattr(demo, "_start", lambda *_: triggerer(HANGS))
    monkeypatch.setattr(demo, "_serve_what_is_there", serve)
    monkeypatch.setattr(demo.signal, "signal", lambda *_: None)
    with pytest.raises(
        Problem, match=r"late\nNothing was stopped\. What to do: make demo waits on" if left else "broken"
    ):
        demo.up(settings(CAMPAIGN_STATE=tmp_path), detach=True)
    assert bool(Supervision(tmp_path).alive()) is left


class BusyAirflow:
    """Answers every second question about a run, which succeeds by the second answer."""

    def __init__(self) -> None:
        self.asked = 0

    def run_state(self, run_id: str) -> str:
        self.asked += 1
        if self.asked % 2:
            raise TimeoutError("timed out")
        return "success" if self.asked > 2 else "running"

    def task_instances(self, run_id: str) -> list[dict[str, Any]]:
        return []


def test_a_run_is_followed_past_questions_that_a_busy_airflow_does_not_answer() -> None:
    airflow = BusyAirflow()
    follow_run(airflow, "one", lambda: None, every=0)  # type: ignore[arg-type]
    assert airflow.asked == 4


def test_an_airflow_that_never_answers_is_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_stack.airflow.follow_run.SILENT_SECONDS", 0.2)
    silent: Any = SimpleNamespace(run_state=lambda _: (_ for _ in ()).throw(TimeoutError("timed out")))
    with pytest.raises(NotReady, match="has not answered for 0.2 s about run one: timed out"):
        follow_run(silent, "one", lambda: None, every=0.05)


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (
            ["httpx.ReadTimeout: timed out"],
            r"API server did not answer the task's worker in time; the machine is busy\. Wait, then",
        ),
        ([], r"It wrote no log: it was ended before it began\. The scheduler's log says why"),
        (["KeyError: 'x'"], r"KeyError: 'x'\nWhat to do"),
    ],
)
def test_a_failed_run_gives_the_reason_that_its_log_leaves_out(log: list[str], sentence: str) -> None:
    task = {
        "task_id": "ingest",
        "map_index": -1,
        "state": "failed",
        "end_date": "",
        "try_number": 3,
        "dag_run_id": "one",
    }
    airflow: Any = SimpleNamespace(
        url="http://airflow", run_state=lambda _: "failed", task_instances=lambda _: [task], log_lines=lambda *_: log
    )
    with pytest.raises(Problem, match=sentence):
        follow_run(airflow, "one", lambda: None)
