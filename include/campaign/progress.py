"""A log line every few seconds while a large file is at work: rows, rows/s, percent, time to go."""

from __future__ import annotations

import logging
import time
from pathlib import Path

SECONDS_BETWEEN_LINES = 5.0

log = logging.getLogger(__name__)


class Progress:
    """Progress through the bytes of one file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.size = max(path.stat().st_size, 1)
        self.started = self.told = time.monotonic()

    def tell(self, rows: int, position: int) -> None:
        """Say how far it is, unless that was said a moment ago. ``position`` is in bytes of the file on disk."""
        now = time.monotonic()
        if now - self.told < SECONDS_BETWEEN_LINES:
            return
        self.told = now
        seconds, share = now - self.started, min(max(position, 1) / self.size, 1)
        log.info(
            "%s: judged %s rows, %s rows/s, %.0f %%, %.0f s to go",
            self.name, f"{rows:,}", f"{rows / seconds:,.0f}", 100 * share, seconds * (1 - share) / share,
        )  # fmt: skip
