"""One customer, one shop, or one owner's shops, by id.

What is said of a subject comes with what it does not prove and with how to contest it. A customer's answer names their own
orders only; other people's orders are counts.
"""

from __future__ import annotations

from apiflask import HTTPError
from flask import Response, current_app, g, request

from webapi import schemas
from webapi.auth.access import lookup_blueprint
from webapi.performance.fast_path import FAILED
from webapi.presenters import lookup_answers
from webapi.presenters.lookup_answers import LOOKUPS
from webapi.protocol.caching import validate_by_generation

lookups = lookup_blueprint("lookups", __name__, url_prefix="/api/v1", tag={"name": "Lookups", "description": __doc__})
validate_by_generation(lookups)


@lookups.get("/customers/<customer_id>")
@lookups.input(schemas.CustomerPath, location="path", arg_name="path")
@lookups.input(schemas.LookupQuery, location="query", arg_name="query")
@lookups.output(schemas.Customer)
def customer(path: schemas.CustomerPath, query: schemas.LookupQuery, **_: str) -> Response:
    """One customer.

    What they spent, where they rank, and whether and why they are suspected. A customer who is known and not
    suspected is answered with `suspected: false` and no reasons; 404 means that no order of theirs is in any campaign
    (or not in the one asked for).
    """
    return _answered(lookup_answers.CUSTOMER, path.customer_id, query.campaign_id)


@lookups.get("/shops/<shop_id>")
@lookups.input(schemas.ShopPath, location="path", arg_name="path")
@lookups.input(schemas.LookupQuery, location="query", arg_name="query")
@lookups.output(schemas.Shop)
def shop(path: schemas.ShopPath, query: schemas.LookupQuery, **_: str) -> Response:
    """One shop.

    What it sold, where it ranks, and whether and why it is suspected. A shop that is known and not suspected is
    answered with `suspected: false` and no reasons; 404 means that it has no order in any campaign (or not in the one
    asked for).
    """
    return _answered(lookup_answers.SHOP, path.shop_id, query.campaign_id)


@lookups.get("/shop-owners/<shop_owner_uid>/shops")
@lookups.input(schemas.OwnerPath, location="path", arg_name="path")
@lookups.input(schemas.LookupQuery, location="query", arg_name="query")
@lookups.output(schemas.OwnerShops)
def shops_of_owner(path: schemas.OwnerPath, query: schemas.LookupQuery, **_: str) -> Response:
    """All shops of an owner.

    Best seller first; ask for one of them to see reasons. A shop that changed hands between campaigns is listed, per
    campaign, with the owner it had then.
    """
    return _answered(lookup_answers.SHOPS_OF_OWNER, path.shop_owner_uid, query.campaign_id)


def _answered(lookup: lookup_answers.Lookup, number: int, campaign_id: int | None) -> Response:
    failed = request.environ.get(FAILED)
    if failed is not None:
        raise failed
    try:
        g.generation, body = current_app.extensions[LOOKUPS].answer(lookup, number, campaign_id, g.only_uid)
    except lookup_answers.NotYours:
        raise HTTPError(403, detail="This token is not for this record: it opens its subject's own.") from None
    return Response(body, content_type="application/json")
