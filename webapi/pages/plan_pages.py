"""For Marcom, signed in: what the next terms promise, and what they would have cost in a campaign that has run."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapi import schemas
from webapi.auth.access import signed_in_blueprint
from webapi.marts import queries
from webapi.pages.shell import keep_policy, page
from webapi.presenters import answers
from webapi.presenters.planned import planned
from webapi.protocol.caching import validate_by_generation

plan_pages = signed_in_blueprint("plan_pages", __name__, url_prefix="/plan", enable_openapi=False)
validate_by_generation(plan_pages)
keep_policy(plan_pages)


@plan_pages.get("")
@plan_pages.input(schemas.NoQuery, location="query", arg_name="query")
def start(**_: Any) -> AnyResponse:
    """Go to the plan on the newest campaign that has orders."""
    campaigns = answers.campaigns(queries.list_campaigns())
    newest = next((one for one in campaigns["campaigns"] if one["total_orders"]), None)
    if newest is None:
        return page("plan_none.html", **campaigns)
    return redirect(url_for("plan_pages.plan", campaign_id=newest["campaign_id"]))


@plan_pages.get("/<campaign_id>")
@plan_pages.input(schemas.CampaignPath, location="path", arg_name="path")
@plan_pages.input(schemas.PlanQuery, location="query", arg_name="query")
def plan(path: schemas.CampaignPath, query: schemas.PlanQuery, **_: Any) -> Response:
    """Show the plan on one campaign."""
    return page("plan.html", **planned(path.campaign_id, query))
