"""Security headers on every answer, and requests that are refused before any work."""

from __future__ import annotations

from apiflask import APIFlask, HTTPError
from flask import Response, request

from webapi.problems import Invalid
from webapi.security_headers import SECURITY_HEADERS

LARGEST_BODY = 16_384  # no route takes a body
JSON, CSV = "application/json", "text/csv"
CSV_ENDPOINTS: set[str] = set()  # campaigns says which


def takes_csv() -> bool:
    """Say whether the address asked for has a list that can be a CSV file."""
    return request.endpoint in CSV_ENDPOINTS


def wants_csv() -> bool:
    """Say whether a client that names no format asks for CSV by its header Accept."""
    if not takes_csv() or "format" in request.args or not request.accept_mimetypes:
        return False
    return request.accept_mimetypes.best_match([JSON, CSV]) == CSV


def _acceptable() -> bool:
    """Say whether the client accepts what this request gets; one that names the format has said so."""
    accepts = request.accept_mimetypes
    if takes_csv() and (wants_csv() or request.args.get("format") == "csv"):
        return accepts.best_match([JSON, CSV]) is not None
    return accepts.best_match([JSON]) is not None


def register_headers(app: APIFlask) -> None:
    """Add the security headers to every answer, and refuse large bodies and unknown representations."""

    @app.before_request
    def refuse_early() -> None:
        if (request.content_length or 0) > LARGEST_BODY:
            raise HTTPError(413)
        # What a client accepts is judged for data only: pages and their assets are what they are.
        accepts = request.accept_mimetypes
        if request.path.startswith("/api/") and accepts and not _acceptable():
            raise HTTPError(406)
        for name, values in request.args.lists():
            if len(values) > 1:  # which of them was meant?
                raise Invalid(name, "is given more than once")

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
