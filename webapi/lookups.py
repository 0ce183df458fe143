"""Open to everybody: one customer, one shop, one owner's shops. Whoever knows an id can look it up, without signing in.

An answer shows the subject's own orders only; other people's are counts.
"""

from __future__ import annotations

from typing import Any

from flask import current_app

from webapi import answers, queries, schemas
from webapi.auth import open_blueprint
from webapi.caching import validate_by_generation

CONTACT = "webapi_contact"

lookups = open_blueprint("lookups", __name__, url_prefix="/api/v1", tag={"name": "Lookups", "description": __doc__})
validate_by_generation(lookups)


@lookups.get("/customers/<customer_id>")
@lookups.input(schemas.CustomerPath, location="path", arg_name="path")
@lookups.input(schemas.LookupQuery, location="query", arg_name="query")
@lookups.output(schemas.Customer)
def customer(path: schemas.CustomerPath, query: schemas.LookupQuery, **_: str) -> dict[str, Any]:
    """One customer.

    What they spent, where they rank, and whether and why they are suspected. A customer who is known and not
    suspected is answered with `suspected: false` and no reasons; 404 means that no order of theirs is in any campaign
    (or not in the one asked for).
    """
    rows = queries.fetch_customer(path.customer_id)
    return answers.customer(rows, path.customer_id, query.campaign_id, current_app.extensions[CONTACT])


@lookups.get("/shops/<shop_id>")
@lookups.input(schemas.ShopPath, location="path", arg_name="path")
@lookups.input(schemas.LookupQuery, location="query", arg_name="query")
@lookups.output(schemas.Shop)
def shop(path: schemas.ShopPath, query: schemas.LookupQuery, **_: str) -> dict[str, Any]:
    """One shop.

    What it sold, where it ranks, and whether and why it is suspected. A shop that is known and not suspected is
    answered with `suspected: false` and no reasons; 404 means that it has no order in any campaign (or not in the one
    asked for).
    """
    rows = queries.fetch_shop(path.shop_id)
    return answers.shop(rows, path.shop_id, query.campaign_id, current_app.extensions[CONTACT])


@lookups.get("/shop-owners/<shop_owner_uid>/shops")
@lookups.input(schemas.OwnerPath, location="path", arg_name="path")
@lookups.input(schemas.LookupQuery, location="query", arg_name="query")
@lookups.output(schemas.OwnerShops)
def shops_of_owner(path: schemas.OwnerPath, query: schemas.LookupQuery, **_: str) -> dict[str, Any]:
    """All shops of an owner.

    Best seller first; ask for one of them to see reasons. A shop that changed hands between campaigns is listed, per
    campaign, with the owner it had then.
    """
    rows = queries.list_shops_of_owner(path.shop_owner_uid)
    return answers.shops_of_owner(rows, path.shop_owner_uid, query.campaign_id)
