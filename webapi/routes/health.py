"""For whoever keeps the service running: does the process answer, can it serve, what has it answered."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, g, request

from webapi import schemas
from webapi.auth.access import open_blueprint
from webapi.marts import queries
from webapi.observability.logs import GENERATION
from webapi.observability.metrics import counted
from webapi.presenters import answers

health = open_blueprint("health", __name__, tag={"name": "Health", "description": __doc__})
PROMETHEUS_TEXT = {
    "description": "Text format of Prometheus",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


@health.get("/livez")
@health.output(schemas.Live)
def livez() -> dict[str, str]:
    """Is the process alive.

    The database is not asked.
    """
    return {"status": "live"}


@health.get("/readyz")
@health.output(schemas.Ready)
def readyz() -> dict[str, Any]:
    """Can it serve.

    200 when the database answers and a generation is published; else 503, and a sentence that says what is missing.
    """
    return {"status": "ready", **answers.published(queries.fetch_generation())}


@health.get("/metrics")
@health.doc(responses={200: PROMETHEUS_TEXT})
def metrics() -> Response:
    """Counters for Prometheus.

    `webapi_requests_total` (method, route, status), the histogram `webapi_request_seconds` (route),
    `webapi_failed_logins_total` (outcome) and `webapi_lookups_over_budget_total`, over all worker processes since the service
    started. Routes are named, ids never. Of the pipeline: `campaign_seconds_since_publication`, `campaign_generation`,
    `campaign_runs` (outcome; of 30 days), `campaign_last_run_failed`, `campaign_last_run_seconds`, `campaign_refused_files` and
    `campaign_database_up`; what is not known is left out.
    """
    return counted(current_app.extensions[queries.DATABASE])


@health.after_request
def never_cached(response: Response) -> Response:
    """Health is about now."""
    response.headers["Cache-Control"] = "no-store"
    request.environ[GENERATION] = g.get("generation")
    return response
