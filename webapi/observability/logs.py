"""One JSON line per request, on stdout and in a rotating file; log-ins, exports and faults have lines of their own.

Each line is an object whose ``event`` says what it is: ``request``, ``failed_login``, ``refused_login``,
``refused_token``, or ``log`` (whatever a module logs). The encoder escapes control characters, so nothing a client
sends can start a line. Headers, bodies and query strings are not logged, but for those parameters that say what was asked for
and never whom (``LOGGED_PARAMETERS``).

Log-ins (``signed_in`` too) and exports (``export``) have a file each, ``…_logins.log`` and ``…_exports.log``, which no flood of
other requests can rotate away; a client that is refused again and again has a line a minute there, with a count.

Lines are gathered for a tenth of a second and written together, because a write per line and place costs a busy service a tenth
of its speed. A warning or worse is written at once, with what was gathered before it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import re
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from flask import has_request_context, request
from werkzeug.wsgi import ClosingIterator

from webapi.settings import SettingsError, WebSettings

PACKAGE = "webapi"
REQUEST_ID = "webapi.request_id"
USER = "webapi.user"
GENERATION = "webapi.generation"

ACCEPTED_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
GATHERED_SECONDS = 0.1
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

LOGGED_PARAMETERS = frozenset(
    [
        "format",
        "limit",
        "bom",
        "subject",
        "by",
        "class",
        "rule",
        "severity",
        "band",
        "day",
        "from",
        "to",
        "least_money",
        "sort",
    ]
)
LOGGED_VALUE = re.compile(r"[A-Za-z0-9_.,-]{1,64}")
SAID_AGAIN_SECONDS = 60
REFUSALS_KEPT = 10_000

access = logging.getLogger("webapi.access")
logins = logging.getLogger("webapi.logins")
exports = logging.getLogger("webapi.routes.exports")


def request_id() -> str | None:
    """Return the id of the request being answered."""
    return request.environ.get(REQUEST_ID) if has_request_context() else None


def printable(text: str, longest: int = 64) -> str:
    """Return what a client sent without control characters, cut to a length a log can bear."""
    return CONTROL_CHARACTERS.sub("", text)[:longest]


def log_login(event: str, user: str) -> None:
    """Write who tried to sign in from where, and how that ended (``event``); the password is not even passed."""
    fields = {"address": request.remote_addr, "user": printable(user), "path": request.path, "request_id": request_id()}
    if event == "signed_in":
        logins.info(event, extra={"fields": fields})
        return
    access.warning(event, extra={"fields": fields})
    if event.startswith("refused"):
        repeated = _refusals.repeated((event, request.remote_addr, fields["user"]))
        if repeated is None:
            return
        fields["repeated"] = repeated
    logins.warning(event, extra={"fields": fields})


def log_export(name: str, rows: int, size: int, generation: int) -> None:
    """Write who exported what: list, parameters, rows, bytes."""
    environ = request.environ
    fields = {
        "address": request.remote_addr,
        "user": environ.get(USER),
        "path": request.path,
        "list": name,
        "parameters": logged_parameters(environ.get("QUERY_STRING", "")),
        "rows": rows,
        "bytes": size,
        "generation": generation,
        "request_id": request_id(),
    }
    exports.info("export", extra={"fields": fields})


def logged_parameters(query: str) -> dict[str, str]:
    """Return the parameters that may be logged."""
    if not query:
        return {}
    return {
        name: value
        for name, value in parse_qsl(query[:2000], keep_blank_values=True)
        if name in LOGGED_PARAMETERS and LOGGED_VALUE.fullmatch(value)
    }


class _Refusals:
    """Says once a minute that somebody was refused, and how often since the last time; belongs to one process."""

    def __init__(self) -> None:
        self._said: dict[Hashable, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def repeated(self, key: Hashable) -> int | None:
        """Return how often this happened unsaid, or None where it is not to be said now."""
        now = time.monotonic()
        with self._lock:
            said_at, unsaid = self._said.get(key, (-math.inf, 0))
            if now - said_at < SAID_AGAIN_SECONDS:
                self._said[key] = said_at, unsaid + 1
                return None
            if len(self._said) >= REFUSALS_KEPT:
                self._said.clear()
            self._said[key] = now, 0
            return unsaid


_refusals = _Refusals()


def log_refusal(status: int, address: str | None, first_bytes: bytes) -> tuple[str, str]:
    """Write the line of a request that was refused before the app saw it; returns its path and the id that it is given."""
    method, _, rest = first_bytes.decode("latin-1").partition(" ")
    path, sign, _ = rest.partition(" ")[0].partition("?")
    fields = {
        "method": printable(method, 16),
        "path": printable(path, 1024) + sign,
        "status": status,
        "address": address,
        "request_id": uuid.uuid4().hex,
    }
    access.info("request", extra={"fields": fields})
    return printable(path, 1024), fields["request_id"]


class JsonLine(logging.Formatter):
    """Format a record as one JSON object on one line; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        fields = getattr(record, "fields", None)
        if fields is not None:
            line |= {"event": record.getMessage(), **fields}
        else:
            line |= {"event": "log", "logger": record.name, "message": record.getMessage(), "request_id": request_id()}
            if record.exc_info:
                line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class SharedRotatingFileHandler(RotatingFileHandler):
    """A rotating file that several worker processes write: the standard one loses lines when two of them rotate at once.

    Each line is written under a lock on a file beside it; whoever finds that another process has rotated opens the new file.
    """

    def __init__(self, path: Path, largest: int, kept: int) -> None:
        super().__init__(path, maxBytes=largest, backupCount=kept, encoding="utf-8")
        self._lock_file = open(f"{path}.lock", "a")  # noqa: SIM115 (held as long as the handler)

    def close(self) -> None:
        """Close the file and the lock beside it."""
        super().close()
        self._lock_file.close()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.write(f"{self.format(record)}\n")

    def write(self, lines: str) -> None:
        """Write whole lines, rotating first where they would not fit."""
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            self._follow_rotation()
            if self.stream is None:
                self.stream = self._open()
            size = os.fstat(self.stream.fileno()).st_size
            if size and size + len(lines) >= self.maxBytes:
                self.doRollover()
            self.stream.write(lines)
            self.stream.flush()
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _follow_rotation(self) -> None:
        try:
            current = os.stat(self.baseFilename).st_ino
        except FileNotFoundError:
            current = None
        if self.stream is not None and os.fstat(self.stream.fileno()).st_ino != current:
            self.stream.close()
            self.stream = self._open()


class GatheredLines(logging.Handler):
    """Writes what is logged to several places, many lines at a time; belongs to the process that made it."""

    def __init__(self, *places: Callable[[str], None], at_once: int = logging.WARNING) -> None:
        super().__init__()
        self._at_once = at_once
        self._places = places
        self._lines: deque[str] = deque()
        self._writing = threading.Lock()
        self._gathering = threading.Event()
        self._process = os.getpid()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line for the next write; a warning is written now."""
        self._lines.append(self.format(record))
        if record.levelno >= self._at_once:
            self.flush()
            return
        if self._thread is None:  # not in __init__: a thread does not survive a fork
            self._thread = threading.Thread(target=self._write_now_and_then, name="log lines", daemon=True)
            self._thread.start()
        if not self._gathering.is_set():
            self._gathering.set()

    def flush(self) -> None:
        """Write everything gathered; a forked process leaves that to the one that gathered it."""
        with self._writing:
            gathered = [self._lines.popleft() for _ in range(len(self._lines))]
            if not gathered or os.getpid() != self._process:
                return
            text = "\n".join(gathered) + "\n"
            for place in self._places:
                try:
                    place(text)
                except OSError:  # a full disk must not end the service
                    self.handleError(logging.makeLogRecord({"msg": "log lines can't be written"}))

    def close(self) -> None:
        """Write the rest."""
        self.flush()
        super().close()

    def _write_now_and_then(self) -> None:
        while True:
            self._gathering.wait()
            time.sleep(GATHERED_SECONDS)
            self._gathering.clear()
            self.flush()


def _to_stdout(lines: str) -> None:
    sys.stdout.write(lines)
    sys.stdout.flush()


def configure_logs(settings: WebSettings) -> None:
    """Send what this package logs to stdout and to the file; raises SettingsError where the file can't be written."""
    path = settings.log_path
    own = {
        logger: path.with_name(f"{path.stem}_{logger.name.rpartition('.')[2]}{path.suffix}")
        for logger in (logins, exports)
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        to_file, *to_own_files = (
            SharedRotatingFileHandler(one, settings.log_file_bytes, settings.log_files_kept)
            for one in (path, *own.values())
        )
    except OSError as error:
        raise SettingsError(
            f"WEBAPI_LOG_FILE: {path} can't be written ({error.strerror}): name another file, or make its"
            " folder writable for the user that runs the web service."
        ) from None
    _send(logging.getLogger(PACKAGE), _to_stdout, to_file.write)
    for logger, to_own_file in zip(own, to_own_files, strict=True):
        _send(logger, to_own_file.write, at_once=logging.INFO)


def _send(logger: logging.Logger, *places: Callable[[str], None], at_once: int = logging.WARNING) -> None:
    """Send what a logger gets to these places and no others."""
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    handler = GatheredLines(*places, at_once=at_once)
    handler.setFormatter(JsonLine())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


class RequestLog:
    """WSGI middleware: gives each request its id (the client's, if it is a plain one) and logs it once it is sent whole."""

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        self._wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer through the wrapped app."""
        started = time.perf_counter()
        offered = environ.get("HTTP_X_REQUEST_ID", "")
        environ[REQUEST_ID] = offered if ACCEPTED_REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        sent = {"status": 0, "bytes": 0}

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            sent["status"] = int(status[:3])
            return start_response(status, [*headers, ("X-Request-ID", environ[REQUEST_ID])], exc_info)

        def counted(body: Iterable[bytes]) -> Iterable[bytes]:
            for chunk in body:
                sent["bytes"] += len(chunk)
                yield chunk

        def finish() -> None:
            fields = {
                "method": environ["REQUEST_METHOD"][:16],
                "path": environ.get("PATH_INFO", "")[:1024],
                "parameters": logged_parameters(environ.get("QUERY_STRING", "")),
                "status": sent["status"],
                "bytes": sent["bytes"],
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "address": environ.get("REMOTE_ADDR"),
                "user": environ.get(USER),
                "request_id": environ[REQUEST_ID],
                "generation": environ.get(GENERATION),
            }
            access.info("request", extra={"fields": fields})

        body = self._wsgi_app(environ, start)
        close_body = getattr(body, "close", None)
        return ClosingIterator(counted(body), [close_body, finish] if close_body else [finish])
