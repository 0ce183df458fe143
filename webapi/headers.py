"""Security headers on every answer, and requests that are refused before any work."""

from __future__ import annotations

from apiflask import APIFlask, HTTPError
from flask import Response, request

from webapi.problems import Invalid
from webapi.security_headers import SECURITY_HEADERS

LARGEST_BODY = 16_384  # no route takes a body


def register_headers(app: APIFlask) -> None:
    """Add the security headers to every answer, and refuse large bodies and unknown representations."""

    @app.before_request
    def refuse_early() -> None:
        if (request.content_length or 0) > LARGEST_BODY:
            raise HTTPError(413)
        # What a client accepts is judged for data only: pages and their assets are what they are.
        accepts = request.accept_mimetypes
        if request.path.startswith("/api/") and accepts and not accepts.best_match(["application/json", "text/csv"]):
            raise HTTPError(406)
        for name, values in request.args.lists():
            if len(values) > 1:  # which of them was meant?
                raise Invalid(name, "is given more than once")

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
