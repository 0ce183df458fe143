"""Clients that hold connections: silent ones, ones that drip a byte at a time, and ones that do not read their answers."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from .running_service import PASSWORD, USER

SILENT, DRIPPING, UNREAD = 400, 64, 64
DRIP_SECONDS = 0.5
UNREAD_SECONDS = 20  # then they come anew
SMALL_BUFFER = 4096  # bytes; what the kernel takes on behalf of a client that does not read

BASIC = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
HEAD = "GET {path} HTTP/1.1\r\nHost: localhost\r\n"
DRIPPED = {
    "head": (HEAD.format(path="/api/v1/customers/10") + "X-Slow: ", "a"),
    "body": ("POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16000\r\n\r\n", "a"),
    "chunked": ("POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"),
}
SCRIPT = HEAD.format(path="/docs/rapidoc-min.js") + "\r\n"  # open to everybody, 860 kB
EXPORT = HEAD.format(path="/api/v1/campaigns/3/top?format=csv") + f"Authorization: Basic {BASIC}\r\n\r\n"
PIPELINED = (HEAD.format(path="/openapi.json") + "\r\n") * 40
UNREAD_REQUESTS = (SCRIPT, EXPORT, PIPELINED)


@dataclass
class SlowClient:
    """One client: what it sends at once, what it sends byte by byte, and whether it reads the answer."""

    kind: str
    first: str = ""
    dripped: str = ""
    reads: bool = True
    peer: socket.socket | None = None
    connected_at: float = 0


@dataclass
class Crowd:
    """All slow clients of a test, served by one thread; whoever is cut off comes back at once."""

    port: int
    clients: list[SlowClient]
    opened: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Crowd:
        """Connect all and begin to drip."""
        for client in self.clients:
            self.connect(client)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let all go."""
        self._stop.set()
        self._thread.join()
        for client in self.clients:
            self._close(client)

    def _run(self) -> None:
        drips_at = time.monotonic()
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.05):
                self._hear(key.data)
            if time.monotonic() >= drips_at:
                drips_at = time.monotonic() + DRIP_SECONDS
                for client in self.clients:
                    if not client.reads and time.monotonic() > client.connected_at + UNREAD_SECONDS:
                        self._close(client)  # it would not see that it was cut off: it reads nothing
                    if client.peer is None:
                        self.connect(client)
                    elif client.dripped:
                        with suppress(OSError):
                            client.peer.send(client.dripped.encode())

    def connect(self, client: SlowClient) -> None:
        """Connect one."""
        peer = socket.socket()
        if not client.reads:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        peer.settimeout(2)
        try:
            peer.connect(("127.0.0.1", self.port))
            peer.sendall(client.first.encode())
        except OSError:
            peer.close()
            return
        peer.setblocking(False)
        self.opened[client.kind] += 1
        client.connected_at = time.monotonic()
        client.peer = peer
        if client.reads:
            self._selector.register(peer, selectors.EVENT_READ, client)

    def _hear(self, client: SlowClient) -> None:
        try:
            said = client.peer.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if said.startswith(b"HTTP/1.1 "):
            self.answered[f"{client.kind} {said[9:12].decode()}"] += 1
        elif not said:
            self._close(client)

    def _close(self, client: SlowClient) -> None:
        if client.peer is not None:
            with suppress(KeyError):
                self._selector.unregister(client.peer)
            client.peer.close()
            client.peer = None


def crowd(port: int, silent: int = SILENT, dripping: int = DRIPPING, unread: int = UNREAD) -> Crowd:
    """Return a crowd of so many clients of each kind."""
    kinds = list(DRIPPED)
    return Crowd(
        port,
        [
            *(SlowClient("silent") for _ in range(silent)),
            *(SlowClient(kinds[n % 3], *DRIPPED[kinds[n % 3]]) for n in range(dripping)),
            *(SlowClient("unread", UNREAD_REQUESTS[n % 3], reads=False) for n in range(unread)),
        ],
    )


@dataclass
class Probe:
    """One quick client's answer."""

    path: str
    status: str
    seconds: float


def probes(port: int, paths: tuple[str, ...], seconds: float, source: str = "127.0.0.1") -> Iterator[Probe]:
    """Ask each address in turn, each time on a new connection, for so long; an answer later than 10 s counts as none."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for path in paths:
            started = time.monotonic()
            status = "no answer"
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 10, (source, 0)) as peer:
                peer.sendall(f"{HEAD.format(path=path)}Connection: close\r\n\r\n".encode())
                said = b""
                while part := peer.recv(65536):
                    said += part
                status = said[9:12].decode() or status
            yield Probe(path, status, time.monotonic() - started)
        time.sleep(0.05)
