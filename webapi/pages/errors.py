"""Errors as a page, for browsers."""

from __future__ import annotations

from typing import Any

from flask import Response

from webapi.pages.shell import translated


def error_page(status: int, title: str, detail: str, request_id: str | None, headers: Any = None) -> Response:
    """Return the problem as a page."""
    answer = translated("error.html", status, heading=title, detail=detail, request_id=request_id)
    for name, value in dict(headers or {}).items():
        if name != "WWW-Authenticate":  # else the browser would ask by its own form
            answer.headers[name] = value
    return answer
