"""For Marcom, signed in: the list of campaigns, and one campaign in one look. Every number is one that the API gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Response

from webapi import schemas
from webapi.auth.access import signed_in_blueprint
from webapi.marts import queries
from webapi.marts.figure_queries import FIGURES
from webapi.marts.one_generation import read_together
from webapi.pages import campaign_charts
from webapi.pages.shell import keep_policy, page
from webapi.presenters import answers
from webapi.protocol.caching import validate_by_generation

campaign_pages = signed_in_blueprint(
    "campaign_pages", __name__, url_prefix="/campaigns", template_folder="templates", enable_openapi=False
)
validate_by_generation(campaign_pages)
keep_policy(campaign_pages)

TOP = 10


@campaign_pages.get("")
@campaign_pages.input(schemas.NoQuery, location="query", arg_name="query")
def listing(**_: Any) -> Response:
    """Show all campaigns, newest first."""
    return page("campaigns.html", **answers.comparison(queries.list_compared(), None))


@campaign_pages.get("/<campaign_id>")
@campaign_pages.input(schemas.CampaignPath, location="path", arg_name="path")
@campaign_pages.input(schemas.WithQuery, location="query", arg_name="query")
def campaign(path: schemas.CampaignPath, query: schemas.WithQuery, **_: Any) -> Response:
    """Show one campaign, with the pace of another where ``with`` names one."""
    number, other = path.campaign_id, query.with_campaign
    found = read_together(_reads(number, other))
    figures = answers.figures({name: found[name] for name in FIGURES}, number)
    compared = answers.comparison(found["comparison"], None)["campaigns"]
    other_pace = answers.listed(found["other_pace"], other, "txn_hour")[1] if other is not None else []
    days = answers.listed(found["daily"], number, "txn_date")[1]
    return page(
        "campaign.html",
        **answers.summary(found["summary"], number),
        **{name: figures[name] for name in FIGURES},
        days=days,
        classes=answers.classes(answers.listed(found["classes"], number, "ranked")[1]),
        customers=_top(found["customers"], number, "customer_id"),
        shops=_top(found["shops"], number, "shop_id"),
        rules=_heaviest_first(answers.listed(found["rules"], number, "rule_id")[1]),
        this=next(one for one in compared if one["campaign_id"] == number),
        before=_before(compared, number),
        others=[one for one in compared if one["campaign_id"] != number and one["total_orders"]],
        other=next((one for one in compared if one["campaign_id"] == other), None),
        charts=campaign_charts.drawn(days, figures, other_pace),
    )


def _reads(number: int, other: int | None) -> dict[str, Any]:
    lists = {
        **FIGURES,
        "daily": queries.daily(),
        "classes": queries.classes(),
        "rules": queries.rules(),
    }
    reads = {name: partial(queries.list_of_campaign, number, wanted) for name, wanted in lists.items()}
    best = {"customers": queries.top_customers(), "shops": queries.top_shops("gmv")}
    reads |= {name: partial(queries.list_of_campaign, number, wanted, limit=TOP) for name, wanted in best.items()}
    if other is not None:
        reads["other_pace"] = partial(queries.list_of_campaign, other, FIGURES["pace"])
    return {"summary": partial(queries.fetch_summary, number), "comparison": queries.list_compared, **reads}


def _heaviest_first(rules: Sequence[queries.Row]) -> list[queries.Row]:
    return sorted(rules, key=lambda rule: (rule["money_at_risk_counted_once"] or 0, rule["hits"] or 0), reverse=True)


def _top(rows: Sequence[queries.Row], number: int, key: str) -> list[dict[str, Any]]:
    return [answers.top_entry(row, "gmv") for row in answers.listed(rows, number, key)[1]]


def _before(compared: Sequence[dict[str, Any]], number: int) -> dict[str, Any] | None:
    """Return the campaign before this one that has orders in the same currency, or None; ``compared`` is newest first."""
    place = next(place for place, one in enumerate(compared) if one["campaign_id"] == number)
    currency = compared[place]["currency"]
    return next((one for one in compared[place + 1 :] if one["total_orders"] and one["currency"] == currency), None)
