"""The faults. Each disturbs one run at a random moment of a stage, repairs what broke, runs once more and compares."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from campaign.db.connection import connect
from tests.chaos.pipeline_in_a_process import STAGES
from tests.chaos.world import Driver, World

DAY = 86_400
STOPPED_SECONDS = 1.5


@dataclass(frozen=True)
class Trial:
    """What became of one trial; ``lost`` says what differs, and is empty where nothing does."""

    fault: str
    stage: str
    interrupted: bool
    seconds: float
    lost: str = ""


Fault = Callable[[World, Driver, str], str]


def try_out(world: World, fault: str, stage: str) -> Trial:
    """Bring the world into its first state, disturb a run, recover and compare."""
    world.reset()
    options, disturb = FAULTS[fault]
    driver = world.start(**options)
    reached = world.wait_into(driver, stage)
    begin = time.monotonic()
    lost = disturb(world, driver, stage) if reached else ""
    ended = driver.ends()
    if not lost and ended[0] == "hung":
        lost = f"the disturbed run hung in {ended[1]}"
    status, said = world.clean_run()
    seconds = time.monotonic() - begin
    if status != "done":
        lost = lost or f"the run after it {status}: {said}"
    lost = lost or "; ".join(world.differences())
    return Trial(fault, stage, reached and ended[0] != "done", seconds, lost)


def _kill_driver(world: World, driver: Driver, stage: str) -> str:
    driver.kill()
    return ""


def _kill_server(world: World, driver: Driver, stage: str) -> str:
    world.kill_server()
    return ""


def _stop_driver(world: World, driver: Driver, stage: str) -> str:
    """A run that hangs keeps the pipeline: another one waits for it, and both end right."""
    os.kill(driver.process.pid, signal.SIGSTOP)
    owned = world.owner() == driver.run_id  # it may just have given it back
    other = world.start()
    time.sleep(STOPPED_SECONDS)
    waited = other.last == ("stage", "start") and not other.heard.poll()
    os.kill(driver.process.pid, signal.SIGCONT)
    ends = driver.ends(), other.ends()
    if owned and not waited:
        return "another run began while the stopped one had the pipeline"
    return "" if [end[0] for end in ends] == ["done", "done"] else f"{ends}"


def _stop_server(world: World, driver: Driver, stage: str) -> str:
    os.kill(world.server.pid(), signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS)
    os.kill(world.server.pid(), signal.SIGCONT)
    end = driver.ends()
    return "" if end[0] == "done" else f"a pause of the server ended the run: {end[1]}"


def _idle_reader(world: World, driver: Driver, stage: str) -> str:
    """Read a served table without committing, from before the publication on; the run says who it was."""
    end = driver.ends()
    return "" if end[0] == "failed" and "KILL" in str(end[1]) else f"{end} instead of the reader's name"


def _fill_disk(world: World, driver: Driver, stage: str) -> str:
    """Fill the disk, let the run end as it may, make room again."""
    ballast = world.folder / "ballast"
    room = os.statvfs(world.folder)
    with ballast.open("wb") as file, closing_anyway():
        os.posix_fallocate(file.fileno(), 0, max(room.f_bavail * room.f_frsize - 64 * 1024, 1))
    driver.ends()
    ballast.unlink()
    if not world.server.pid():
        world.server.start()
    return ""


class closing_anyway:  # noqa: N801 (reads as a with block)
    """Ignore a disk that fills up while it is being filled."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        """Swallow what a full disk raises."""
        return isinstance(error, OSError)


def try_idle_reader(world: World) -> Trial:
    """Have a session that read and did not commit, publish, see it named, end it, and run again."""
    world.reset()
    with closing(connect(world.settings, world.settings.mart_database)) as idle:
        idle.autocommit = False
        with idle.cursor() as cursor:
            cursor.execute("select * from by_day")
            cursor.fetchall()
        begin = time.monotonic()
        driver = world.start(publish_wait_seconds=2)
        lost = _idle_reader(world, driver, "publish")
    status, said = world.clean_run()
    lost = lost or ("" if status == "done" else f"the run after it {status}: {said}") or "; ".join(world.differences())
    return Trial("idle reader", "publish", True, time.monotonic() - begin, lost)


FAULTS: dict[str, tuple[dict[str, int], Fault]] = {
    "kill -9 driver": ({}, _kill_driver),
    "kill -9 mysqld": ({}, _kill_server),
    "driver stopped": ({}, _stop_driver),
    "mysqld stopped": ({}, _stop_server),
    "kill -9 driver, clock a day ahead": ({"clock_off": DAY}, _kill_driver),
    "kill -9 driver, clock a day behind": ({"clock_off": -DAY}, _kill_driver),
    "disk full": ({}, _fill_disk),
}
KILLS = [fault for fault in FAULTS if fault.startswith("kill")]
ANYWHERE = [fault for fault in FAULTS if fault != "disk full"]
__all__ = ["ANYWHERE", "FAULTS", "KILLS", "STAGES", "Trial", "try_idle_reader", "try_out"]
