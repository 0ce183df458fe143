"""``make status``: each part of the local stack, its state, since when; of what has died also the last log lines and what to do.

Ends with status 0 where all parts run or none was started, else with 1.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.console import Problem, ended_by, last_lines
from scripts.demo import SERVICES
from scripts.local_database import private_server
from scripts.services import Services
from scripts.stack_settings import StackSettings, read_settings

RESTART = "make stop, then make demo; what was published stays."


@dataclass(frozen=True)
class Part:
    """One process of the stack: ``running``, ``died`` (started and not stopped) or ``not running``; since when, by the clock."""

    name: str
    state: str
    since: float | None
    log: Path


def parts(settings: StackSettings) -> list[Part]:
    """Return the private server, unless another one is given, and the services."""
    services = Services(settings.state_folder)
    known = services.known()
    found = []
    for service in SERVICES:
        process, log = services.process(service.name), services.log_of(service.name)
        state = "running" if process else "died" if service.name in known else "not running"
        found.append(_part(service.name, state, process, log))
    if server := private_server(settings):
        process = psutil.Process(pid) if (pid := server.pid()) else None
        # Without services nobody needs it; make run and make sql start one of their own accord.
        state = "running" if process else "died" if known else "not running"
        found.insert(0, _part("mysql", state, process, server.log))
    return found


def _part(name: str, state: str, process: psutil.Process | None, log: Path) -> Part:
    since = None
    if process:
        since = process.create_time()
    elif state == "died" and log.exists():
        since = log.stat().st_mtime  # its last line
    return Part(name, state, since, log)


def shown(part: Part) -> str:
    """Return a part's line, and the end of the log of one that has died."""
    since = time.strftime("since %Y-%m-%d %H:%M:%S", time.localtime(part.since)) if part.since else ""
    if part.state == "died":
        return f"{part.name:<24} DIED         {since.replace('since', 'last line of')}{last_lines(part.log)}"
    return f"{part.name:<24} {part.state:<12} {since}".rstrip()


def main() -> int:
    """Print the parts, and what to do where one is missing."""
    found = parts(read_settings())
    print("\n".join(shown(part) for part in found), flush=True)
    if all(part.state == "not running" for part in found if part.name != "mysql"):
        print("What to do: make demo starts the stack.")
        return 0
    if missing := [part.name for part in found if part.state != "running"]:
        raise Problem(f"not all of the stack runs: {', '.join(missing)}.\nWhat to do: {RESTART}")
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
