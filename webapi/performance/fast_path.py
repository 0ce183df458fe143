"""Lookups, most of all requests, answered before Flask is asked. The fast path only answers what it is sure of.

A request must be as plain as can be: GET, an id of digits, no parameter but ``campaign_id``, a client that takes JSON. Any other
goes to Flask, and so does one whose answer turns out to be an error: Flask gets the exception and words it. Bytes and headers are
those of the route (``lookup_answers``, ``caching``), and a test holds the two against each other. Whatever the request is like,
an address whose budget of lookups is spent is sent to Flask, which refuses it.

The fast path also remembers answers of the present generation, at most ``REMEMBERED`` in each process.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from webapi.auth.budget import OVER_BUDGET, LookupBudget
from webapi.observability.logs import GENERATION
from webapi.observability.metrics import ROUTE
from webapi.presenters.lookup_answers import CUSTOMER, SHOP, SHOPS_OF_OWNER, Lookup, LookupAnswers
from webapi.protocol.caching import CACHE_CONTROL, PublishedGeneration, tag
from webapi.protocol.security_headers import SECURITY_HEADERS

REMEMBERED = 5000  # some 1.5 kB each
FAILED = "webapi.fast_lane_failed"

LOOKUPS = ("/api/v1/customers", "/api/v1/shops", "/api/v1/shop-owners")
WITHIN_BUDGET = (*LOOKUPS, "/me/")  # pages look up too
ADDRESS = re.compile(r"/api/v1/(?:(customers|shops)/([0-9]{1,18})|(shop-owners)/([0-9]{1,18})/shops)")
KINDS = {"customers": CUSTOMER, "shops": SHOP, "shop-owners": SHOPS_OF_OWNER}
QUERY = re.compile(r"campaign_id=([0-9]{1,18})")
PLAINLY_JSON = (None, "*/*", "application/json", "application/json, */*", "application/json, text/plain, */*")
ONE_TAG = re.compile(r'(?:W/)?"([0-9a-f-]+)"')

HEADERS = [
    *SECURITY_HEADERS.items(),
    ("Cache-Control", CACHE_CONTROL),
    ("Vary", "Authorization"),
]


class FastLane:
    """WSGI middleware around the Flask app."""

    def __init__(
        self,
        wsgi_app: Callable[..., Iterable[bytes]],
        answers: LookupAnswers,
        published: PublishedGeneration,
        representation: str,
        budget: LookupBudget,
    ) -> None:
        self._wsgi_app = wsgi_app
        self._budget = budget
        self._answers = answers
        self._published = published
        self._representation = representation
        self._remembered: tuple[int, dict[tuple[str, str], bytes]] = (0, {})

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or let the app answer."""
        if environ["PATH_INFO"].startswith(WITHIN_BUDGET):
            wait = self._budget.seconds_to_wait(environ["REMOTE_ADDR"])
            if wait:
                environ[OVER_BUDGET] = wait
                return self._wsgi_app(environ, start_response)
        asked = self._asked(environ)
        if asked is None:
            return self._wsgi_app(environ, start_response)
        try:
            status, generation, shown_tag, body = self._answer(environ, *asked)
        except Exception as error:  # the app says it in the one form that errors have
            environ[FAILED] = error
            return self._wsgi_app(environ, start_response)
        environ[ROUTE] = asked[0].rule
        environ[GENERATION] = generation
        headers = [*HEADERS, ("X-Generation", str(generation)), ("ETag", f'"{shown_tag}"')]
        if body is not None:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body] if body is not None else []

    def _asked(self, environ: dict[str, Any]) -> tuple[Lookup, int, int | None, str | None] | None:
        """Return lookup, id, campaign and the client's tag, or None where Flask must look at the request."""
        address = ADDRESS.fullmatch(environ["PATH_INFO"])
        if address is None or environ["REQUEST_METHOD"] != "GET":
            return None
        if environ.get("HTTP_ACCEPT") not in PLAINLY_JSON or environ.get("CONTENT_LENGTH"):
            return None
        campaign_id = None
        if environ["QUERY_STRING"]:
            query = QUERY.fullmatch(environ["QUERY_STRING"])
            if query is None:
                return None
            campaign_id = int(query[1])
        client_tag = environ.get("HTTP_IF_NONE_MATCH")
        if client_tag is not None:
            one = ONE_TAG.fullmatch(client_tag)
            if one is None:
                return None
            client_tag = one[1]
        kind, number = address[1] or address[3], address[2] or address[4]
        return KINDS[kind], int(number), campaign_id, client_tag

    def _answer(
        self, environ: dict[str, Any], lookup: Lookup, number: int, campaign_id: int | None, client_tag: str | None
    ) -> tuple[str, int, str, bytes | None]:
        """Return status, generation, tag and body; a generation not seen lately is learnt with the answer itself."""
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        generation = self._published.if_known()
        body = None
        if generation is not None:
            current = self._tag(generation, path, query)
            if client_tag == current:
                return "304 NOT MODIFIED", generation, current, None
            remembered_generation, remembered = self._remembered
            body = remembered.get((path, query)) if remembered_generation == generation else None
        if body is None:
            asked_at = time.monotonic()
            generation, body = self._answers.answer(lookup, number, campaign_id)
            self._published.seen(generation, asked_at)
            self._remember(generation, (path, query), body)
            current = self._tag(generation, path, query)
            if client_tag == current:
                return "304 NOT MODIFIED", generation, current, None
        return "200 OK", generation, current, body

    def _tag(self, generation: int, path: str, query: str) -> str:
        return tag(self._representation, generation, path, query.encode())

    def _remember(self, generation: int, key: tuple[str, str], body: bytes) -> None:
        """Keep the answer. When full all are forgotten: those asked for again and again are back at once."""
        remembered_generation, remembered = self._remembered  # another thread may put others in their place meanwhile
        if remembered_generation != generation or len(remembered) >= REMEMBERED:
            remembered = {}
            self._remembered = (generation, remembered)
        remembered[key] = body
