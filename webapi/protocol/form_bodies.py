"""Bodies: only the forms of pages send one, and a thread gets such a request when the body has come too."""

from __future__ import annotations

import re

LARGEST_BODY = 16_384  # of any request; a larger one is 413
FORM = re.compile(rb"POST /(sign-in|sign-out|me)[ ?]")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


def is_whole(received: bytes) -> bool:
    """Say whether a request has come so far that a thread can answer it: its head, and a form's body if not too large."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or not FORM.match(head):
        return bool(end)
    length = LENGTH.search(head + b"\r\n")
    return length is None or int(length[1]) > LARGEST_BODY or len(body) >= int(length[1])
