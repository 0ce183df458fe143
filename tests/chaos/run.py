"""The long form: ``make chaos [KILLS=100] [MINUTES=60] [AIRFLOW=12] [OUTAGE=120]``. Prints tried, survived, lost and seconds to recover.

1. AIRFLOW kills of tasks, scheduler and triggerer in a real Airflow, which take one to three minutes each; 0: none.
2. Kills of gunicorn's workers and masters, a tenth of KILLS.
3. A full disk on a small tmpfs (as root; else a sentence says that it was not tried).
4. Every other fault in every stage; then KILLS kills of driver and server, at random moments of every stage.

With OUTAGE instead of all that: mysqld is away for so many seconds in each stage of a run in Airflow.

It ends after MINUTES, whatever is left to try then. Clocks are wrong on the server's side, by the session's ``timestamp``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.airflow import try_airflow, try_outages
from tests.chaos.faults import ANYWHERE, KILLS, STAGES, Trial, try_idle_reader, try_out
from tests.chaos.web import try_web
from tests.chaos.world import small_disk, world

DISK_MEGABYTES = 400


def main() -> int:
    """Try everything, print the table, return 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--airflow", type=int, default=12)
    parser.add_argument("--outage", type=float, default=0)
    arguments = parser.parse_args()
    deadline = time.monotonic() + 60 * arguments.minutes
    trials: list[Trial] = []
    try:
        for trial in (
            try_outages(arguments.outage) if arguments.outage else _everything(arguments.kills, arguments.airflow)
        ):
            trials.append(trial)
            print(
                f"{len(trials):>4} {trial.fault}, {trial.stage}: {trial.lost or f'recovered in {trial.seconds:.1f} s'}",
                flush=True,
            )
            if time.monotonic() > deadline:
                print(f"The time is over ({arguments.minutes:g} minutes): the rest was not tried.")
                break
    finally:
        print(table(trials))
    return 1 if any(trial.lost for trial in trials) else 0


def _everything(kills: int, airflow: int) -> Iterator[Trial]:
    """Give the trials, those that there are fewest of first."""
    yield from try_airflow(airflow) if airflow else ()
    yield from try_web(max(kills // 10, 1))
    with tempfile.TemporaryDirectory(prefix="campaign-chaos-") as folder:
        try:
            with small_disk(Path(folder) / "disk", DISK_MEGABYTES) as disk, world(disk) as here:
                for stage in STAGES:
                    yield try_out(here, "disk full", stage)
        except OSError as error:
            if os.getuid() == 0:
                print(f"A full disk was not tried: {error}")
            else:
                print("A full disk was not tried: mounting a tmpfs takes root.")
        with world(Path(folder) / "world") as here:
            yield try_idle_reader(here)
            for fault, stage in itertools.product(sorted(set(ANYWHERE) - set(KILLS)), STAGES):
                yield try_out(here, fault, stage)
            for fault, stage in itertools.islice(itertools.cycle(itertools.product(KILLS, STAGES)), kills):
                yield try_out(here, fault, stage)


def table(trials: list[Trial]) -> str:
    """Return a Markdown table: a row per fault."""
    by_fault: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_fault[trial.fault].append(trial)
    lines = [
        "| fault | tried | cut a run off | survived | lost | seconds to recover, median and longest |",
        "|---|---|---|---|---|---|",
    ]
    for fault, tried in by_fault.items():
        seconds, lost = sorted(trial.seconds for trial in tried), sum(bool(trial.lost) for trial in tried)
        lines.append(
            f"| {fault} | {len(tried)} | {sum(trial.interrupted for trial in tried)} | {len(tried) - lost} | {lost} |"
            f" {seconds[len(seconds) // 2]:.1f}, {seconds[-1]:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
