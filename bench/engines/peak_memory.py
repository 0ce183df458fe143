"""The most memory that this process and all it has started take together: server, dbt, Spark."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

SECONDS_BETWEEN_LOOKS = 0.25


@dataclass
class Peak:
    """Bytes in memory, at most, so far; pages that processes share count once for each."""

    memory: int = 0


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """Look several times a second until the block ends."""
    peak, ended = Peak(), threading.Event()

    def look() -> None:
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            peak.memory = max(peak.memory, _memory())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _memory() -> int:
    this, total = psutil.Process(), 0
    for process in (this, *this.children(recursive=True)):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total
