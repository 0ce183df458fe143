"""gunicorn's gthread worker, which leaves new connections to a worker that has fewer.

Workers share one listening socket, and whoever is awake takes what comes: of 16 connections that clients kept open, one of two
workers was seen to have 15, of 64 all. A connection stays with its worker, so that one was overloaded while the other idled.
"""

from __future__ import annotations

import socket
import time

from gunicorn.workers.gthread import ThreadWorker

SECONDS_PER_CONNECTION = 0.000_05
LONGEST_SECONDS = 0.001  # also bounds how much a flood of new connections can hold the others up


class EvenWorker(ThreadWorker):
    """Waits a moment before it accepts, longer the more connections it has: who has fewer is there first."""

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection if nobody else has."""
        if self.nr_conns:
            time.sleep(min(self.nr_conns * SECONDS_PER_CONNECTION, LONGEST_SECONDS))
        super().accept(listener)
