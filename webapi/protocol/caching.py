"""ETags without work: an answer changes only when a generation is published, so its tag is the generation and the address.

A client that shows the current tag gets 304 from one number, which each process reads anew at most every half second; so a
publication is visible to every worker within that time. Any other request reads the tables, except for a lookup that this
process has answered before in this generation (``fast_lane``).
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, current_app, g, request

from webapi.marts import queries
from webapi.observability.logs import GENERATION
from webapi.protocol.headers import is_list, wanted_format

PUBLISHED = "webapi_published_generation"
REPRESENTATION = "webapi_representation"
SECONDS_BELIEVED = 0.5

# Kept by the client alone (lookups are about one person), and asked about again each time.
CACHE_CONTROL = "private, no-cache"


class PublishedGeneration:
    """The number of the served generation, read from MySQL where it was not seen within the last half second."""

    def __init__(self) -> None:
        self._seen = (0, float("-inf"))

    def number(self) -> int:
        """Return it; raises what the database raises."""
        number, seen_at = self._seen
        now = time.monotonic()
        if now - seen_at > SECONDS_BELIEVED:
            number = queries.fetch_generation()["generation"]
            self.seen(number, now)
        return number

    def seen(self, number: int, asked_at: float) -> None:
        """Note what an answer said that was asked for at that moment (``time.monotonic()``)."""
        if asked_at > self._seen[1]:
            self._seen = (number, asked_at)

    def if_known(self) -> int | None:
        """Return it without asking MySQL, or None where it was not seen lately."""
        number, seen_at = self._seen
        return number if time.monotonic() - seen_at <= SECONDS_BELIEVED else None


def representation(*settings: str) -> str:
    """Return what besides the generation decides how an answer looks: this package's source, and what it was told."""
    digest = hashlib.sha256(repr(settings).encode())
    package = Path(__file__).parents[1]
    for source in sorted([*package.rglob("*.py"), *package.rglob("*.html")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def validate_by_generation(blueprint: APIBlueprint) -> None:
    """Give the blueprint's answers an ETag, and answer 304 before its routes run. Call it after sign-in is set up."""

    @blueprint.before_request
    def answer_not_modified() -> Response | None:
        tags = request.if_none_match
        if request.method not in ("GET", "HEAD") or not tags.as_set(include_weak=True):
            return None
        if g.get("only_uid") is not None:
            return None  # whose record it is comes first; add_validators says 304 afterwards
        g.generation = current_app.extensions[PUBLISHED].number()
        # Only a full answer of this very address can have given the tag, so its parameters need no second look.
        return Response(status=304) if tags.contains_weak(_tag()) else None

    @blueprint.after_request
    def add_validators(response: Response) -> Response:
        if "generation" in g:
            request.environ[GENERATION] = g.generation
            response.headers["X-Generation"] = str(g.generation)
            # "*": any answer at all will do.
            tags = request.if_none_match
            if response.status_code == 200 and (tags.star_tag or tags.contains_weak(_tag())):
                response.status_code = 304
            if response.status_code in (200, 304):
                response.set_etag(_tag())
                response.headers["Cache-Control"] = CACHE_CONTROL
                response.vary.update(("Authorization", "Accept") if is_list() else ("Authorization",))
        return response


def tag(representation: str, generation: int, path: str, query: bytes) -> str:
    """Return the ETag, without its quotes, of the answer at an address in a generation."""
    stated = f"{representation} {generation} {path} {query!r}"
    return f"{generation}-{hashlib.sha256(stated.encode()).hexdigest()[:20]}"


def _tag() -> str:
    seen_by = "" if g.get("only_uid") is None else f" as {g.only_uid}"
    form = wanted_format()
    stated = current_app.extensions[REPRESENTATION] + seen_by + (form if form != "json" else "")
    return tag(stated, g.generation, request.path, request.query_string)
