"""Load for half an hour, with publications and log rotation: the web service's memory, connections and files must stay flat.

``make soak [MINUTES=30]``, on a private server and a gunicorn of its own. Four HTTP and two SQL readers ask some hundred times
a second, a publication comes every ten seconds, the log file rotates at 200 kB. Writes ``bench/soak/soak.csv`` and ``soak.svg``;
the status is 1 where memory grew by more than a tenth after the first third, or a connection or a file is left over.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from unittest import mock

import psutil
from mysql.connector.abstracts import MySQLConnectionAbstract

from bench.own_server import own_server
from bench.publish.readers import HTTP_READERS, SQL_READERS, Reader, build, first_marts, web_service
from campaign.database import connect
from campaign.publish import publish
from campaign.settings import PROJECT_ROOT

PUBLISH_EVERY, LOOK_EVERY, BREATH = 10, 10, 0.05
LOG_BYTES, LOGS_KEPT = 200_000, 3
FOLDER = PROJECT_ROOT / "bench" / "soak"


@dataclass(frozen=True)
class Sample:
    """What is in use at a moment: memory in MiB of the workers together (of their own), files and sockets, server's sessions."""

    second: float
    memory: float
    files: int
    sessions: int
    log_files: int
    publications: int


def take(master: int, connection: MySQLConnectionAbstract, folder: Path, begin: float, publications: int) -> Sample:
    """Look at the service's processes, the server and the folder of logs."""
    processes = [psutil.Process(master), *psutil.Process(master).children()]
    with connection.cursor() as cursor:
        # Those of all users, which the process list shows to an administrator only.
        cursor.execute("show global status like 'Threads_connected'")
        sessions = int(cursor.fetchone()[1])
    return Sample(
        second=round(time.monotonic() - begin, 1),
        memory=round(sum(process.memory_full_info().uss for process in processes) / 2**20, 1),
        files=sum(process.num_fds() for process in processes),
        sessions=sessions,
        log_files=len([path for path in folder.glob("api.log*") if path.suffix != ".lock"]),
        publications=publications,
    )


def judge(samples: Sequence[Sample], slack: int) -> list[str]:
    """Return what grew between the end of the first third, when all is warm, and the last third."""
    third = len(samples) // 3
    warm, last = samples[third : 2 * third], samples[2 * third :]
    wrong = []
    before, after = (sorted(sample.memory for sample in each)[len(each) // 2] for each in (warm, last))
    if after > 1.1 * before:
        wrong.append(f"memory grew from {before:,.0f} to {after:,.0f} MiB")
    for name in ("files", "sessions"):
        before, after = (max(getattr(sample, name) for sample in each) for each in (warm, last))
        if after > before + slack:
            wrong.append(f"{name} grew from {before} to {after}")
    if max(sample.log_files for sample in samples) > LOGS_KEPT + 1:
        wrong.append("more log files than are kept")
    return wrong


def draw(samples: Sequence[Sample]) -> None:
    """Write the plot."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "soak"  # the same numbers give the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, sharex=True, figsize=(8, 6))
    for axis, (name, label) in zip(
        axes, {"memory": "memory, MiB", "files": "open files", "sessions": "MySQL sessions"}.items(), strict=True
    ):
        axis.plot([sample.second / 60 for sample in samples], [getattr(sample, name) for sample in samples])
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(FOLDER / "soak.svg", metadata={"Date": None})


def main() -> int:
    """Load, look, write and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    samples: list[Sample] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-soak-")))
        settings = stack.enter_context(own_server(folder))
        tables = first_marts(settings)
        stack.enter_context(mock.patch("campaign.publish.published_tables", lambda: tables))
        rotation = {"WEBAPI_LOG_FILE_BYTES": str(LOG_BYTES), "WEBAPI_LOG_FILES_KEPT": str(LOGS_KEPT)}
        stack.enter_context(mock.patch("bench.publish.readers.BREATH", BREATH))
        stack.enter_context(mock.patch.dict(os.environ, rotation))
        connection = stack.enter_context(closing(connect(settings)))
        publish(connection, settings, "run 0")
        url, master = stack.enter_context(web_service(settings, folder))
        readers = [Reader(number, settings, url) for number in range(HTTP_READERS + SQL_READERS)]
        for reader in readers:
            reader.start()
        begin, published, next_look, next_publication = time.monotonic(), 0, 0.0, 0.0
        while (now := time.monotonic() - begin) < 60 * arguments.minutes:
            if now >= next_publication:
                published, next_publication = published + 1, now + PUBLISH_EVERY
                build(connection, settings, tables, published)
                publish(connection, settings, f"run {published}")
            if now >= next_look:
                next_look = now + LOOK_EVERY
                samples.append(take(master.pid, connection, folder, begin, published))
            time.sleep(0.5)
        for reader in readers:
            reader.done.set()
        for reader in readers:
            reader.join()
    with (FOLDER / "soak.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Sample)])
        writer.writeheader()
        writer.writerows(asdict(sample) for sample in samples)
    draw(samples)
    faults = [fault for reader in readers for fault in reader.faults]
    wrong = judge(samples, slack=2) + faults[:5]
    first, last = samples[len(samples) // 3], samples[-1]
    print(
        f"{sum(reader.asked for reader in readers):,} reads, {published} publications, {len(faults)} faults; memory"
        f" {first.memory:,.0f} MiB when warm, {last.memory:,.0f} at the end; files {first.files}, {last.files};"
        f" sessions {first.sessions}, {last.sessions}"
    )
    print(*wrong, sep="\n", end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
