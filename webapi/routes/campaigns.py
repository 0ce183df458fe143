"""For those who are signed in: what a campaign cost and brought, who leads, who is suspected.

Lists of customers and shops come in pages: give `next_cursor` as `cursor`, with the same filters, until it is null. A list that
takes `format=csv` or `format=xlsx` is a file then: the whole list in one go, or with `limit` its first rows.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response

from webapi import figure_schemas, schemas
from webapi.auth.access import signed_in_blueprint
from webapi.marts import queries
from webapi.marts.figure_queries import FIGURES
from webapi.marts.one_generation import read_together
from webapi.presenters import answers
from webapi.presenters.planned import planned
from webapi.protocol.caching import validate_by_generation
from webapi.protocol.headers import LIST_ENDPOINTS
from webapi.protocol.problems import Invalid
from webapi.routes.lists import page, whole_list

campaigns = signed_in_blueprint(
    "campaigns", __name__, url_prefix="/api/v1", tag={"name": "Campaigns", "description": __doc__}
)
validate_by_generation(campaigns)
LIST_ENDPOINTS |= {
    f"campaigns.{name}" for name in ("daily", "hourly", "top", "rules", "suspected_customers", "suspected_shops")
}


@campaigns.get("/campaigns")
@campaigns.input(schemas.NoQuery, location="query", arg_name="query")
@campaigns.output(schemas.Campaigns)
def all_campaigns(**_: Any) -> dict[str, Any]:
    """All campaigns.

    Newest first, with their terms and how much was ordered.
    """
    return answers.campaigns(queries.list_campaigns())


@campaigns.get("/campaigns/<campaign_id>/summary")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.NoQuery, location="query", arg_name="query")
@campaigns.output(schemas.Summary)
def summary(path: schemas.CampaignPath, **_: Any) -> dict[str, Any]:
    """Summary of a campaign.

    Orders, people, GMV, vouchers and what they cost, suspects, money at risk, and at which grain the voucher limit held.
    """
    return answers.summary(queries.fetch_summary(path.campaign_id), path.campaign_id)


@campaigns.get("/campaigns/<campaign_id>/daily")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.FormatQuery, location="query", arg_name="query")
@campaigns.output(schemas.Daily)
def daily(path: schemas.CampaignPath, query: schemas.FormatQuery, **_: str) -> dict[str, Any] | Response:
    """Figures by day.

    Orders, people and money, in order of days; days without orders are not listed.
    """
    return whole_list(path, query, queries.daily(), "days", schemas.DayFigures, key="txn_date")


@campaigns.get("/campaigns/<campaign_id>/hourly")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.FormatQuery, location="query", arg_name="query")
@campaigns.output(schemas.Hourly)
def hourly(path: schemas.CampaignPath, query: schemas.FormatQuery, **_: str) -> dict[str, Any] | Response:
    """Figures by hour.

    Orders, people and money, in order of hours; hours without orders are not listed.
    """
    return whole_list(path, query, queries.hourly(), "hours", schemas.HourFigures, key="txn_hour")


@campaigns.get("/campaigns/<campaign_id>/figures")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.NoQuery, location="query", arg_name="query")
@campaigns.output(figure_schemas.CampaignFigures)
def figures(path: schemas.CampaignPath, **_: Any) -> dict[str, Any]:
    """Figures to look at.

    Pace by hour, new and returning customers, cap utilisation, concentration, price points and baskets: what the page of the
    campaign draws. There is no control, so nothing here says what the vouchers caused.
    """
    number = path.campaign_id
    reads = {name: partial(queries.list_of_campaign, number, wanted) for name, wanted in FIGURES.items()}
    return answers.figures(read_together(reads), number)


@campaigns.get("/campaigns/<campaign_id>/plan")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.PlanQuery, location="query", arg_name="query")
@campaigns.output(figure_schemas.Plan)
def plan(path: schemas.CampaignPath, query: schemas.PlanQuery, **_: Any) -> dict[str, Any]:
    """Other terms on the same orders.

    What terms promise and what they would have cost in the campaign, if nobody had behaved differently. People do.
    """
    return planned(path.campaign_id, query)


@campaigns.get("/campaigns/<campaign_id>/classes")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.NoQuery, location="query", arg_name="query")
@campaigns.output(schemas.Classes)
def classes(path: schemas.CampaignPath, **_: Any) -> dict[str, Any]:
    """Gold, Silver, Bronze.

    How many customers and shops are in each class, and what they bought and sold.
    """
    rows = queries.list_of_campaign(path.campaign_id, queries.classes())
    answer, found = answers.listed(rows, path.campaign_id, "ranked")
    return {**answer, "classes": answers.classes(found)}


@campaigns.get("/campaigns/<campaign_id>/top")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.TopQuery, location="query", arg_name="query")
@campaigns.output(schemas.Top)
def top(path: schemas.CampaignPath, query: schemas.TopQuery, **_: str) -> dict[str, Any] | Response:
    """Top customers or shops.

    Customers by spending, or shops by order value or by number of orders, best first. `limit=5` gives the top 5,
    `class=Gold&format=csv` a file of all who are Gold.
    """
    if query.subject == "customers" and query.by == "orders":
        raise Invalid("by", "orders goes with subject=shops; customers are ranked by gmv only")
    if query.subject == "customers":
        wanted, schema, key = queries.top_customers(query.rank_class), schemas.TopCustomer, "customer_id"
    else:
        wanted, schema, key = queries.top_shops(query.by, query.rank_class), schemas.TopShop, "shop_id"
    name = f"top_{query.subject}_by_{query.by}"
    return page(path, query, wanted, name, "top", schema, lambda row: answers.top_entry(row, query.by), key)


@campaigns.get("/campaigns/<campaign_id>/rules")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.FormatQuery, location="query", arg_name="query")
@campaigns.output(schemas.Rules)
def rules(path: schemas.CampaignPath, query: schemas.FormatQuery, **_: str) -> dict[str, Any] | Response:
    """Rules and what they hit.

    The active rules: what each proves and does not prove, its hits, and the money at risk.
    """
    return whole_list(path, query, queries.rules(), "rules", schemas.Rule, key="rule_id")


@campaigns.get("/campaigns/<campaign_id>/suspects/customers")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.SuspectsQuery, location="query", arg_name="query")
@campaigns.output(schemas.SuspectedCustomers)
def suspected_customers(
    path: schemas.CampaignPath, query: schemas.SuspectsQuery, **_: str
) -> dict[str, Any] | Response:
    """Suspected customers.

    Every hit of a rule on a customer with its evidence, most money at risk first. Who was hit twice is listed twice: `hits` and
    `subjects` of the first page count the whole list, with the filters given.
    """
    wanted = queries.suspected_customers(**_filters(query, "customers"), customer_class=query.subject_class)
    name, schema = "suspected_customers", schemas.SuspectedCustomer
    return page(path, query, wanted, name, "suspects", schema, answers.suspect, "customer_id")


@campaigns.get("/campaigns/<campaign_id>/suspects/shops")
@campaigns.input(schemas.CampaignPath, location="path", arg_name="path")
@campaigns.input(schemas.SuspectsQuery, location="query", arg_name="query")
@campaigns.output(schemas.SuspectedShops)
def suspected_shops(path: schemas.CampaignPath, query: schemas.SuspectsQuery, **_: str) -> dict[str, Any] | Response:
    """Suspected shops.

    Every hit of a rule on a shop with its evidence, most money at risk first. What was hit twice is listed twice: `hits` and
    `subjects` of the first page count the whole list, with the filters given.
    """
    wanted = queries.suspected_shops(**_filters(query, "shops"), shop_class=query.subject_class)
    return page(path, query, wanted, "suspected_shops", "suspects", schemas.SuspectedShop, answers.suspect, "shop_id")


def _filters(query: schemas.SuspectsQuery, of: str) -> dict[str, Any]:
    if query.rule is not None:
        answers.check_rule(query.rule, queries.list_rule_subjects(), of)
    return {"rule": query.rule, "severity": query.severity, "band": query.band, "day": query.day}
