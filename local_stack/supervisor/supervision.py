"""The parts of the stack under supervisord (the package supervisor), which restarts what dies and rotates the logs.

It lasts as long as the stack, also where the command that started it has returned. A part that dies is started again: at once if
it has run for STEADY_SECONDS, else after 1, 2, 3 and 4 seconds. One that dies again before it has run so long is left down.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Error, ServerProxy

import psutil
from supervisor.states import ProcessStates
from supervisor.xmlrpc import SupervisorTransport

from local_stack.console import LAST_LINES, Problem, last_lines
from local_stack.private_socket import LONGEST_SOCKET_PATH, make_folder_of, private_socket
from local_stack.services import STOP_SECONDS, Service, Services, effort_of, end_with_children, wait_until

STEADY_SECONDS = 60  # a start of Airflow takes 10 to 40 s on a busy machine
RESTARTS = 4
READY_SECONDS = 60
LONGEST_SUFFIX = len(".4194304")  # supervisord binds a path with its number behind it, then renames it
SUPERVISOR = "supervisor"
COMMANDS = "commands.json"
RUN_FOLDER = (
    "STACK_RUN_FOLDER"  # tells a part where its command stands; a path may hold what supervisord would read as syntax
)
START_MARK = "=== {name} starts, {now} ==="
LOG_BYTES, LOGS_KEPT = "10MB", 3

# Paths are relative to the run folder: what stands above it may hold signs that supervisord would read as syntax.
CONFIGURATION = """\
; Written by make demo.
[supervisord]
nodaemon = true
silent = true
logfile = ../logs/supervisord.log
logfile_maxbytes = {bytes}
logfile_backups = {kept}
pidfile = supervisord.pid

[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command = python -m local_stack.supervisor.process {name}
startsecs = {steady}
startretries = {restarts}
autorestart = true
stopwaitsecs = {stop}
stopasgroup = true
killasgroup = true
redirect_stderr = true
stdout_logfile = ../logs/{name}.log
stdout_logfile_maxbytes = {bytes}
stdout_logfile_backups = {kept}
"""
# Those of one turn are stopped together; supervisord stops the highest priority first.
GROUP = """
[group:turn{turn}]
programs = {names}
priority = {priority}
"""
EXIT = re.compile(r"^(?P<when>[\d-]+ [\d:]+),\d+ \w+ exited: (?P<name>\S+) \((?P<how>.+); (?:not )?expected\)$", re.M)


@dataclass(frozen=True)
class Death:
    """An end that nobody asked for: of which part, ``when`` by the clock, and ``how``: by which status or signal."""

    name: str
    when: str
    how: str


@dataclass(frozen=True)
class PartState:
    """A part: ``running``, ``restarting``, ``gave up`` or ``stopped``; ``since`` when, in seconds since 1970."""

    name: str
    state: str
    since: float
    pid: int
    deaths: tuple[Death, ...] = ()


class Supervision:
    """The supervisor of one state folder and its parts, started by this command or by an earlier one."""

    def __init__(self, state_folder: Path) -> None:
        """Look at a state folder; nothing is written."""
        self._run_folder = state_folder / "run"
        self._services = Services(state_folder)
        self._socket = private_socket(self._run_folder, "supervisor.sock", LONGEST_SOCKET_PATH - LONGEST_SUFFIX)

    def start(self, parts: Sequence[Service], environment: Mapping[str, str]) -> None:
        """Start the supervisor, and by it all parts. Raises Problem where it does not answer."""
        self._run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not make_folder_of(self._socket):
            raise Problem(f"{self._socket.parent} belongs to another user. Set CAMPAIGN_STATE to a shorter path.")
        commands = self._run_folder / COMMANDS
        commands.write_text(json.dumps({part.name: part.command for part in parts}))
        configuration = self._run_folder / "supervisord.conf"
        configuration.write_text(self._configuration(parts))
        command = (sys.executable, "-m", "supervisor.supervisord", "-c", configuration.name)
        self._services.start(Service(SUPERVISOR, command), environment, self._run_folder)
        if not wait_until(lambda: len(self._info()) == len(parts) or not self.running(), READY_SECONDS, every=0.1):
            raise Problem(f"the supervisor has not answered for {READY_SECONDS} s.{last_lines(self.log)}")
        self.require_alive()

    @property
    def log(self) -> Path:
        """The supervisor's log: what it started, and what ended how."""
        return self.log_of("supervisord")

    def log_of(self, name: str) -> Path:
        """Return the path of a part's log."""
        return self._services.log_of(name)

    def supervisor(self) -> psutil.Process | None:
        """Return the supervisor's own process; None where none runs."""
        return self._services.process(SUPERVISOR)

    def running(self) -> bool:
        """Say whether the supervisor runs."""
        return self.supervisor() is not None

    def known(self) -> list[str]:
        """Return the names of the parts that were started and not stopped, alive or not."""
        try:
            return list(json.loads((self._run_folder / COMMANDS).read_text()))
        except (OSError, ValueError):
            return []

    def states(self) -> dict[str, PartState]:
        """Return the state of each part by name; empty where no supervisor answers."""
        deaths = self.deaths()
        return {info["name"]: _state(info, deaths) for info in self._info()}

    def deaths(self) -> list[Death]:
        """Return the ends that nobody asked for since the supervisor's start, the oldest first."""
        try:
            text = self.log.read_text(errors="replace").rpartition("supervisord started with pid")[2]
        except OSError:
            return []
        return [Death(**found.groupdict()) for found in EXIT.finditer(text)]

    def alive(self) -> list[str]:
        """Return the names of the parts that run."""
        return sorted(name for name, state in self.states().items() if state.state == "running")

    def process(self, name: str) -> psutil.Process | None:
        """Return the process of a part that runs; None where it does not."""
        state = self.states().get(name)
        with suppress(psutil.Error):
            return psutil.Process(state.pid) if state and state.pid else None
        return None

    def effort(self, name: str) -> tuple[int, float]:
        """Return the bytes of a part's log and the processor seconds it has used: neither grows where it hangs."""
        return effort_of(self.log_of(name), self.process(name))

    def require_alive(self) -> None:
        """Raise a Problem where the supervisor has ended, or has given a part up. A part that it restarts is no problem."""
        if not self.running():
            raise Problem(f"the supervisor has ended.{last_lines(self.log)}")
        for name, state in self.states().items():
            if state.state == "gave up":
                how = state.deaths[-1].how if state.deaths else "it could not be started"
                raise Problem(f"{name} keeps dying and is not restarted any more ({how}).{self.last_words(state)}")

    def last_words(self, state: PartState, count: int = LAST_LINES) -> str:
        """Return the last lines that a part wrote before its last end, under the name of its log."""
        started_since = START_MARK.partition(",")[0].format(name=state.name) if state.state == "running" else ""
        return last_lines(self.log_of(state.name), count, before=started_since)

    def start_again(self, name: str) -> None:
        """Start a part that was given up."""
        group = next((info["group"] for info in self._info() if info["name"] == name), None)
        with suppress(OSError, Error):
            self._server().startProcess(f"{group}:{name}", False)

    def stop(self) -> None:
        """Stop the supervisor, which stops the parts turn by turn, then what they have left. Do nothing where nothing runs."""
        supervisor = self.supervisor()
        session = self._session()
        if supervisor:
            with suppress(psutil.Error):
                supervisor.terminate()
                psutil.wait_procs([supervisor], timeout=4 * STOP_SECONDS)
        if session:
            end_with_children(in_session(session))
        self._services.stop([[SUPERVISOR]])
        (self._run_folder / COMMANDS).unlink(missing_ok=True)

    def _session(self) -> int | None:
        """Return the session of the supervisor and all it started; it keeps its number while anything of it lives."""
        try:
            session = json.loads((self._run_folder / f"{SUPERVISOR}.json").read_text())["pid"]
        except (OSError, ValueError, KeyError):
            return None
        with suppress(psutil.Error):
            if psutil.Process(session).status() != psutil.STATUS_ZOMBIE and not self.running():
                return None  # another process has got the number, so the session has ended
        return session

    def _server(self) -> Any:
        return ServerProxy("http://supervisor", SupervisorTransport(serverurl=f"unix://{self._socket}")).supervisor

    def _info(self) -> list[dict[str, Any]]:
        with suppress(OSError, Error):
            return self._server().getAllProcessInfo()
        return []

    def _configuration(self, parts: Sequence[Service]) -> str:
        logs = {"bytes": LOG_BYTES, "kept": LOGS_KEPT}
        near = self._socket.parent == self._run_folder
        text = CONFIGURATION.format(socket=self._socket.name if near else self._socket, **logs)
        for part in parts:
            text += PROGRAM.format(name=part.name, steady=STEADY_SECONDS, restarts=RESTARTS, stop=STOP_SECONDS, **logs)
        for turn in sorted({part.stop_turn for part in parts}):
            names = ",".join(part.name for part in parts if part.stop_turn == turn)
            text += GROUP.format(turn=turn, names=names, priority=100 - turn)
        return text


def in_session(session: int) -> list[psutil.Process]:
    """Return the processes of a session."""
    members = []
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == session:
                members.append(process)
    return members


def _state(info: Mapping[str, Any], deaths: Sequence[Death]) -> PartState:
    words = {
        ProcessStates.STARTING: "running",  # to the supervisor, until it has run for STEADY_SECONDS
        ProcessStates.RUNNING: "running",
        ProcessStates.FATAL: "gave up",
        ProcessStates.STOPPED: "stopped",
        ProcessStates.STOPPING: "stopped",
    }
    state = words.get(info["state"], "restarting")
    since = info["start"] if state == "running" else info["stop"] or info["start"] or time.time()
    own = tuple(death for death in deaths if death.name == info["name"])
    return PartState(info["name"], state, since, info["pid"], own)
