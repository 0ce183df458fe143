"""Load for half an hour, with publications and log rotation: the web service's memory, connections and files must stay flat.

``make soak [MINUTES=30]``, on a private server and a gunicorn of its own. Four HTTP and two SQL readers ask some hundred times
a second, a publication comes every ten seconds, the log file rotates at 200 kB. Writes ``bench/soak/soak.csv`` and ``soak.svg``;
the status is 1 where memory grew by more than a tenth after the first third, or connections or files by more than two.
``AIRFLOW=1``: the memory of Airflow's services instead, ``bench/soak/airflow.py``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import psutil

from bench.publish.readers import Served, served_to_readers
from bench.soak.flat import Sample, grown, keep

PUBLISH_EVERY, LOOK_EVERY, BREATH = 10, 10, 0.05
LOG_BYTES, LOGS_KEPT = 200_000, 3
AXES = {"memory, MiB": ["memory"], "open files": ["files"], "MySQL sessions": ["sessions"]}


def take(served: Served, second: float) -> Sample:
    """Look at the service's processes (their own memory, together), the server's sessions and the folder of logs."""
    processes = [psutil.Process(served.master), *psutil.Process(served.master).children()]
    with served.connection.cursor() as cursor:
        # Those of all users, which the process list shows to an administrator only.
        cursor.execute("show global status like 'Threads_connected'")
        sessions = int(cursor.fetchone()[1])
    return {
        "second": round(second, 1),
        "memory": round(sum(process.memory_full_info().uss for process in processes) / 2**20, 1),
        "files": sum(process.num_fds() for process in processes),
        "sessions": sessions,
        "log_files": len([path for path in served.folder.glob("api.log*") if path.suffix != ".lock"]),
        "publications": served.published,
    }


def judge(samples: Sequence[Sample]) -> list[str]:
    """Return what grew, and whether more logs were left than are kept."""
    wrong = grown(samples, "memory", share=0.1)
    wrong += grown(samples, "files", slack=2) + grown(samples, "sessions", slack=2)
    if max(sample["log_files"] for sample in samples) > LOGS_KEPT + 1:
        wrong.append("more log files than are kept")
    return wrong


def main() -> int:
    """Load, look, write and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    samples: list[Sample] = []
    rotation = {"WEBAPI_LOG_FILE_BYTES": str(LOG_BYTES), "WEBAPI_LOG_FILES_KEPT": str(LOGS_KEPT)}
    with served_to_readers(BREATH, rotation) as served:
        begin, next_look, next_publication = time.monotonic(), 0.0, 0.0
        while (now := time.monotonic() - begin) < 60 * arguments.minutes:
            if now >= next_publication:
                next_publication = now + PUBLISH_EVERY
                served.publish_next()
            if now >= next_look:
                next_look = now + LOOK_EVERY
                samples.append(take(served, now))
            time.sleep(0.5)
    keep(samples, "soak", AXES)
    wrong = judge(samples) + served.faults[:5]
    first, last = samples[len(samples) // 3], samples[-1]
    print(
        f"{served.asked:,} reads, {served.published} publications, {len(served.faults)} faults; memory"
        f" {first['memory']:,.0f} MiB when warm, {last['memory']:,.0f} at the end; files {first['files']}, {last['files']};"
        f" sessions {first['sessions']}, {last['sessions']}"
    )
    print(*wrong, sep="\n", end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
