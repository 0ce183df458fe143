"""The supervisor of the local stack: what dies is restarted with its reason, what keeps dying is not, and no log line is lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local_stack.console import Problem
from local_stack.services import Service, wait_until
from local_stack.supervisor import supervision
from local_stack.supervisor.supervision import Supervision

SLEEPS = "import time; time.sleep(60)"
HAS_A_CHILD = (
    "import subprocess, sys, time\n"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}])\n"
    "print('child', child.pid, flush=True); time.sleep(60)"
)


def logged(watched: Supervision) -> str:
    """Return the part's log with what was rotated, the oldest first."""
    log = watched.log_of("part")
    rotated = sorted(log.parent.glob("part.log.?"), reverse=True)
    return "".join(file.read_text() for file in (*rotated, log) if file.exists())


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Callable[[str], Supervision]]:
    """Return what starts a program as the one part of a stack, and waits until its log has a text."""
    watched = Supervision(tmp_path / "a state; # 100%")

    def start(program: str, text: str = "part starts") -> Supervision:
        watched.start([Service("part", (sys.executable, "-c", program))], os.environ)
        assert wait_until(lambda: text in logged(watched), 20, every=0.05)
        return watched

    yield start
    watched.stop()


def test_a_killed_part_is_restarted_with_the_reason_and_its_orphans_are_ended(
    part: Callable[[str, str], Supervision], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "STEADY_SECONDS", 0)
    watched = part(HAS_A_CHILD, "child ")
    first = watched.process("part")
    child = psutil.Process(int(logged(watched).split()[-1]))
    first.kill()
    assert wait_until(lambda: logged(watched).count("child ") == 2, 20, every=0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    state = watched.states()["part"]
    assert (state.state, [death.how for death in state.deaths]) == ("running", ["terminated by SIGKILL"])
    assert state.pid != first.pid
    assert f"child {child.pid}" in watched.last_words(state), "what it wrote before its death, not after the restart"
    watched.require_alive()


def test_a_part_that_keeps_dying_is_given_up_and_can_be_started_again(
    part: Callable[[str], Supervision], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "RESTARTS", 1)
    repaired = tmp_path / "repaired"
    watched = part(
        f"import os, time; time.sleep(60) if os.path.exists({str(repaired)!r}) else exit('no room on the disk')"
    )
    assert wait_until(lambda: watched.states()["part"].state == "gave up", 20, every=0.1)
    assert len(watched.deaths()) == 2
    with pytest.raises(Problem, match=r"(?s)part keeps dying .* any more \(exit status 1\).*no room on the disk"):
        watched.require_alive()
    repaired.touch()
    watched.start_again("part")
    assert watched.alive() == ["part"]


def test_a_log_is_rotated_and_never_truncated(
    part: Callable[[str, str], Supervision], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "LOG_BYTES", "1KB")
    watched = part("import time\nfor n in range(40): print('line', n, '.' * 50, flush=True)\ntime.sleep(60)", "line 39")
    assert [f"line {n} " in logged(watched) for n in range(40)] == [True] * 40
    assert watched.log_of("part").with_name("part.log.1").exists()
    watched.stop()
    part(SLEEPS, "line 39")  # another start appends


def test_what_a_killed_supervisor_leaves_is_stopped(part: Callable[[str], Supervision]) -> None:
    watched = part(SLEEPS)
    orphan = watched.process("part")
    watched.supervisor().kill()
    assert wait_until(lambda: not watched.running(), 10, every=0.05)
    with pytest.raises(Problem, match="the supervisor has ended"):
        watched.require_alive()
    watched.stop()
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert watched.known() == []


def test_parts_are_stopped_turn_by_turn(tmp_path: Path) -> None:
    says_when = (
        "import pathlib, signal, sys, time\n"
        "def end(*_): open(sys.argv[2], 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); pathlib.Path(sys.argv[2] + sys.argv[1]).touch(); time.sleep(60)"
    )
    order, watched = tmp_path / "order", Supervision(tmp_path / "state")
    parts = [
        Service(name, (sys.executable, "-c", says_when, name, str(order)), stop_turn=turn)
        for name, turn in zip("abc", (2, 0, 1), strict=True)
    ]
    try:
        watched.start(parts, os.environ)
        assert wait_until(lambda: len(list(tmp_path.glob("order?"))) == 3, 20, every=0.05)
    finally:
        watched.stop()
    assert order.read_text() == "bca"
