"""Is the client still there? WSGI does not say, so this asks the socket that gunicorn leaves in the environ.

Elsewhere than under gunicorn there is no such socket; then every client counts as there.
"""

from __future__ import annotations

import select
from collections.abc import Mapping
from typing import Any

SOCKET = "gunicorn.socket"


class ClientGone(Exception):
    """The client has closed its connection, or its proxy has closed it for it; nobody waits for this answer."""


def raise_if_gone(environ: Mapping[str, Any]) -> None:
    """Raise ClientGone where the other side has closed; costs one system call."""
    peer = environ.get(SOCKET)
    if peer is None:
        return
    watched = select.poll()
    watched.register(peer, select.POLLRDHUP)
    if watched.poll(0):
        raise ClientGone
