"""Builds both images from a clean copy of the project and starts the whole composition, once for all tests of this folder."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campaign.settings import PROJECT_ROOT
from local_stack.mysql.server import free_port
from tests.containers.composition import Composition, find_engine

SAMPLE = PROJECT_ROOT / "include" / "data_sample" / "transaction_data.csv"


@pytest.fixture(scope="session")
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what a clone would hold, changes not yet committed included."""
    copy = tmp_path_factory.mktemp("clone") / "project"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (PROJECT_ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT_ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="session")
def built(clean_copy: Path) -> Iterator[Composition]:
    """Return the composition with its ``.env`` made and its images built; its containers and volumes are gone afterwards."""
    try:
        engine = find_engine()
    except RuntimeError as error:
        pytest.fail(str(error))
    composition = Composition(engine, clean_copy, f"campaign-test-{secrets.token_hex(3)}")
    composition.run("make", "env")
    with (clean_copy / ".env").open("a") as env:
        # Memory for a machine that does other things too.
        env.write("CAMPAIGN_VERSION=test\nCAMPAIGN_MYSQL_BUFFER_POOL=256M\nAIRFLOW__CORE__PARALLELISM=2\n")
        env.write(f"AIRFLOW_PORT={free_port()}\nWEBAPI_PORT={free_port()}\n")
    _timed("images built", lambda: composition.compose("build", "airflow-init", "webapi", "proxy"))
    try:
        yield composition
    finally:
        composition.compose("down", "--volumes", check=False)


@pytest.fixture(scope="session")
def up(built: Composition) -> Composition:
    """Return the composition with every service healthy."""
    _timed("make up", lambda: built.run("make", "up"))
    _timed("all services healthy", built.wait_until_healthy)
    return built


@pytest.fixture(scope="session")
def served(up: Composition) -> Composition:
    """Return the composition with the sample published, by an operator's ``make trigger``."""
    _timed("make trigger", lambda: up.run("make", "trigger", f"FILE={SAMPLE}"))
    return up


def _timed(what: str, step: Callable[[], object]) -> None:
    started = time.monotonic()
    step()
    print(f"\n{what}: {time.monotonic() - started:.0f} s", flush=True)
