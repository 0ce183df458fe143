"""A client's socket that never waits for the client: what it does not take yet is kept, within bounds.

A thread that reads gets what is there; a thread that sends goes on at once, and the worker's loop sends the rest. Only an answer
longer than KEPT_BYTES makes its thread wait, and at most half of a worker's threads may.
"""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from typing import Any

KEPT_BYTES = 1_000_000  # per connection; the largest file of the documentation has 863,099
KEPT_BYTES_OF_ALL = 64_000_000  # per worker process
SYSTEM_BYTES = 262_144  # that the system keeps besides; by itself it takes 4 MB of each unread answer
TAKES_NOTHING_SECONDS = 15  # a client that takes nothing for so long is let go


class Room:
    """What a worker process may hold for clients that do not take it: bytes, and threads that wait."""

    def __init__(self, threads: int) -> None:
        self._bytes = 0
        self._lock = threading.Lock()
        self.waiting = threading.BoundedSemaphore(max(1, threads // 2))

    def keep(self, number: int) -> None:
        """Count bytes that are kept, or, below zero, that have gone; raises OSError where there is no room."""
        with self._lock:
            if number > 0 and self._bytes + number > KEPT_BYTES_OF_ALL:
                raise OSError(errno.EPIPE, "too many answers wait for their clients")
            self._bytes += number


class PatientSocket(socket.socket):
    """A connected socket, without blocking whatever it is told."""

    room: Room  # of this process

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        super().setblocking(False)
        super().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_BYTES)
        self.unsent = bytearray()
        self.ran_dry = False  # a reader wanted more than had come
        self.first_bytes = b""  # of the request

    def setblocking(self, flag: bool) -> None:
        """Change nothing."""

    def settimeout(self, value: float | None) -> None:
        """Change nothing."""

    def recv(self, *arguments: Any) -> bytes:
        """Return what is there; nothing more to come is not told from nothing there yet."""
        try:
            data = super().recv(*arguments)
        except BlockingIOError:
            data = b""
        self.ran_dry = self.ran_dry or not data
        return data

    def receive(self, size: int) -> bytes:
        """Return what is there, b"" at the end; raises BlockingIOError where nothing is there yet."""
        return super().recv(size)

    def sendall(self, data: Any, *_: Any) -> None:
        """Send what the client takes and keep the rest; raises OSError where it can't be kept or the client is gone."""
        if not self.unsent:
            data = memoryview(data)[self._send(data) :]
        if not data:
            return
        self.room.keep(len(data))
        self.unsent += data
        if len(self.unsent) > KEPT_BYTES:
            self._wait_until_taken()

    def send_unsent(self) -> int:
        """Send what the client takes now of what is kept; returns how many bytes."""
        with memoryview(self.unsent) as kept:
            sent = self._send(kept)
        del self.unsent[:sent]
        self.room.keep(-sent)
        return sent

    def close(self) -> None:
        """Close, and forget what was kept."""
        self.room.keep(-len(self.unsent))
        self.unsent = bytearray()
        super().close()

    def _send(self, data: Any) -> int:
        try:
            return self.send(data)
        except BlockingIOError:
            return 0

    def _wait_until_taken(self) -> None:
        if not self.room.waiting.acquire(blocking=False):
            raise OSError(errno.EPIPE, "as many threads as may already wait for their clients")
        try:
            poll = select.poll()
            poll.register(self, select.POLLOUT)
            deadline = time.monotonic() + TAKES_NOTHING_SECONDS
            while len(self.unsent) > KEPT_BYTES:
                if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
                    raise OSError(errno.EPIPE, "the client takes nothing")
                self.send_unsent()
        finally:
            self.room.waiting.release()
