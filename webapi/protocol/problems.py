"""Every error leaves as RFC 9457 ``application/problem+json``: one shape, a sentence to act on, never a stack trace.

A browser that asks for a page gets the same words as a page.
"""

from __future__ import annotations

import logging
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, json, request
from flask_wtf.csrf import CSRFError

from webapi.marts.database import DatabaseBusy, DatabaseUnavailable, NothingPublished
from webapi.observability.logs import request_id
from webapi.pages.errors import error_page
from webapi.protocol.browser import wants_page
from webapi.protocol.client import ClientGone

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
NOTHING_PUBLISHED = "Nothing has been published yet, or not all that this answer needs; run the pipeline."
UNAVAILABLE = "The database can't be reached or does not answer in time. Try again in a moment."
OVERLOADED = "More is asked for than can be answered at the moment. Try again in a second."
STALE_FORM = "This form is no longer valid. Open the page again and send it once more."
INTERNAL = "Something went wrong on our side. Quote the request id when you report it."

DETAILS = {
    400: "The request can't be understood.",
    401: "Sign in with user name and password (HTTP basic).",
    403: "This is not for you.",
    404: "There is nothing at this address; /docs lists what there is.",
    405: "This address does not take that method; see the Allow header.",
    406: "This address answers in application/json, lists in text/csv too (?format=csv).",
    413: "No request to this service needs a body of that size.",
}


class Unknown(HTTPError):
    """What was asked for does not exist: 404 with a sentence that names it."""

    status_code = 404

    def __init__(self, detail: str) -> None:
        super().__init__(message="Not Found", detail=detail)


class Busy(HTTPError):
    """So much of this kind is under way that more would hold up others: 503 with Retry-After."""

    status_code = 503

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(message="Service Unavailable", detail=detail, headers={"Retry-After": str(seconds)})


class Invalid(HTTPError):
    """A parameter can't be used: 422 that names it."""

    status_code = 422

    def __init__(self, field: str, message: str, location: str = "query") -> None:
        super().__init__(message="Unprocessable Content", detail={location: {field: [message]}})


def problem(status: int, title: str, detail: str, headers: Any = None, **more: Any) -> Response:
    """Return the problem response; ``more`` are extension members."""
    if wants_page():
        return error_page(status, title, detail, request_id(), headers)
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.path}
    body |= {"request_id": request_id()} | more
    response = Response(json.dumps(body) + "\n", status=status, content_type=PROBLEM_TYPE)
    response.headers["Cache-Control"] = "no-store"
    for name, value in dict(headers or {}).items():
        response.headers[name] = value
    return response


def register_problems(app: APIFlask) -> None:
    """Send every error of the app through ``problem``."""

    @app.error_processor
    def from_http_error(error: HTTPError) -> Response:
        if error.status_code == 422 and isinstance(error.detail, dict):
            return _validation_problem(error)
        detail = error.detail if isinstance(error.detail, str) and error.detail else DETAILS.get(error.status_code)
        return problem(error.status_code, error.message, detail or error.message, error.headers)

    @app.errorhandler(CSRFError)
    def from_stale_form(_: CSRFError) -> Response:
        return problem(400, "Bad Request", STALE_FORM)

    @app.errorhandler(NothingPublished)
    def from_nothing_published(error: NothingPublished) -> Response:
        logger.warning("nothing published: %s", error)
        return problem(503, "Service Unavailable", NOTHING_PUBLISHED, {"Retry-After": "30"})

    @app.errorhandler(DatabaseUnavailable)
    def from_database_unavailable(error: DatabaseUnavailable) -> Response:
        logger.error("database unavailable: %s", error)
        return problem(503, "Service Unavailable", UNAVAILABLE, {"Retry-After": "1"})

    @app.errorhandler(DatabaseBusy)
    def from_database_busy(error: DatabaseBusy) -> Response:
        logger.warning("overloaded: %s", error)
        return problem(503, "Service Unavailable", OVERLOADED, {"Retry-After": "1"})

    @app.errorhandler(ClientGone)
    def from_client_gone(_: ClientGone) -> Response:
        # nginx's number for it. Nobody reads the answer; the log does.
        return problem(499, "Client Closed Request", "The client has gone.")

    @app.errorhandler(Exception)
    def from_anything(error: Exception) -> Response:
        logger.exception("unexpected error", exc_info=error)
        return problem(500, "Internal Server Error", INTERNAL)


def _validation_problem(error: HTTPError) -> Response:
    errors = [
        {"location": location, "field": field, "message": _plain(message)}
        for location, fields in error.detail.items()
        for field, messages in fields.items()
        for message in messages
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return problem(422, "Unprocessable Content", detail, errors=errors)


def _plain(message: str) -> str:
    """Return pydantic's message in words for a person."""
    if message == "Extra inputs are not permitted":
        return "is not a parameter of this address"
    return message.removeprefix("Value error, ")
