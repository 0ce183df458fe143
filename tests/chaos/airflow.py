"""Kills in a real Airflow, with dbt: tasks, their workers, scheduler and triggerer, at random moments of a run that builds all.

Only processes of the trial's own Airflow are killed: services that it has started, and their children.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from bench.own_server import server_in
from bench.own_stack import Stack, own_stack
from campaign.db.connection import connect
from campaign.transform.dbt_project import published_tables
from local_stack.airflow.api import DAG_ID
from local_stack.http_client import Refused
from local_stack.mysql.server import PrivateServer
from local_stack.sample import SAMPLE
from tests.chaos.faults import Trial
from tests.chaos.state import RAW, broken_promises, checksums

STAGES = ("find_files", "ingest", "build_marts", "detect_fraud", "audit", "approve", "publish", "report")
STAGES_OF_OUTAGES = ("ingest", "build_marts", "detect_fraud", "audit", "publish")
PATIENCE, LOOK, AWAY = 300, 0.2, (0, 15)
ENDED = ("success", "failed")


def try_airflow(kills: int) -> Iterator[Trial]:
    """Kill task, scheduler and triggerer by turns. A run that does not survive is started again; then all must be as undisturbed."""
    with (
        tempfile.TemporaryDirectory(prefix="campaign-chaos-airflow-") as folder,
        # Without any share of change the gate is open; the triggerer's trials have it closed.
        own_stack(Path(folder), CAMPAIGN_INBOX_LOOK_SECONDS=1, CAMPAIGN_GATE_SHARE=0) as stack,
    ):
        if (state := stack.run()) != "success":
            raise RuntimeError(f"the undisturbed run ended as {state}")
        expected = _checksums(stack)
        for number in range(kills):
            yield _try(stack, expected, *_drawn(number))


def try_outages(seconds: float) -> Iterator[Trial]:
    """Kill mysqld in each stage and start it again ``seconds`` later. The run must end green by itself, with nothing lost."""
    with tempfile.TemporaryDirectory(prefix="campaign-outage-") as folder, own_stack(Path(folder)) as stack:
        if (state := stack.run()) != "success":
            raise RuntimeError(f"the undisturbed run ended as {state}")
        expected = _checksums(stack)
        server = server_in(Path(folder), stack.server.mysql_port)
        for stage in STAGES_OF_OUTAGES:
            yield _out_of_order(stack, expected, server, stage, seconds)


def _out_of_order(stack: Stack, expected: dict[str, tuple], server: PrivateServer, stage: str, seconds: float) -> Trial:
    _forget_the_file(stack)
    run_id = stack.airflow.trigger(stack.conf)
    reached = _running(stack, run_id, stage)
    begin = time.monotonic()
    if reached:
        psutil.Process(server.pid()).kill()
        time.sleep(seconds)
        server.start()
    state = stack.ended(run_id)
    lost = "" if reached else "the stage was not met"
    if state != "success":
        tasks = stack.airflow.task_instances(run_id)
        lost = f"the run is {state}: " + ", ".join(
            f"{task['task_id']} {task['state']} after {task['try_number']} tries"
            for task in tasks
            if task["state"] not in ("success", "skipped")
        )
    found = _checksums(stack)
    lost = lost or "; ".join(
        f"{table}: {found[table]}, not {rows}" for table, rows in expected.items() if found[table] != rows
    )
    return Trial("mysqld away", stage, bool(reached), time.monotonic() - begin, lost or _broken(stack))


def _drawn(number: int) -> tuple[str, str]:
    """Return fault and stage: the faults by turns, the stage by chance."""
    fault = tuple(FAULTS)[number % len(FAULTS)]
    return fault, random.choice(FAULTS[fault][0])


def _try(stack: Stack, expected: dict[str, tuple], fault: str, stage: str) -> Trial:
    try:
        begin, survived, lost = FAULTS[fault][1](stack, stage)
    except (OSError, Refused, RuntimeError) as error:  # what the trial waited for did not come
        return Trial(fault, stage, True, PATIENCE, str(error))
    if not survived and (again := stack.run()) != "success":
        lost = lost or f"the run after it ended as {again}"
    found = _checksums(stack)
    lost = lost or "; ".join(
        f"{table}: {found[table]}, not {rows}" for table, rows in expected.items() if found[table] != rows
    )
    return Trial(fault, stage, not survived, time.monotonic() - begin, lost or _broken(stack))


Outcome = tuple[float, bool, str]
"""When the fault came, whether the run under way survived it, and what was lost, if that is known already."""


def _kill_task(stack: Stack, stage: str) -> Outcome:
    """Kill the process that runs a task; its worker sees it, and Airflow tries the task again."""
    return _without_task(stack, stage, "airflow worker -- {}")


def _kill_worker(stack: Stack, stage: str) -> Outcome:
    """Kill the executor's worker above a task: only the task's missing heartbeat tells of it."""
    return _without_task(stack, stage, "airflow worker -- LocalExecutor: {}")


def _without_task(stack: Stack, stage: str, title: str) -> Outcome:
    _forget_the_file(stack)
    run_id = stack.airflow.trigger(stack.conf)
    while not _kill_one_of(stack, {title.format(task) for task in _running(stack, run_id, stage)}):
        if stack.airflow.run_state(run_id) in ENDED:
            return time.monotonic(), True, "no task's process was found"
    begin = time.monotonic()
    return begin, stack.ended(run_id) == "success", ""


def _kill_scheduler(stack: Stack, stage: str) -> Outcome:
    """Kill the scheduler with the tasks that it runs, as a container's end does."""
    return _without_scheduler(stack, stage, with_tasks=True)


def _kill_scheduler_alone(stack: Stack, stage: str) -> Outcome:
    """Kill the scheduler alone: its tasks go on until the next one starts, which knows nothing of them."""
    return _without_scheduler(stack, stage, with_tasks=False)


def _without_scheduler(stack: Stack, stage: str, with_tasks: bool) -> Outcome:
    _forget_the_file(stack)
    run_id = stack.airflow.trigger(stack.conf)
    _running(stack, run_id, stage)
    time.sleep(random.uniform(0, 2))
    begin = time.monotonic()
    _kill_service(stack, "airflow-scheduler", with_tasks)
    return begin, stack.ended(run_id) == "success", ""


def _kill_triggerer_at_the_gate(stack: Stack, stage: str) -> Outcome:
    """Kill the triggerer while it waits for people; they answer before or after the next one has started."""
    with connect(stack.server) as connection, connection.cursor() as cursor:
        cursor.execute(f"update {stack.server.mart_database}.campaign_summary set money_at_risk = 2 * money_at_risk")
    run_id = stack.airflow.trigger(stack.conf)
    _until(lambda: _states(stack, run_id).get("approve") == "deferred", "the gate does not ask")
    time.sleep(random.uniform(0, 5))
    path = f"/dags/{DAG_ID}/dagRuns/{quote(run_id)}/taskInstances/approve/-1/hitlDetails"
    answer = {"chosen_options": ["Approve"], "params_input": {}}
    begin = time.monotonic()
    if random.random() < 0.5:
        _kill_service(stack, "airflow-triggerer", meanwhile=lambda: stack.airflow.send("PATCH", path, answer))
    else:
        _kill_service(stack, "airflow-triggerer")
        stack.airflow.send("PATCH", path, answer)
    survived = stack.ended(run_id) == "success"
    published = _states(stack, run_id).get("publish")
    return begin, survived, "" if published == "success" else f"publish is {published} after the approval"


def _kill_triggerer_as_a_file_lands(stack: Stack, stage: str) -> Outcome:
    """Kill the triggerer, have a file land without it; the next triggerer starts one run for it."""
    known = set(_runs(stack))
    begin = time.monotonic()
    _kill_service(stack, "airflow-triggerer", meanwhile=lambda: _land(stack.inbox))
    new = _until(lambda: set(_runs(stack)) - known, "no run was started for the file")
    survived = [stack.ended(run_id) for run_id in new] == ["success"]
    time.sleep(5)
    more = set(_runs(stack)) - known - new
    return begin, survived, f"the file started {len(more)} more runs" if more else ""


# Name -> the stages it is tried in, and what it does.
FAULTS: dict[str, tuple[tuple[str, ...], Callable[[Stack, str], Outcome]]] = {
    "kill -9 a task's process in Airflow": (STAGES, _kill_task),
    "kill -9 scheduler with its tasks": (STAGES, _kill_scheduler),
    "kill -9 triggerer, a request for approval waits": (("approve",), _kill_triggerer_at_the_gate),
    "kill -9 the worker above a task in Airflow": (STAGES, _kill_worker),
    "kill -9 scheduler, its tasks live on": (STAGES, _kill_scheduler_alone),
    "kill -9 triggerer, a file lands meanwhile": (("inbox",), _kill_triggerer_as_a_file_lands),
}


def _forget_the_file(stack: Stack) -> None:
    """Have something to load: the orders and files of before are gone; what is served stays."""
    with connect(stack.server) as connection, connection.cursor() as cursor:
        for table in RAW:
            cursor.execute(f"truncate {stack.server.raw_database}.{table}")


def _land(inbox: Path) -> None:
    """Let the sample arrive, as a new file of the same content: known, so it changes nothing."""
    shutil.copy(SAMPLE, inbox / f"{SAMPLE.name}.part")
    (inbox / f"{SAMPLE.name}.part").rename(inbox / SAMPLE.name)


def _checksums(stack: Stack) -> dict[str, tuple]:
    with connect(stack.server) as connection:
        return checksums(connection, stack.server, published_tables())


def _broken(stack: Stack) -> str:
    """Say what does not hold. Airflow may give the pipeline back a moment after the run's end."""
    deadline = time.monotonic() + 60
    while True:
        with connect(stack.server) as connection:
            wrong = broken_promises(connection, stack.server, published_tables())
        if not wrong or time.monotonic() > deadline:
            return "; ".join(wrong)
        time.sleep(1)


def _states(stack: Stack, run_id: str) -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in stack.airflow.task_instances(run_id)}


def _runs(stack: Stack) -> list[str]:
    return [run["dag_run_id"] for run in stack.airflow.get(f"/dags/{DAG_ID}/dagRuns?limit=100")["dag_runs"]]


def _running(stack: Stack, run_id: str, stage: str) -> list[str]:
    """Wait until a task of the stage or of a later one runs; return the ids of those that do, or none where the run has ended."""
    while stack.airflow.run_state(run_id) not in ENDED:
        tasks = stack.airflow.task_instances(run_id)
        running = [task for task in tasks if task["state"] == "running"]
        late = [task for task in running if _place(task) >= STAGES.index(stage)]
        if late:
            return [str(task["id"]) for task in late]
        time.sleep(LOOK)
    return []


def _place(task: dict[str, Any]) -> int:
    stage = task["task_id"].split(".")[0]
    return STAGES.index(stage) if stage in STAGES else -1


def _kill_one_of(stack: Stack, titles: set[str]) -> bool:
    """Kill the scheduler's child of one of these titles, in which Airflow names the task's instance."""
    for process in stack.services.process("airflow-scheduler").children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if " ".join(process.cmdline()).strip() in titles:
                process.kill()
                return True
    return False


def _kill_service(
    stack: Stack, name: str, with_children: bool = True, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Kill -9 a service and keep the supervisor from starting it again for a while."""
    process, supervisor = stack.services.process(name), stack.services.supervisor()
    children = process.children(recursive=True)
    supervisor.suspend()
    try:
        process.kill()
        if with_children:
            _kill(children)
        psutil.wait_procs([process], timeout=10)
        time.sleep(random.uniform(*AWAY))
        meanwhile()
    finally:
        supervisor.resume()


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _until(found: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, Refused):
            if answer := found():
                return answer
        time.sleep(1)
    raise RuntimeError(f"after {PATIENCE} s: {what}")
