"""The answer about planned terms: what they promise, what they would have cost, and which of their limits the data can verify."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from webapi import schemas
from webapi.marts import queries
from webapi.marts.figure_queries import FIGURES
from webapi.marts.one_generation import read_together
from webapi.plan import Terms, cells, cost
from webapi.presenters import answers

CENT = Decimal("0.01")


def planned(campaign_id: int, query: schemas.PlanQuery) -> dict[str, Any]:
    """Return the plan, on the orders of a campaign; terms that are not given are that campaign's."""
    lists = {name: FIGURES[name] for name in ("price_points", "rebate_rates", "cap_utilisation")}
    reads = {name: partial(queries.list_of_campaign, campaign_id, wanted) for name, wanted in lists.items()}
    found = read_together({"summary": partial(queries.fetch_summary, campaign_id), **reads})
    summary = answers.summary(found["summary"], campaign_id)
    bands = answers.listed(found["price_points"], campaign_id, "band")[1]
    vouchers = answers.listed(found["cap_utilisation"], campaign_id, "vouchers_used")[1]
    now = Terms(*(Decimal(summary["terms"][name]) for name in ("voucher_rate", "voucher_cap")), _limit(summary))
    terms = _terms(now, query)
    estimate, doubt = None, None
    if vouchers and now.rate and now.cap:
        rates = answers.listed(found["rebate_rates"], campaign_id, "rate_percent")[1]
        campaign = cells(bands, rates, Decimal(vouchers[0]["voucher_gmv"]), now)
        estimate, doubt = cost(Decimal(summary["total_rebate"]), campaign, now, terms)
    grain = next((one for one in summary["enforcement"] if one["grain"] == "customer"), None)
    return {
        **{
            name: summary[name]
            for name in ("generation", "as_of", "campaign", "terms", "total_rebate", "vouchers_used")
        },
        "planned": {
            "voucher_rate": terms.rate,
            "voucher_cap": terms.cap,
            "vouchers_per_customer_per_day": terms.limit,
            "smallest_order": terms.minimum,
        },
        "best_basket": _cents(terms.best_basket),
        "worst_customer_day": _cents(terms.worst_day),
        "estimated_rebate": estimate,
        "estimate_may_be_off_by": doubt,
        "limit_is_lower": terms.limit < now.limit,
        "beyond_the_limit": grain["excess_money"] if grain else None,
        "most_vouchers_per_customer_and_day": grain["most_per_day"] if grain else None,
        "guest_orders": summary["guest_orders"],
    }


def _limit(summary: dict[str, Any]) -> int:
    return int(summary["terms"]["vouchers_per_customer_per_day"])


def _terms(now: Terms, query: schemas.PlanQuery) -> Terms:
    rate = now.rate if query.rate is None else query.rate / 100
    cap = now.cap if query.cap is None else query.cap
    return Terms(rate, cap, query.limit or now.limit, query.minimum or Decimal(0))


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(CENT, ROUND_HALF_UP)
