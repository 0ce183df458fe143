"""For the fraud analyst, signed in: suspects one by one, many ids at once, one shop's days, campaigns side by side."""

from __future__ import annotations

from typing import Any

from flask import Response

from webapi import schemas
from webapi.auth.access import signed_in_blueprint
from webapi.marts import queries
from webapi.presenters import answers
from webapi.protocol.caching import validate_by_generation
from webapi.protocol.headers import LIST_ENDPOINTS
from webapi.protocol.problems import Unknown
from webapi.routes.lists import page, whole_list

analysis = signed_in_blueprint(
    "analysis", __name__, url_prefix="/api/v1", tag={"name": "Analysis", "description": __doc__}
)
validate_by_generation(analysis)
LIST_ENDPOINTS |= {
    f"analysis.{name}"
    for name in ("ranked_customers", "ranked_shops", "looked_up_customers", "looked_up_shops", "shop_daily")
}


@analysis.get("/campaigns/comparison")
@analysis.input(schemas.ComparisonQuery, location="query", arg_name="query")
@analysis.output(schemas.Comparison)
def comparison(query: schemas.ComparisonQuery, **_: Any) -> dict[str, Any]:
    """Campaigns side by side.

    Totals, and what makes campaigns of different length and size comparable: averages and shares. Money of different currencies
    is not converted.
    """
    return answers.comparison(queries.list_compared(), query.campaigns)


@analysis.get("/campaigns/<campaign_id>/suspects/customers/ranked")
@analysis.input(schemas.CampaignPath, location="path", arg_name="path")
@analysis.input(schemas.RankedSuspectsQuery, location="query", arg_name="query")
@analysis.output(schemas.RankedCustomers)
def ranked_customers(
    path: schemas.CampaignPath, query: schemas.RankedSuspectsQuery, **_: Any
) -> dict[str, Any] | Response:
    """Suspected customers, one entry each.

    Over all their hits, by money at risk or by score. `suspects/customers?rule=…` lists the hits with their evidence.
    """
    sort, filters = _ranking(query, "customers")
    wanted = queries.ranked_customers(sort, **filters, customer_class=query.subject_class)
    name, schema = f"ranked_customers_by_{sort}", schemas.RankedCustomer
    return page(path, query, wanted, name, "suspects", schema, answers.ranked_suspect, "customer_id")


@analysis.get("/campaigns/<campaign_id>/suspects/shops/ranked")
@analysis.input(schemas.CampaignPath, location="path", arg_name="path")
@analysis.input(schemas.RankedSuspectsQuery, location="query", arg_name="query")
@analysis.output(schemas.RankedShops)
def ranked_shops(path: schemas.CampaignPath, query: schemas.RankedSuspectsQuery, **_: Any) -> dict[str, Any] | Response:
    """Suspected shops, one entry each.

    Over all their hits, by money at risk or by score. `suspects/shops?rule=…` lists the hits with their evidence.
    """
    sort, filters = _ranking(query, "shops")
    wanted = queries.ranked_shops(sort, **filters, shop_class=query.subject_class)
    name, schema = f"ranked_shops_by_{sort}", schemas.RankedShop
    return page(path, query, wanted, name, "suspects", schema, answers.ranked_suspect, "shop_id")


@analysis.get("/campaigns/<campaign_id>/customers")
@analysis.input(schemas.CampaignPath, location="path", arg_name="path")
@analysis.input(schemas.IdsQuery, location="query", arg_name="query")
@analysis.output(schemas.LookedUpCustomers)
def looked_up_customers(path: schemas.CampaignPath, query: schemas.IdsQuery, **_: Any) -> dict[str, Any] | Response:
    """Many customers at once.

    Figures, rank, band and score of each; `unknown` lists the ids that have no order in the campaign.
    """
    wanted = queries.looked_up_customers(query.ids)
    return _looked_up(path, query, wanted, "customers", schemas.LookedUpCustomer, "customer_id")


@analysis.get("/campaigns/<campaign_id>/shops")
@analysis.input(schemas.CampaignPath, location="path", arg_name="path")
@analysis.input(schemas.IdsQuery, location="query", arg_name="query")
@analysis.output(schemas.LookedUpShops)
def looked_up_shops(path: schemas.CampaignPath, query: schemas.IdsQuery, **_: Any) -> dict[str, Any] | Response:
    """Many shops at once.

    Figures, rank, band and score of each; `unknown` lists the ids that have no order in the campaign.
    """
    return _looked_up(path, query, queries.looked_up_shops(query.ids), "shops", schemas.LookedUpShop, "shop_id")


@analysis.get("/campaigns/<campaign_id>/shops/<shop_id>/daily")
@analysis.input(schemas.ShopOfCampaignPath, location="path", arg_name="path")
@analysis.input(schemas.FormatQuery, location="query", arg_name="query")
@analysis.output(schemas.ShopDaily)
def shop_daily(path: schemas.ShopOfCampaignPath, query: schemas.FormatQuery, **_: Any) -> dict[str, Any] | Response:
    """Figures of a shop by day.

    Orders, vouchers and money, in order of days; days without orders are not listed.
    """
    wanted = queries.shop_daily(path.shop_id)
    filters = {"shop": path.shop_id}
    answer = whole_list(path, query, wanted, "days", schemas.ShopDay, key="txn_date", filters=filters)
    if isinstance(answer, Response):
        return answer
    if not answer["days"]:
        raise Unknown(f"Shop {path.shop_id} has no orders in campaign {path.campaign_id}.")
    return {**answer, "shop_id": path.shop_id, "shop_owner_uid": answer["days"][0]["shop_owner_uid"]}


@analysis.get("/campaigns/<campaign_id>/orders/<order_id>")
@analysis.input(schemas.OrderPath, location="path", arg_name="path")
@analysis.input(schemas.NoQuery, location="query", arg_name="query")
@analysis.output(schemas.Order)
def order(path: schemas.OrderPath, **_: Any) -> dict[str, Any]:
    """One order.

    When, where and for how much, and which listed hits it is evidence of. 404 for an order that no hit names: only evidence is
    published.
    """
    return answers.order(queries.fetch_order(path.campaign_id, path.order_id), path.campaign_id, path.order_id)


def _ranking(query: schemas.RankedSuspectsQuery, of: str) -> tuple[str, dict[str, Any]]:
    """Return by what to sort, and the filters that both lists share; raises Invalid for a rule that is none of theirs."""
    if query.rule is not None:
        answers.check_rule(query.rule, queries.list_rule_subjects(), of)
    filters = {"rule": query.rule, "day": query.day, "band": query.band, "least_money": query.least_money}
    return query.sort or "money", filters


def _looked_up(
    path: schemas.CampaignPath,
    query: schemas.IdsQuery,
    wanted: queries.CampaignList,
    name: str,
    schema: type[schemas.LookedUpFigures],
    key: str,
) -> dict[str, Any] | Response:
    answer = whole_list(path, query, wanted, name, schema, key=key, shape=answers.looked_up)
    if isinstance(answer, Response):
        return answer
    found = {entry[key] for entry in answer[name]}
    return {**answer, "unknown": [one for one in dict.fromkeys(query.ids) if one not in found]}
