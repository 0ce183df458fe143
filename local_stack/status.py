"""``make status``: each part of the local stack, its state, since when; of what died how, its last log lines, and what to do.

Ends with status 0 where all parts run or none was started, else with 1.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from local_stack.console import Problem, ended_by, last_lines
from local_stack.http_client import Refused, call
from local_stack.mysql.database import private_server
from local_stack.settings import StackSettings, read_settings
from local_stack.supervisor.parts import EXPLAINED_BY, SERVICES
from local_stack.supervisor.supervision import SUPERVISOR, Death, Supervision

RESTART = "make stop, then make demo; what was published stays."
START_AGAIN = "read the last lines above; make demo starts it again."
IS_RESTARTED = "wait; it is being restarted."
IS_SILENT = "wait if the machine is busy; else read its log, make stop, make demo."
STARTING_SECONDS = 180  # so long nobody asks a service whether it does its work


@dataclass(frozen=True)
class Part:
    """One process of the stack.

    ``state`` is ``running``, ``SILENT`` (it runs and does not do its work), ``restarting``, ``GAVE UP`` (it keeps dying),
    ``DIED`` (nobody restarts it) or ``not running``; since when, by the clock. ``error`` is the end of its log, where that
    explains the state.
    """

    name: str
    state: str
    since: float | None = None
    deaths: tuple[Death, ...] = ()
    error: str = ""


def parts(settings: StackSettings) -> list[Part]:
    """Return the supervisor, the private server unless another one is given, and the services."""
    supervision = Supervision(settings.state_folder)
    found = [_supervisor(supervision), *_mysql(supervision, settings)]
    found += [_service(supervision, service.name) for service in SERVICES]
    silent = _silent(settings) if any(_is_old(part) for part in found) else set()
    return [replace(part, state="SILENT") if part.name in silent and _is_old(part) else part for part in found]


def _is_old(part: Part) -> bool:
    return part.state == "running" and time.time() - (part.since or 0) > STARTING_SECONDS


def _silent(settings: StackSettings) -> set[str]:
    """Return the services that do not answer, or whose sign of life Airflow misses."""
    silent = set()
    try:
        call(f"{settings.webapi_url}/livez", seconds=5)
    except (OSError, Refused):
        silent.add("webapi")
    try:
        health = call(f"{settings.airflow_url}/api/v2/monitor/health", seconds=5)
        return silent | {EXPLAINED_BY[name] for name in health if health[name]["status"] == "unhealthy"}
    except (OSError, Refused):
        return silent | {"airflow-api-server"}


def _supervisor(supervision: Supervision) -> Part:
    if process := supervision.supervisor():
        return Part(SUPERVISOR, "running", process.create_time())
    if supervision.known():
        return Part(SUPERVISOR, "DIED", _last_written(supervision.log), error=last_lines(supervision.log))
    return Part(SUPERVISOR, "not running")


def _mysql(supervision: Supervision, settings: StackSettings) -> list[Part]:
    if not (server := private_server(settings)):
        return []
    watched = supervision.states().get("mysql")
    deaths = watched.deaths if watched else ()
    if pid := server.pid():
        return [Part("mysql", "running", psutil.Process(pid).create_time(), deaths)]
    if watched and watched.state != "stopped":
        state = "GAVE UP" if watched.state == "gave up" else "restarting"
        return [Part("mysql", state, watched.since, deaths, last_lines(server.log))]
    # Without services nobody needs it; make run and make sql start one of their own accord.
    state = "DIED" if supervision.known() else "not running"
    return [
        Part("mysql", state, _last_written(server.log) if state == "DIED" else None, deaths, last_lines(server.log))
    ]


def _service(supervision: Supervision, name: str) -> Part:
    if not (found := supervision.states().get(name)):
        return Part(name, "not watched" if name in supervision.known() else "not running")
    if found.state == "running":
        return Part(
            name, "running", found.since, found.deaths, supervision.last_words(found, 1) if found.deaths else ""
        )
    state = {"gave up": "GAVE UP", "stopped": "not running"}.get(found.state, found.state)
    return Part(name, state, found.since, found.deaths, supervision.last_words(found))


def _last_written(log: Path) -> float | None:
    return log.stat().st_mtime if log.exists() else None


def shown(part: Part) -> str:
    """Return a part's line, how often and how it died, and its error."""
    since = time.strftime("since %Y-%m-%d %H:%M:%S", time.localtime(part.since)) if part.since else ""
    line = f"{part.name:<24} {part.state:<12} {since}".rstrip()
    if part.deaths:
        last, times = part.deaths[-1], "once" if len(part.deaths) == 1 else f"{len(part.deaths)} times"
        line += f"\n{'':<24} died {times}, last at {last.when}: {last.how}"
    return line + part.error


def shown_parts(settings: StackSettings) -> str:
    """Return the lines of all parts."""
    return "\n".join(shown(part) for part in parts(settings))


def main() -> int:
    """Print the parts, and what to do where one is missing."""
    found = parts(read_settings())
    print("\n".join(shown(part) for part in found), flush=True)
    if all(part.state == "not running" for part in found if part.name != "mysql"):
        print("What to do: make demo starts the stack.")
        return 0
    if missing := [part for part in found if part.state != "running"]:
        states = {part.state for part in missing}
        advice = START_AGAIN if "GAVE UP" in states else IS_SILENT if "SILENT" in states else IS_RESTARTED
        advice = advice if found[0].state == "running" else RESTART
        raise Problem(f"not all of the stack runs: {', '.join(part.name for part in missing)}.\nWhat to do: {advice}")
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
