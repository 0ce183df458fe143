"""``make demo`` and ``make stop``: the whole product on one machine, from an empty state folder to a served answer.

1. The database (private MySQL server or the given one), the dbt manifest, Airflow's metadata database.
2. A supervisor, which starts Airflow's four services and the web service, each with a log in the state folder, and restarts
   what dies, the MySQL server too.
3. The pipeline: on the sample where nothing was loaded before, else on what waits in the inbox.
4. The campaign summary, fetched over HTTP, and where to look.

In the foreground it stays until Ctrl-C, says what is restarted, and then stops everything, the database last. With --detach it
returns, and the supervisor stays. On a stack that runs it shows the state of each part, and starts again what was given up.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import combinations
from typing import TextIO

import psutil

from local_stack.airflow.api import AirflowApi
from local_stack.airflow.follow_run import follow_run
from local_stack.airflow.home import ADMIN, prepare_airflow_home
from local_stack.answer import show_answer
from local_stack.console import LAST_LINES, NotReady, Problem, ended_by, last_lines, say
from local_stack.dbt.manifest import ensure_manifest
from local_stack.environment import stack_environment
from local_stack.http_client import Refused, call
from local_stack.mysql.database import database_in_use, stop_private_server
from local_stack.mysql.server import refuse_taken_port
from local_stack.sample import SAMPLE, is_served, next_conf
from local_stack.secrets_file import load_secrets
from local_stack.services import wait_until
from local_stack.settings import StackSettings, read_settings
from local_stack.status import shown_parts
from local_stack.supervisor.parts import EXPLAINED_BY, OF_AIRFLOW, parts_of
from local_stack.supervisor.supervision import Supervision

DEMO = "local_stack.demo"  # in the command line of every make demo and make stop
HANGS_SECONDS = 300  # without a line in its log and without using a processor
SERVER_LEFT_SECONDS = 10
WAIT_ON = "make demo waits on (CAMPAIGN_START_SECONDS: how long), make stop ends it."


def up(settings: StackSettings, detach: bool) -> int:
    """Start what is not running, show the answer; stay until interrupted unless ``detach``."""
    _refuse_one_port_for_two(settings)
    services = Supervision(settings.state_folder)
    secrets = load_secrets(settings.state_folder)
    if not services.running():
        with _only_one(settings):
            services.stop()  # what a supervisor that was killed has left
        refuse_taken_port(settings.airflow_port, "AIRFLOW_PORT", "Airflow")
        refuse_taken_port(settings.webapi_port, "WEBAPI_PORT", "the web service", settings.webapi_bind)
    with database_in_use(settings, keep_up=services.running) as ready:
        with _only_one(settings):
            if services.running():
                say("The demo is already running.\n" + shown_parts(settings))
                # Another make demo may not have waited for all of it.
                if _start_what_was_given_up(services) or not is_served(ready):
                    _serve_what_is_there(services, ready, secrets)
                show_answer(ready, secrets, "make stop")
                return 0
            try:
                _start(services, settings, ready, secrets)
                _serve_what_is_there(services, ready, secrets)
                show_answer(ready, secrets, "make stop" if detach else "Ctrl-C")
            except (NotReady, TimeoutError) as late:
                raise Problem(f"{late}\nNothing was stopped. What to do: {WAIT_ON}") from None
            except BaseException:
                _stop(services)
                raise
        if detach:
            return 0
        return _stay(services, ready)


def down(settings: StackSettings) -> int:
    """Stop the services and the private server, whoever started them."""
    services = Supervision(settings.state_folder)
    with _only_one(settings, take_over=True):
        were_up = services.running()
        services.stop()
    server = stop_private_server(settings)
    # A demo in the foreground notices within a second and stops the server itself; a run takes as long as it takes.
    if server == "in use" and not wait_until(lambda: stop_private_server(settings) != "in use", SERVER_LEFT_SECONDS):
        say("Services stopped. The MySQL server stays: another command uses it and will stop it.")
    else:
        say("Stopped." if were_up or server != "down" else "Nothing was running.")
    return 0


def _refuse_one_port_for_two(settings: StackSettings) -> None:
    ports = {"AIRFLOW_PORT": settings.airflow_port, "WEBAPI_PORT": settings.webapi_port}
    if not settings.mysql_host:  # a given server's port may be another machine's
        ports["MYSQL_PORT"] = settings.mysql_port
    for one, other in combinations(ports, 2):
        if ports[one] == ports[other]:
            raise Problem(
                f"{one} and {other} are both {ports[one]}: give each a port of its own, in the environment or in .env."
            )


def _start_what_was_given_up(services: Supervision) -> list[str]:
    given_up = [name for name, state in services.states().items() if state.state == "gave up"]
    for name in given_up:
        say(f"Starting {name} again")
        services.start_again(name)
    return given_up


def _start(services: Supervision, given: StackSettings, settings: StackSettings, secrets: dict[str, str]) -> None:
    """Start all parts; ``given`` are the settings as a person gave them, ``settings`` those with all passwords."""
    home = settings.state_folder / "airflow"
    settings.inbox.mkdir(parents=True, exist_ok=True)
    environment = stack_environment(settings, secrets, home)
    environment["CAMPAIGN_ALLOWED_ROOTS"] = os.pathsep.join(filter(None, [settings.allowed_roots, str(SAMPLE.parent)]))
    ensure_manifest(environment, settings.logs)
    prepare_airflow_home(home, environment, secrets["AIRFLOW_ADMIN_PASSWORD"], settings.logs)
    parts = parts_of(given)
    say(f"Starting {', '.join(part.name for part in parts)}")
    services.start(parts, environment)


def _serve_what_is_there(services: Supervision, settings: StackSettings, secrets: dict[str, str]) -> None:
    airflow = AirflowApi(settings.airflow_url, ADMIN, secrets["AIRFLOW_ADMIN_PASSWORD"])
    wait_until_healthy(services, settings, airflow, OF_AIRFLOW | {"web service"})
    # A run that an interrupt cut off goes on by itself now; only what it leaves undone is started anew.
    run_id = airflow.active_run()
    if run_id:
        say(f"Pipeline: run {run_id} was under way and goes on")
        airflow.unpause()
        try:
            follow_run(airflow, run_id, services.require_alive)
        except Problem:
            say("  it could not be finished")
    if (conf := next_conf(settings)) is None:
        say("Pipeline: what is loaded is published already; nothing to do")
    while conf is not None:
        sample = conf
        run_id = airflow.trigger(conf)
        say(f"Pipeline: run {run_id} on {SAMPLE.name if sample else settings.inbox}")
        airflow.unpause()
        try:
            follow_run(airflow, run_id, services.require_alive)
        except Problem as problem:
            # A file that cannot be loaded takes nothing away from what is served.
            services.require_alive()
            if not is_served(settings):
                raise
            say(f"{problem}\nWhat was published before is still served.")
            break
        # One run on the inbox takes all that waited; one on the sample leaves it.
        conf = next_conf(settings) if sample else None
    airflow.unpause()


def wait_until_healthy(services: Supervision, settings: StackSettings, airflow: AirflowApi, wanted: set[str]) -> None:
    """Wait for every component wanted: a task that starts before the API server answers would fail at once.

    Raises Problem when a service dies or a DAG file cannot be imported; NotReady, naming what is missing, when those who are to
    bring it hang, or ``CAMPAIGN_START_SECONDS`` are over.
    """
    started, healthy, deaths = time.monotonic(), set(), 0
    before, moved = None, started
    while healthy != wanted:
        services.require_alive()
        deaths = _tell_deaths(services, deaths)
        for component in sorted((_healthy(settings, airflow) & wanted) - healthy):
            say(f"  {component:<16} ready after {time.monotonic() - started:.0f} s")
            healthy.add(component)
        if "scheduler" in healthy:
            with suppress(OSError, Refused):  # an API server that is busy says so later
                if errors := airflow.import_errors():
                    raise Problem("a DAG file cannot be imported.\n" + "\n".join(errors))
        missing = wanted - healthy
        now, effort = time.monotonic(), {name: services.effort(name) for name in _tellers(missing)}
        if effort != before:
            before, moved = effort, now
        if missing and now - started > settings.start_seconds:
            raise NotReady(_what_is_missing(services, missing, f"not ready after {settings.start_seconds} s"))
        if missing and now - moved > HANGS_SECONDS:
            raise NotReady(_what_is_missing(services, missing, f"not ready, and without a move for {HANGS_SECONDS} s"))
        time.sleep(0.5)


def _tellers(missing: set[str]) -> list[str]:
    return sorted({EXPLAINED_BY[component] for component in missing})


def _what_is_missing(services: Supervision, missing: set[str], how_long: str) -> str:
    ends = [
        last_lines(services.log_of(name), LAST_LINES) or f"\n{name} has written nothing." for name in _tellers(missing)
    ]
    return f"{how_long}: {', '.join(sorted(missing))}." + "".join(ends)


def _healthy(settings: StackSettings, airflow: AirflowApi) -> set[str]:
    found = set()
    try:
        call(f"{settings.webapi_url}/livez", seconds=5)
        found.add("web service")
    except (OSError, Refused):
        pass
    try:
        found |= {component for component, state in airflow.health().items() if state == "healthy"}
        if airflow.has_dag():
            found.add("DAG")
    except (OSError, Refused):
        pass
    return found


def _stay(services: Supervision, settings: StackSettings) -> int:
    """Say what dies until a signal comes, or until `make stop` in another terminal."""
    try:
        deaths = len(services.deaths())
        while services.running():
            deaths = _tell_deaths(services, deaths)
            time.sleep(1)
        with _only_one(settings, patient=True):
            if not services.known():
                say("Stopped by make stop.")
                return 0
            services.require_alive()
        return 0
    except KeyboardInterrupt:
        say("")
        return 0
    finally:
        _stop(services)


def _tell_deaths(services: Supervision, told: int) -> int:
    """Say which parts have died since so many were told, and return how many died by now."""
    deaths = services.deaths()
    for death in deaths[told:]:
        say(f"  {death.name} died at {death.when}: {death.how}. It is restarted; make status says more.")
    return len(deaths)


def _stop(services: Supervision) -> None:
    if services.known():
        # A second Ctrl-C must not leave half of it running.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("Stopping")
        services.stop()


@contextmanager
def _only_one(settings: StackSettings, patient: bool = False, take_over: bool = False) -> Iterator[None]:
    """Let one command at a time start and stop services.

    Another one at work is waited for if ``patient``, ended first if ``take_over``, and otherwise a Problem.
    """
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    with (settings.state_folder / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            if not take_over:
                raise Problem(
                    "another make demo or make stop is at work here. Wait for it, or end it by make stop."
                ) from None
            say("Ending the make demo that is under way")
            _end_holder(lock)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _end_holder(lock: TextIO) -> None:
    """End the command that holds the lock, and take it. The number that stands there may be of one before it, and others' now."""
    ended = set()
    while True:
        lock.seek(0)
        with suppress(ValueError, psutil.Error):
            holder = psutil.Process(int(lock.read()))
            if holder.pid not in ended and DEMO in holder.cmdline():
                holder.terminate()
                ended.add(holder.pid)  # a second signal would cut its clean-up short
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["up", "down"])
    parser.add_argument("--detach", action="store_true", help="return when the answer is served")
    arguments = parser.parse_args()
    # A closed terminal and a plain kill stop as cleanly as Ctrl-C; so does Ctrl-C where a script had it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)
    settings = read_settings()
    return up(settings, arguments.detach) if arguments.command == "up" else down(settings)


if __name__ == "__main__":
    sys.exit(ended_by(main))
