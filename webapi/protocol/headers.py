"""Security headers on every answer, and requests that are refused before any work."""

from __future__ import annotations

from apiflask import APIFlask, HTTPError
from flask import Response, request
from werkzeug.datastructures import ImmutableMultiDict

from webapi.presenters.tables import CSV_TYPE, XLSX_TYPE
from webapi.protocol.form_bodies import LARGEST_BODY
from webapi.protocol.problems import Invalid
from webapi.protocol.security_headers import SECURITY_HEADERS

TYPES = {"json": "application/json", "csv": CSV_TYPE, "xlsx": XLSX_TYPE}
LISTED = ("ids", "campaigns")  # parameters that are lists
LIST_ENDPOINTS: set[str] = set()  # lists says which


def is_list() -> bool:
    """Say whether the address asked for has a list that can be a file."""
    return request.endpoint in LIST_ENDPOINTS


def wanted_format() -> str:
    """Return json, csv or xlsx: as the parameter says, else what the header Accept prefers."""
    stated = request.args.get("format")
    if not is_list():
        return "json"
    if stated is not None or not request.accept_mimetypes:
        return stated or "json"
    preferred = request.accept_mimetypes.best_match(list(TYPES.values()))
    return next((name for name, content_type in TYPES.items() if content_type == preferred), "json")


def _acceptable() -> bool:
    """Say whether the client accepts what this request gets; one that names the format has said so."""
    possible = [TYPES["json"]] if wanted_format() == "json" else list(TYPES.values())
    return request.accept_mimetypes.best_match(possible) is not None


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
            if len(values) > 1 and name not in LISTED:  # which of them was meant?
                raise Invalid(name, "is given more than once")
        # Many clients repeat the name of a list instead of separating by commas.
        request.args = ImmutableMultiDict({name: ",".join(values) for name, values in request.args.lists()})

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
