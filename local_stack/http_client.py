"""Small HTTP calls to the services on this machine, past any proxy."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from local_stack.console import Problem

_opener = build_opener(ProxyHandler({}))


class Refused(Exception):
    """The service answered with an error status; ``status`` and ``body`` are what it said."""

    def __init__(self, status: int, body: str) -> None:
        """Keep status and body."""
        super().__init__(f"status {status}: {body[:500]}")
        self.status, self.body = status, body


def call(
    url: str, method: str = "GET", body: dict[str, Any] | None = None, authorization: str = "", seconds: float = 20
) -> Any:
    """Send a request and return the decoded JSON. Raises Refused on an error status, OSError when nothing answers."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    request = Request(url, method=method, headers=headers, data=json.dumps(body).encode() if body is not None else None)
    try:
        with _opener.open(request, timeout=seconds) as response:
            text = response.read().decode()
    except HTTPError as error:
        raise Refused(error.code, error.read().decode("utf-8", "replace")) from None
    except URLError as error:
        raise OSError(str(error.reason)) from None
    try:
        return json.loads(text)
    except ValueError:
        raise Problem(
            f"{url} answered something that is not JSON: {text[:200]!r}. Is the port another program's?"
        ) from None


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header for basic auth."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
