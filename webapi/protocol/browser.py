"""Who asks: a browser for a page, or a program for data."""

from __future__ import annotations

from flask import request


def wants_page() -> bool:
    """Say whether a browser asks for a page, rather than a program for data."""
    accepts = request.accept_mimetypes
    return not request.path.startswith("/api/") and accepts["text/html"] > accepts["application/json"]
