"""Pages for a customer, a shop, or an owner about themselves: where they stand, what is said of them, and how to contest it.

They say what the lookups of the API say, and are open or closed as those. While closed, a person shows their token in a form, of
ours or of the shop platform; a cookie keeps whom it was for. A token is never part of an address.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Response, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapi import schemas
from webapi.auth import access, sessions
from webapi.auth.tokens import WrongToken, read_token, token_ends
from webapi.marts import queries
from webapi.marts.one_generation import read_together
from webapi.pages.door import closed
from webapi.pages.shell import translated
from webapi.presenters import lookup_answers
from webapi.presenters.lookup_answers import LOOKUPS, Lookup
from webapi.protocol.problems import Unknown

me_pages = access.open_blueprint("me_pages", __name__, url_prefix="/me", enable_openapi=False)
own_records = access.lookup_blueprint("own_records", __name__, url_prefix="/me", enable_openapi=False)

# Kind in the form -> the page of that kind.
KINDS = {"customer": "own_records.customer", "shop": "own_records.shop", "owner": "own_records.owner"}
BETTER = {
    "Silver": ("Gold", 1),
    "Bronze": ("Silver", 2),
}  # the next class, and how many thirds of the ranks end with it


@me_pages.get("")
def start() -> AnyResponse:
    """Show the form: an id where lookups are open, a token where they are closed."""
    return translated("me.html", closed=closed())


@me_pages.post("")
@sessions.csrf.exempt  # a form of the shop platform may post the token, which is proof enough
def look() -> AnyResponse:
    """Go to the page asked for."""
    if closed():
        return _by_token(request.form.get("token", "").strip())
    kind, number = request.form.get("kind", ""), request.form.get("id", "").strip()
    if kind not in KINDS or not (number.isascii() and number.isdigit() and len(number) <= 19):
        return translated("me.html", 422, closed=False, kind=kind, id=number, problem="id")
    return redirect(_address(kind, number), 303)


def _by_token(token: str) -> AnyResponse:
    keys = current_app.extensions[access.TOKEN_KEYS]
    try:
        uid = read_token(keys, token)
    except WrongToken as error:
        access.note_failure("refused_token", "")
        return translated("me.html", 401, closed=True, problem="token", detail=str(error))
    sessions.begin_own(uid, token_ends(keys, token))
    return redirect(_address("customer", str(uid)), 303)


def _address(kind: str, number: str) -> str:
    return url_for(
        KINDS[kind], **{{"customer": "customer_id", "shop": "shop_id", "owner": "shop_owner_uid"}[kind]: number}
    )


@own_records.get("/customers/<customer_id>")
@own_records.input(schemas.CustomerPath, location="path", arg_name="path")
@own_records.input(schemas.LookupQuery, location="query", arg_name="query")
def customer(path: schemas.CustomerPath, query: schemas.LookupQuery, **_: Any) -> Response:
    """Show a customer."""
    return _record("customer", lookup_answers.CUSTOMER, path.customer_id, query.campaign_id)


@own_records.get("/shops/<shop_id>")
@own_records.input(schemas.ShopPath, location="path", arg_name="path")
@own_records.input(schemas.LookupQuery, location="query", arg_name="query")
def shop(path: schemas.ShopPath, query: schemas.LookupQuery, **_: Any) -> Response:
    """Show a shop."""
    return _record("shop", lookup_answers.SHOP, path.shop_id, query.campaign_id)


@own_records.get("/owners/<shop_owner_uid>")
@own_records.input(schemas.OwnerPath, location="path", arg_name="path")
@own_records.input(schemas.LookupQuery, location="query", arg_name="query")
def owner(path: schemas.OwnerPath, query: schemas.LookupQuery, **_: Any) -> Response:
    """Show the shops of an owner."""
    return _record("owner", lookup_answers.SHOPS_OF_OWNER, path.shop_owner_uid, query.campaign_id)


def _record(kind: str, lookup: Lookup, number: int, campaign_id: int | None) -> Response:
    try:
        record, needed = _read(kind, lookup, number, campaign_id)
    except lookup_answers.NotYours:
        return translated("me_none.html", 403, kind=kind, number=number, yours=g.only_uid)
    except Unknown:
        return translated("me_none.html", 404, kind=kind, number=number, yours=g.only_uid)
    answer = translated(
        "me_record.html",
        kind=kind,
        number=number,
        record=record,
        needed=needed,
        next_class=BETTER.get(_class(kind, record), ("", 0))[0],
        contact=current_app.extensions[LOOKUPS].contact,
        yours=g.only_uid,
    )
    return answer


def _read(kind: str, lookup: Lookup, number: int, campaign_id: int | None) -> tuple[dict[str, Any], Any]:
    """Return the API's answer, and the amount at which the next class begins (None where there is none), of one generation."""
    record: dict[str, Any] = {}

    def read_record() -> list[queries.Row]:
        generation, body = current_app.extensions[LOOKUPS].answer(lookup, number, campaign_id, g.only_uid)
        record.clear()
        record.update(json.loads(body))
        return [{"generation": generation}]

    def read_edge() -> list[queries.Row]:
        rank = record["of"] * BETTER[_class(kind, record)][1] // 3
        return queries.fetch_class_edge(f"{kind}s", record["campaign"]["campaign_id"], rank)

    reads = {"record": read_record}
    if kind != "owner":
        read_together(reads)
        if _class(kind, record) in BETTER:
            return record, read_together({**reads, "edge": read_edge})["edge"][0]["least"]
        return record, None
    read_together(reads)
    return record, None


def _class(kind: str, record: dict[str, Any]) -> str | None:
    return record.get("customer_class" if kind == "customer" else "shop_class")
