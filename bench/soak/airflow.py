"""Runs of the DAG for twenty minutes: the memory and the open files of Airflow's services must stay flat.

``make soak AIRFLOW=1 [MINUTES=20]``, on a MySQL server and an Airflow of its own. One run that builds and publishes everything
follows the other; ten seconds after each, when its tasks are gone, every service is looked at, with its children. Writes
``bench/soak/airflow.csv`` and ``airflow.svg``; the status is 1 where a run failed, or where a service grew after the first third:
by more than a tenth and 5 MiB, or by more than five files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from bench.own_stack import Stack, own_stack
from bench.soak.flat import Sample, grown, keep
from campaign.db.connection import connect

REST = 10
NAMES = {
    "scheduler": "airflow-scheduler", "dag-processor": "airflow-dag-processor", "triggerer": "airflow-triggerer",
    "api-server": "airflow-api-server",
}  # fmt: skip
MEMORY = {name: f"{name}, MiB" for name in NAMES}
FILES = {name: f"{name}, files" for name in NAMES}
AXES = {"memory, MiB": list(MEMORY.values()), "open files": list(FILES.values()), "MySQL sessions": ["sessions"]}


def take(stack: Stack, second: float) -> Sample:
    """Look at each service with its children, at their own memory, and at the server's sessions."""
    with connect(stack.server) as connection, connection.cursor() as cursor:
        cursor.execute("show global status like 'Threads_connected'")
        sample = {"second": round(second, 1), "sessions": int(cursor.fetchone()[1])}
    for name, service in NAMES.items():
        memory = files = 0
        process = stack.services.process(service)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                memory, files = memory + each.memory_full_info().uss, files + each.num_fds()
        sample |= {MEMORY[name]: round(memory / 2**20, 1), FILES[name]: files}
    return sample


def main() -> int:
    """Run, look, write and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    arguments = parser.parse_args()
    samples: list[Sample] = []
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="campaign-soak-") as folder,
        own_stack(Path(folder), CAMPAIGN_INBOX_LOOK_SECONDS=1) as stack,
    ):
        begin = time.monotonic()
        while time.monotonic() - begin < 60 * arguments.minutes:
            if (state := stack.run()) != "success":
                wrong.append(f"run {len(samples) + 1} ended as {state}")
            time.sleep(REST)
            samples.append(take(stack, time.monotonic() - begin))
            print(samples[-1], flush=True)
    keep(samples, "airflow", AXES)
    for name in NAMES:
        wrong += grown(samples, MEMORY[name], share=0.1, slack=5) + grown(samples, FILES[name], slack=5)
    wrong += grown(samples, "sessions", slack=2)
    first, last = samples[len(samples) // 3], samples[-1]
    print(
        f"{len(samples)} runs; MiB when warm and at the end: "
        + ", ".join(f"{name} {first[column]:.0f}, {last[column]:.0f}" for name, column in MEMORY.items())
    )
    print(*wrong, sep="\n", end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
