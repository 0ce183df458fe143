"""Kills of gunicorn: a worker, whose master makes another; and the master, which whoever supervises it starts again."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from unittest import mock

import psutil

from bench.own_server import own_server
from bench.publish.readers import PATHS, first_marts, wait_for_answer, web_service
from campaign.db.connection import connect
from campaign.publishing.publish import publish
from local_stack.mysql.server import free_port
from tests.chaos.faults import Trial


def try_web(kills: int) -> Iterator[Trial]:
    """Kill workers and masters by turns; after each the same answers must come again."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-chaos-web-")))
        settings = stack.enter_context(own_server(folder))
        tables = first_marts(settings)
        with (
            mock.patch("campaign.publishing.publish.published_tables", lambda: tables),
            closing(connect(settings)) as connection,
        ):
            publish(connection, settings, "run 1")
        port, done = free_port(), 0
        while done < kills:
            with web_service(settings, folder, port) as (url, master):
                before = answers(url)
                for _ in range(random.randint(1, 3)):
                    worker = random.choice(psutil.Process(master.pid).children())
                    os.kill(worker.pid, signal.SIGKILL)
                    done += 1
                    yield _recovered("kill -9 gunicorn worker", url, folder, before)
                workers = psutil.Process(master.pid).children()
                begin = time.monotonic()
                os.kill(master.pid, signal.SIGKILL)
                master.wait()
                _, left = psutil.wait_procs(workers, timeout=60)
            done += 1
            with web_service(settings, folder, port) as (url, _):
                lost = f"{len(left)} workers outlived their master by a minute" if left else ""
                found = _recovered("kill -9 gunicorn master", url, folder, before)
                yield Trial(found.fault, found.stage, True, time.monotonic() - begin, lost or found.lost)


def answers(url: str) -> list[bytes]:
    """Return the body of every lookup."""
    found = []
    for path in PATHS:
        with urllib.request.urlopen(f"{url}{path}", timeout=30) as answer:
            found.append(answer.read())
    return found


def _recovered(fault: str, url: str, folder: Path, before: list[bytes]) -> Trial:
    seconds = wait_for_answer(url, folder)
    return Trial(fault, "serve", True, seconds, "" if answers(url) == before else "other answers than before")
