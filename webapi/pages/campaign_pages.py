"""For Marcom, signed in: the list of campaigns, and one campaign in one look. Every number is one that the API gives."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Response, render_template, send_from_directory

from webapi import answers, queries, schemas
from webapi.auth import signed_in_blueprint
from webapi.caching import validate_by_generation
from webapi.pages import charts

# Under /campaigns, so that a browser which has signed in to a page sends its credentials for the style sheet too.
campaign_pages = signed_in_blueprint(
    "campaign_pages", __name__, url_prefix="/campaigns", template_folder="templates", enable_openapi=False
)
validate_by_generation(campaign_pages)

MAY_LOAD = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
GRAINS = {
    "customer": "per customer",
    "customer_shop": "per customer and shop",
    "customer_owner": "per customer and shop owner",
}
MONEY_OF_PACE = ("total_orders", "total_gmv", "total_rebate")
TOP = 10


@campaign_pages.get("")
@campaign_pages.input(schemas.NoQuery, location="query", arg_name="query")
def listing(**_: Any) -> Response:
    """Show all campaigns, newest first."""
    return _page("campaigns.html", **answers.campaigns(queries.list_campaigns()))


@campaign_pages.get("/style.css")
def style() -> Response:
    """Return the style sheet."""
    return send_from_directory(f"{campaign_pages.root_path}/assets", "style.css", max_age=3600)


@campaign_pages.get("/<campaign_id>")
@campaign_pages.input(schemas.CampaignPath, location="path", arg_name="path")
@campaign_pages.input(schemas.NoQuery, location="query", arg_name="query")
def campaign(path: schemas.CampaignPath, **_: Any) -> Response:
    """Show one campaign: totals, days, pace, classes, the best, and whether the voucher limit held."""
    number = path.campaign_id
    summary = answers.summary(queries.fetch_summary(number), number)
    days = _rows(number, queries.daily(), "txn_date")
    hours = _rows(number, queries.hourly(), "txn_hour")
    classes = answers.classes(_rows(number, queries.classes(), "ranked"))
    customers = _rows(number, queries.top_customers(), "customer_id", TOP)
    shops = _rows(number, queries.top_shops("gmv"), "shop_id", TOP)
    return _page(
        "campaign.html",
        **summary,
        days=days,
        day_bars=charts.bars([str(day["txn_date"]) for day in days], [day["total_orders"] for day in days]),
        **_pace(hours),
        classes=classes,
        customers=[answers.top_entry(row, "gmv") for row in customers],
        shops=[answers.top_entry(row, "gmv") for row in shops],
        limit_sentence=limit_sentence(summary["enforcement"]),
    )


def _rows(campaign_id: int, wanted: queries.CampaignList, key: str, limit: int | None = None) -> list[queries.Row]:
    return answers.listed(queries.list_of_campaign(campaign_id, wanted, limit=limit), campaign_id, key)[1]


def _pace(hours: Sequence[queries.Row]) -> dict[str, Any]:
    """Return the hours with their running shares, and a line for orders and one for rebate."""
    if not hours:
        return {"pace": [], "lines": {}}
    first = hours[0]["txn_date"]
    places = [24 * (hour["txn_date"] - first).days + hour["txn_hour"] for hour in hours]
    last = 24 * ((hours[-1]["txn_date"] - first).days + 1) - 1
    shares = {name: charts.running_shares([hour[name] for hour in hours]) for name in MONEY_OF_PACE}
    return {
        "pace": [
            {**hour, **{f"{name}_share": found[place] for name, found in shares.items() if found}}
            for place, hour in enumerate(hours)
        ],
        "lines": {name: charts.line(places, found, last) for name, found in shares.items() if found},
    }


def limit_sentence(enforcement: Sequence[dict[str, Any]]) -> str:
    """Return in one sentence at which grains the platform held the voucher limit of a day."""
    if not enforcement:
        return "No voucher has been used, so nothing says whether the voucher limit was held."
    held = [GRAINS.get(one["grain"], one["grain"]) for one in enforcement if one["held"]]
    broken = [
        f"{GRAINS.get(one['grain'], one['grain'])} (up to {one['most_per_day']} a day)"
        for one in enforcement
        if not one["held"]
    ]
    if not broken:
        return "The daily voucher limit held at every grain."
    if not held:
        return f"The daily voucher limit was exceeded {', '.join(broken)}."
    return f"The daily voucher limit held {', '.join(held)}; it was exceeded {', '.join(broken)}."


def grouped(value: Decimal | float | None) -> str:
    """Return a number in groups of three digits; a fraction only where there is one, a dash for nothing."""
    if value is None:
        return "–"
    exact = Decimal(str(value))
    return f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.2f}"


def percent(share: Decimal | float | None) -> str:
    """Return a share of 0 to 1 as a percentage with one digit after the point; a dash for nothing."""
    return "–" if share is None else f"{100 * Decimal(str(share)):.1f} %"


def _page(template: str, **shown: Any) -> Response:
    written = render_template(template, grouped=grouped, percent=percent, **shown)
    return Response(written, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": MAY_LOAD})
