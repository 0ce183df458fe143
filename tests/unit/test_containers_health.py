"""The health of a worker is the age of its last heartbeat."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from local_stack.containers import health


@pytest.fixture
def sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that a worker touches, not there yet, with the health check about to ask for a worker."""
    monkeypatch.setattr(health, "SIGN_OF_LIFE", tmp_path / "lives")
    monkeypatch.setattr(sys, "argv", ["health", "worker"])
    return health.SIGN_OF_LIFE


def test_worker_is_healthy_from_its_first_heartbeat_on(sign: Path) -> None:
    assert health.main() == 1
    health.leave_sign_of_life(sender="Celery says who sends")
    assert health.main() == 0


def test_worker_without_a_heartbeat_of_late_is_not_healthy_until_the_next(sign: Path) -> None:
    health.leave_sign_of_life()
    before = time.time() - health.OLD_SECONDS - 1
    os.utime(sign, (before, before))
    assert health.main() == 1
    health.leave_sign_of_life()
    assert health.main() == 0
