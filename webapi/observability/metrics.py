"""Counters for Prometheus, summed over all worker processes, and what the database says of the pipeline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request
from werkzeug.wsgi import ClosingIterator

from webapi.performance.runtime import runtime_folder

FOLDER = runtime_folder() / "metrics"
FOLDER.mkdir(exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)  # read by the library when it is imported

from prometheus_client import (  # noqa: E402
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from webapi.marts.database import MartDatabase  # noqa: E402
from webapi.observability.pipeline_metrics import PipelineMetrics  # noqa: E402

ROUTE = "webapi.route"

requests = Counter("webapi_requests", "Answered requests", ["method", "route", "status"])
seconds = Histogram(
    "webapi_request_seconds",
    "Time from request to the end of its answer",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
over_budget = Counter("webapi_lookups_over_budget", "Open lookups refused because their address had asked for too many")
failed_logins = Counter("webapi_failed_logins", "Log-ins with wrong credentials, and refused ones", ["outcome"])


def counted(database: MartDatabase) -> Response:
    """Return what all workers counted, those that are gone included, and how the pipeline does."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=str(FOLDER))
    registry.register(PipelineMetrics(database))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def note_route() -> None:
    """Remember the route's rule, not the path: a label per customer would be a series per customer."""
    request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "unknown"


class RequestMetrics:
    """WSGI middleware that counts and times each request until its answer is sent whole."""

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        self._wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer through the wrapped app."""
        started = time.perf_counter()
        status = ["0"]

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            status[0] = line[:3]
            return start_response(line, headers, exc_info)

        def finish() -> None:
            route = environ.get(ROUTE, "unknown")
            method = environ["REQUEST_METHOD"] if route != "unknown" else "any"
            requests.labels(method, route, status[0]).inc()
            seconds.labels(route).observe(time.perf_counter() - started)

        body = self._wsgi_app(environ, start)
        close_body = getattr(body, "close", None)
        return ClosingIterator(body, [close_body, finish] if close_body else [finish])
