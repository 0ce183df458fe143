"""Start, watch and stop the long-running processes of the stack: a log and a process file each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from campaign.settings import PROJECT_ROOT
from local_stack.console import Problem, last_lines

STOP_SECONDS = 20


@dataclass(frozen=True)
class Service:
    """One long-running process; ``command`` is its argument list. Those of a lower ``stop_turn`` are stopped first."""

    name: str
    command: tuple[str, ...]
    stop_turn: int = 0


class Services:
    """The processes of one state folder, started by this command or by an earlier one."""

    def __init__(self, state_folder: Path) -> None:
        """Look at a state folder; nothing is written."""
        self._run_folder = state_folder / "run"
        self._log_folder = state_folder / "logs"

    def start(self, service: Service, environment: Mapping[str, str], folder: Path = PROJECT_ROOT) -> None:
        """Start a process in a group of its own: Ctrl-C reaches the command, which then stops the groups in order."""
        self._run_folder.mkdir(parents=True, exist_ok=True)
        self._log_folder.mkdir(parents=True, exist_ok=True)
        with self.log_of(service.name).open("a") as log:
            process = subprocess.Popen(
                service.command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        # The start tells this process from a later one that was given the same number.
        facts = {"pid": process.pid, "started_after_boot": _after_boot(psutil.Process(process.pid))}
        (self._run_folder / f"{service.name}.json").write_text(json.dumps(facts))

    def log_of(self, name: str) -> Path:
        """Return the path of a service's log."""
        return self._log_folder / f"{name}.log"

    def known(self) -> list[str]:
        """Return the names of the services that were started and not stopped, alive or not."""
        return sorted(file.stem for file in self._run_folder.glob("*.json"))

    def alive(self) -> list[str]:
        """Return the names of those that run."""
        return [name for name in self.known() if self.process(name)]

    def require_alive(self) -> None:
        """Raise a Problem with the end of the log of a service that has ended by itself."""
        for name in self.known():
            if not self.process(name):
                raise Problem(f"{name} has ended.{last_lines(self.log_of(name))}")

    def effort(self, name: str) -> tuple[int, float]:
        """Return the bytes of a service's log and the processor seconds it has used: neither grows where it hangs."""
        return effort_of(self.log_of(name), self.process(name))

    def stop(self, order: Sequence[Sequence[str]]) -> None:
        """Stop what runs, one set of names after the other; what does not end in time is killed."""
        listed = [name for names in order for name in names]
        for names in (*order, [name for name in self.known() if name not in listed]):
            self._stop_together([name for name in names if name in self.known()])

    def _stop_together(self, names: Sequence[str]) -> None:
        processes = [process for name in names if (process := self.process(name))]
        end_with_children(processes)
        for process in processes:
            kill_group(process.pid)
        for name in names:
            (self._run_folder / f"{name}.json").unlink(missing_ok=True)

    def process(self, name: str) -> psutil.Process | None:
        """Return the process of a service that runs; None where it does not."""
        try:
            facts = json.loads((self._run_folder / f"{name}.json").read_text())
            process = psutil.Process(facts["pid"])
            if abs(_after_boot(process) - facts["started_after_boot"]) > 2:  # the kernel rounds to seconds
                return None
            if process.status() == psutil.STATUS_ZOMBIE:
                process.wait(0)  # reaps it where it is a child of ours
                return None
            return process
        except (OSError, ValueError, KeyError, psutil.Error):
            return None


def effort_of(log: Path, process: psutil.Process | None) -> tuple[int, float]:
    """Return the bytes of a log, and the processor seconds that a process and its children have used."""
    size, seconds = 0, 0.0
    with suppress(OSError):
        size = log.stat().st_size
    for each in [process, *_children(process)] if process else []:
        with suppress(psutil.Error):
            times = each.cpu_times()
            seconds += times.user + times.system
    return size, seconds


def end_with_children(processes: Sequence[psutil.Process], seconds: float = STOP_SECONDS) -> None:
    """End processes and all their children; kill what does not end in time."""
    # By their own numbers, not by the group: children may lead groups of their own, and a second signal to one that
    # is already ending would cut its clean-up short.
    everyone = [*{child for process in processes for child in _children(process)} | set(processes)]
    for process in everyone:
        with suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(everyone, timeout=seconds)
    for process in left:
        with suppress(psutil.Error):
            process.kill()


def run_step(what: str, command: Sequence[str], environment: Mapping[str, str], log: Path, advice: str) -> None:
    """Run a command that must succeed; raise a Problem that names the step, the log's end and what to do."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as stream:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            finally:
                kill_group(process.pid)
            raise
    if status:
        raise Problem(f"{what} ended with status {status}.{last_lines(log)}\nWhat to do: {advice}")


def wait_until(answers: Callable[[], bool], seconds: float, every: float = 0.5) -> bool:
    """Ask again and again until the answer is true; return False when the time is over."""
    deadline = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _after_boot(process: psutil.Process) -> float:
    """Return seconds from the machine's start to the process's: by the clock, both move when the clock is set."""
    return process.create_time() - psutil.boot_time()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def kill_group(leader: int) -> None:
    """End a process and those it started, at once; do nothing when they have ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
