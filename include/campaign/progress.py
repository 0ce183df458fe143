"""A log line every few seconds while a large file is at work: rows, rows/s, percent, time to go."""

from __future__ import annotations

import logging
import threading
import time

SECONDS_BETWEEN_LINES = 5.0

log = logging.getLogger(__name__)


class Progress:
    """Progress of one step through one file, as a share of ``total`` (bytes or rows). Several threads may tell."""

    def __init__(self, name: str, step: str, total: int) -> None:
        self.name, self.step, self.total = name, step, max(total, 1)
        self.rows = 0
        self.started = self.told = time.monotonic()
        self._lock = threading.Lock()

    def add(self, rows: int, done: int | None = None) -> None:
        """Count rows, and maybe say how far it is: ``done`` of the total, or as many as rows were counted."""
        with self._lock:
            self.rows += rows
            now = time.monotonic()
            if now - self.told < SECONDS_BETWEEN_LINES:
                return
            self.told = now
        seconds, share = now - self.started, min(max(done or self.rows, 1) / self.total, 1)
        log.info(
            "%s: %s %s rows, %s rows/s, %.0f %%, %.0f s to go", self.name, self.step, f"{self.rows:,}",
            f"{self.rows / seconds:,.0f}", 100 * share, seconds * (1 - share) / share,
        )  # fmt: skip
