"""gunicorn's gthread worker, whose threads never wait for a client.

gthread reads a request, and sends its answer, in a thread: as many slow clients as there are threads stop the service. Here the
main loop waits for all clients at once. A thread gets a connection when the whole head of a request has come and gives it back
when the answer is written or kept (``patient_socket``). A connection is always in one of four places:

1. waiting for a request: KEEPALIVE seconds for its first byte, then HEAD_SECONDS for the whole head;
2. in a thread: lookups and health checks have as many of their own as all else, so that no burst of exports, lists or documents
   makes them wait;
3. taking what is left of its answer: it must take something every TAKES_NOTHING_SECONDS;
4. closing: half closed, until the client closes too.

Only the forms of pages send a body, which is part of what the loop waits for. No other body is waited for: what has not come with
the head closes the connection after the answer.
"""

from __future__ import annotations

import errno
import json
import re
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from webapi.observability.logs import log_refusal
from webapi.performance.patient_socket import TAKES_NOTHING_SECONDS, PatientSocket, Room
from webapi.protocol.form_bodies import is_whole
from webapi.protocol.security_headers import SECURITY_HEADERS

HEAD_SECONDS = 10
LARGEST_HEAD = 32_768
LARGEST_BODY_SKIPPED = 65_536  # of a body that came with its head
FIRST_BYTES = 200  # of a request, for the log
CLOSING_SECONDS = 2
CLOSING_BYTES = 65_536
SWEEP_SECONDS = 0.5
QUICK = re.compile(rb"(GET|HEAD) /(livez|readyz|api/v1/(customers|shops|shop-owners)/)")

# Workers share one listening socket, and whoever is awake takes what comes: of 16 connections that clients kept open, one of
# two workers was seen to have 15, of 64 all. A connection stays with its worker, so the one with more waits before it accepts.
SECONDS_PER_CONNECTION = 0.000_05
LONGEST_SECONDS = 0.0005  # also bounds how much a flood of new connections can hold the others up


class HeadTooSlow(Exception):
    """The head of a request did not come in time."""


REFUSALS: dict[type[Exception], tuple[HTTPStatus, str]] = {
    HeadTooSlow: (HTTPStatus.REQUEST_TIMEOUT, f"The request did not come within {HEAD_SECONDS} seconds."),
    LimitRequestLine: (HTTPStatus.REQUEST_URI_TOO_LONG, "The address is longer than 8,190 bytes."),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"A header is longer than 8,190 bytes, all together are longer than {LARGEST_HEAD:,}, or there are more than 100.",
    ),
    ExpectationFailed: (HTTPStatus.EXPECTATION_FAILED, "What the header Expect asks for is not done here."),
    UnsupportedTransferCoding: (HTTPStatus.NOT_IMPLEMENTED, "This Transfer-Encoding is not known here."),
    ParseException: (HTTPStatus.BAD_REQUEST, "This is no HTTP request that can be understood."),
}


class PatientWorker(ThreadWorker):
    """See the module."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._watched: dict[TConn, Callable[[TConn], None]] = {}  # oldest first -> what is done when its time is over
        self._sweeps_at = 0.0

    def init_process(self) -> None:
        """Make what belongs to this process alone, and serve."""
        PatientSocket.room = Room(self.cfg.threads)
        self._quick_threads = self.get_thread_pool()
        super().init_process()

    # Waiting for a request

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection if nobody else has."""
        if self.nr_conns:
            time.sleep(min(self.nr_conns * SECONDS_PER_CONNECTION, LONGEST_SECONDS))
        try:
            client, address = listener.accept()
        except OSError as error:  # another worker was quicker, or the client has gone
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._drop_one_that_waits()
            return
        self.nr_conns += 1
        if self.nr_conns > self.worker_connections - self.cfg.threads:
            self._drop_one_that_waits()
        conn = TConn(self.cfg, PatientSocket(fileno=client.detach()), address, listener.getsockname())
        conn.data_ready = True  # by the time a thread sees it
        conn.init()
        self._await_request(conn, b"")

    def _await_request(self, conn: TConn, received: bytes) -> None:
        conn.received = received
        conn.timeout = time.monotonic() + (HEAD_SECONDS if received else self.cfg.keepalive)
        if not self.alive and not received:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        if not self._pass_on(conn):
            self._watch(conn, selectors.EVENT_READ, self._hear, self._give_up_waiting)

    def _hear(self, conn: TConn, _: Any) -> None:
        try:
            data = conn.sock.receive(LARGEST_HEAD)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(conn)
            return
        if not conn.received:
            conn.timeout = time.monotonic() + HEAD_SECONDS
        conn.received += data
        self._pass_on(conn)

    def _pass_on(self, conn: TConn) -> bool:
        """Give a thread the connection whose request has come whole, or come in vain; say whether it left this place."""
        if is_whole(conn.received):
            self._unwatch(conn)
            conn.sock.first_bytes = conn.received[:FIRST_BYTES]
            conn.parser.unreader.unread(conn.received)
            self.enqueue_req(conn)
        elif b"\r\n\r\n" not in conn.received and len(conn.received) > LARGEST_HEAD:
            self._unwatch(conn)
            too_long = b"\r\n" not in conn.received
            error = LimitRequestLine(LARGEST_HEAD, LARGEST_HEAD) if too_long else LimitRequestHeaders("too large")
            self._refuse(conn, error)
        else:
            return False
        return True

    def enqueue_req(self, conn: TConn) -> None:
        """Have a thread answer the request."""
        threads = self._quick_threads if QUICK.match(conn.received) else self.tpool
        answered = threads.submit(self.handle, conn)
        answered.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def _give_up_waiting(self, conn: TConn) -> None:
        self._unwatch(conn)
        if conn.received:
            self._refuse(conn, HeadTooSlow())
        else:
            self._forget(conn)

    def _drop_one_that_waits(self) -> None:
        """Make room by the connection that has waited longest for a request."""
        for conn, ended in self._watched.items():
            if ended == self._give_up_waiting:
                self._forget(conn)
                return

    # After the thread

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Say whether another request may follow: only where all of this one has come."""
        return bool(keepalive and conn.parser.finish_body(max_bytes=LARGEST_BODY_SKIPPED) and not conn.sock.ran_dry)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Take a connection back from its thread."""
        conn.keeps = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        self._send_rest(conn)

    def _send_rest(self, conn: TConn, _: Any = None) -> None:
        try:
            if conn.sock.unsent and (conn.sock.send_unsent() or conn not in self._watched):
                conn.timeout = time.monotonic() + TAKES_NOTHING_SECONDS
        except OSError:
            self._forget(conn)
            return
        if conn.sock.unsent:
            if conn not in self._watched:
                self._watch(conn, selectors.EVENT_WRITE, self._send_rest, self._forget)
            return
        self._unwatch(conn)
        if conn.keeps:
            self._await_request(conn, conn.parser.unreader.take_buffered())
        else:
            self._close(conn)

    # Closing

    def _close(self, conn: TConn) -> None:
        """Say that nothing follows and let the client close; closed at once, what it has sent would cost it the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._forget(conn)
            return
        conn.timeout = time.monotonic() + CLOSING_SECONDS
        conn.drained = 0
        self._watch(conn, selectors.EVENT_READ, self._drain, self._forget)

    def _drain(self, conn: TConn, _: Any) -> None:
        try:
            drained = len(conn.sock.receive(4096))
        except BlockingIOError:
            return
        except OSError:
            drained = 0
        conn.drained += drained
        if not drained or conn.drained > CLOSING_BYTES:
            self._forget(conn)

    def _forget(self, conn: TConn) -> None:
        self._unwatch(conn)
        self.nr_conns -= 1
        conn.close()

    # What is watched

    def _watch(
        self, conn: TConn, event: int, happens: Callable[[TConn, Any], None], ended: Callable[[TConn], None]
    ) -> None:
        self._watched[conn] = ended
        self.poller.register(conn.sock, event, partial(happens, conn))

    def _unwatch(self, conn: TConn) -> None:
        if self._watched.pop(conn, None):
            self.poller.unregister(conn.sock)

    def murder_keepalived(self, force: bool = False) -> None:
        """End what has taken too long; all, where the worker stops."""
        now = time.monotonic()
        if now < self._sweeps_at and not force:
            return
        self._sweeps_at = now + SWEEP_SECONDS
        for conn, ended in list(self._watched.items()):
            if force:
                self._forget(conn)
            elif conn.timeout <= now:
                ended(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn, ended in self._watched.items():
            if ended == self._give_up_waiting and not conn.received:
                conn.timeout = min(conn.timeout, deadline)

    # Requests that gunicorn refuses

    def _refuse(self, conn: TConn, error: Exception) -> None:
        conn.keeps = False
        conn.sock.first_bytes = conn.received[:FIRST_BYTES]
        with suppress(OSError):
            self.handle_error(None, conn.sock, conn.client, error)
        self._send_rest(conn)

    def handle_error(self, req: Any, client: PatientSocket, addr: Any, exc: Exception) -> None:
        """Answer a request that never reaches the app with a problem, and log it as every request is."""
        refusal = next((REFUSALS[kind] for kind in REFUSALS if isinstance(exc, kind)), None)
        if refusal is None or isinstance(exc, InvalidResponseHeader | InvalidResponseHeaderName):
            super().handle_error(req, client, addr, exc)
            return
        from webapi.observability.metrics import requests  # not in gunicorn's own process

        status, detail = refusal
        path, request_id = log_refusal(status.value, addr[0] if addr else None, client.first_bytes)
        requests.labels("any", "unknown", str(status.value)).inc()
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
        body = json.dumps({**problem, "instance": path, "request_id": request_id}).encode() + b"\n"
        headers = {
            "Connection": "close",
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Request-ID": request_id,
            **SECURITY_HEADERS,
        }
        head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        client.sendall("\r\n".join([*head, "", ""]).encode() + body)
