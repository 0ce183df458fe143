"""From the rows of one statement to one answer. Pure: no database, no request.

Rows without the thing asked for come back from the queries with NULLs in its columns; here that becomes ``Unknown`` (404).
Rows of a lookup come in any order, the others in theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from webapi.marts.database import Row
from webapi.marts.figure_queries import FIGURES
from webapi.protocol.problems import Invalid, Unknown

CAMPAIGN_COLUMNS = ("campaign_id", "starts_on", "ends_on", "time_zone", "currency")
TERMS_COLUMNS = ("voucher_rate", "voucher_cap", "vouchers_per_customer_per_day")
TOTALS = ("total_orders", "total_customers", "total_shops", "total_gmv", "vouchers_used", "total_rebate")
RISK_TOTALS = ("suspects", "watched", "money_at_risk", "money_watched")
ENFORCEMENT = ("grain", "voucher_limit", "most_per_day", "breaches", "excess_money", "held")
CLASS_NAMES = ("Gold", "Silver", "Bronze")
OWN_SUBJECTS = ("customer", "shop")
GUEST = 0  # the uid that platforms export for buyers without an account
ALONE = (*OWN_SUBJECTS, "order")  # what a hit of any other type counts is the whole pair's, ring's or group's


def published(row: Row) -> dict[str, Any]:
    """Return what every answer carries."""
    return {"generation": row["generation"], "as_of": row["published_at"]}


def campaign(row: Row) -> dict[str, Any]:
    """Return the campaign of a row."""
    return {"name": row["campaign_name"], **{column: row[column] for column in CAMPAIGN_COLUMNS}}


def customer(rows: Sequence[Row], customer_id: int, campaign_id: int | None, contact: str) -> dict[str, Any]:
    """Return the customer in the campaign asked for, or in the newest one."""
    if customer_id == GUEST:
        raise Unknown("Uid 0 stands for guests, who are not one customer. Shops and campaigns count their orders.")
    chosen, campaigns = _in_campaign(rows, f"Customer {customer_id}", "orders", campaign_id)
    first = chosen[0]
    return {
        **published(first),
        **campaigns,
        **_copied(
            first, "customer_id total_spending total_orders vouchers_used total_rebate spending_rank customer_class"
        ),
        "of": first["spending_ranks"],
        **_suspicion(chosen),
        "how_to_contest": how_to_contest(contact, f"customer {customer_id}", first),
    }


def shop(rows: Sequence[Row], shop_id: int, campaign_id: int | None, contact: str) -> dict[str, Any]:
    """Return the shop in the campaign asked for, or in the newest one; its order ids are for whoever may see its orders."""
    chosen, campaigns = _in_campaign(rows, f"Shop {shop_id}", "orders", campaign_id)
    first = chosen[0]
    return {
        **published(first),
        **campaigns,
        **_shop_figures(first),
        "shop_owner_uid": first["shop_owner_uid"],
        "orders_rank_of": first["orders_ranks"],
        **_suspicion(chosen),
        "how_to_contest": how_to_contest(contact, f"shop {shop_id}", first),
    }


def shops_of_owner(rows: Sequence[Row], shop_owner_uid: int, campaign_id: int | None, contact: str) -> dict[str, Any]:
    """Return the owner's shops in the campaign asked for, or in the newest one."""
    chosen, campaigns = _in_campaign(rows, f"Shop owner {shop_owner_uid}", "shop with orders", campaign_id)
    shops = [
        {
            **_shop_figures(row),
            **_copied(row, "band first_order_time last_order_time"),
            "suspected": row["band"] is not None,  # the audit holds that every suspect has a band, and nobody else
        }
        for row in sorted(chosen, key=lambda row: (row["gmv_rank"], row["shop_id"]))
    ]
    return {
        **published(chosen[0]),
        **campaigns,
        "shop_owner_uid": shop_owner_uid,
        "shops": shops,
        "how_to_contest": how_to_contest(contact, f"shop owner {shop_owner_uid}", chosen[0]),
    }


def how_to_contest(contact: str, subject: str, row: Row) -> str:
    """Return the sentence that tells a person what to do when they think this is wrong; ``contact`` may be empty."""
    whom = f"write to {contact}" if contact else "tell whoever runs the campaign (no address is set here)"
    return (
        f"If you think this is wrong, {whom} and quote {subject}, campaign {row['campaign_id']},"
        f" generation {row['generation']}; a person will look at the orders."
    )


def campaigns(rows: Sequence[Row]) -> dict[str, Any]:
    """Return all campaigns."""
    entries = [
        {**campaign(row), **{column: row[column] for column in TERMS_COLUMNS}, **_copied(row, "total_orders total_gmv")}
        for row in rows
        if row["campaign_id"] is not None
    ]
    return {**published(rows[0]), "campaigns": entries}


def summary(rows: Sequence[Row], campaign_id: int) -> dict[str, Any]:
    """Return the campaign's totals; zeros where it has no orders yet."""
    first = known_campaign(rows, campaign_id)
    totals = {column: first[column] or 0 for column in ("guest_orders", *TOTALS, *RISK_TOTALS)}
    orders = totals["total_orders"]
    return {
        **published(first),
        "campaign": campaign(first),
        "terms": {column: first[column] for column in TERMS_COLUMNS},
        **totals,
        "average_order": _divided(totals["total_gmv"], orders, "0.01"),
        "share_with_voucher": _divided(totals["vouchers_used"], orders, "0.0001"),
        "enforcement": [{column: row[column] for column in ENFORCEMENT} for row in rows if row["grain"] is not None],
    }


def known_campaign(rows: Sequence[Row], campaign_id: int) -> Row:
    """Return the first row; raises Unknown where there is no such campaign."""
    if rows[0]["campaign_id"] is None:
        raise Unknown(f"There is no campaign {campaign_id}; /api/v1/campaigns lists them.")
    return rows[0]


def listed(rows: Sequence[Row], campaign_id: int, key: str) -> tuple[dict[str, Any], list[Row]]:
    """Return what every list answer carries, and the list's own rows (``key`` is a column that each of them fills)."""
    first = known_campaign(rows, campaign_id)
    return {**published(first), "campaign": campaign(first)}, [row for row in rows if row[key] is not None]


def figures(found: Mapping[str, Sequence[Row]], campaign_id: int) -> dict[str, Any]:
    """Return lists of figures by name (``found``, all of one generation); each is empty where there is nothing to count."""
    lists = {name: listed(rows, campaign_id, FIGURES[name].order[0].name) for name, rows in found.items()}
    common = next(iter(lists.values()))[0]
    return {**common, **{name: rows for name, (_, rows) in lists.items()}}


def classes(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return all three classes of customers and of shops, Gold first, zeros where nobody is in one."""
    found = {(row["ranked"], row["class"]): row for row in rows}
    nobody = {"members": 0, "total_orders": 0, "total_gmv": 0}
    return [
        {
            "ranked": ranked,
            "class": name,
            **_copied(found.get((ranked, name), nobody), "members total_orders total_gmv"),
        }
        for ranked in ("customers", "shops")
        for name in CLASS_NAMES
    ]


def rules_of_lists(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Return the active rules about customers and those about shops."""
    return {
        "customers": [row["rule_id"] for row in rows if row["subject"] not in ("shop", "campaign")],
        "shops": [row["rule_id"] for row in rows if row["subject"] in ("shop", "customer or shop")],
    }


def check_rule(rule: str, rows: Sequence[Row], of: str) -> None:
    """Raise Invalid where this is none of the active rules (``rows``) about customers, or shops, whichever ``of`` says."""
    rules = rules_of_lists(rows)
    if rule not in rules[of]:
        elsewhere = "".join(f" (its hits are in suspects/{kind})" for kind, known in rules.items() if rule in known)
        raise Invalid("rule", f"is no rule about {of}{elsewhere}; those are: {', '.join(rules[of])}")


def top_entry(row: Row, by: str) -> dict[str, Any]:
    """Return a top customer or shop in the form both share."""
    common = _copied(row, "total_orders vouchers_used total_rebate band")
    if "customer_id" in row:
        own = {"customer_id": row["customer_id"], "rank": row["spending_rank"], "total_gmv": row["total_spending"]}
        return {**own, "class": row["customer_class"], **common}
    own = _copied(row, "shop_id shop_owner_uid total_gmv") | {"rank": row[f"{by}_rank"]}
    return {**own, "class": row["shop_class"], **common}


def suspect(row: Row) -> dict[str, Any]:
    """Return a hit with all its evidence, for those who are signed in."""
    evidence = _evidence(row)
    ids = "customer_id subject_type subject_id" if "customer_id" in row else "shop_id shop_owner_uid"
    return {
        **_copied(row, ids),
        **_hit(row),
        "order_ids": evidence.get("order_ids", []),
        "members": evidence.get("members", []),
        **_copied(row, "band score subject_money_at_risk subject_money_watched"),
        "class": row.get("customer_class") or row.get("shop_class"),
    }


def ranked_suspect(row: Row) -> dict[str, Any]:
    """Return a suspected customer or shop, over all hits."""
    ids = "customer_id" if "customer_id" in row else "shop_id shop_owner_uid"
    return {
        **_copied(row, f"{ids} band score orders money_at_risk money_watched class"),
        **_copied(row, "total_gmv total_orders vouchers_used total_rebate"),
        "rank": row["place"],
        "rules": row["rule_ids"].split(",") if row["rule_ids"] else [],
    }


def looked_up(row: Row) -> dict[str, Any]:
    """Return a customer or shop of a list of ids."""
    ids = "customer_id" if "customer_id" in row else "shop_id shop_owner_uid"
    figures = "class total_gmv total_orders vouchers_used total_rebate band score money_at_risk"
    return {**_copied(row, f"{ids} {figures}"), "rank": row["place"], "suspected": row["band"] is not None}


def order(rows: Sequence[Row], campaign_id: int, order_id: int) -> dict[str, Any]:
    """Return an order and the hits that it is evidence of."""
    first = known_campaign(rows, campaign_id)
    if first["order_id"] is None:
        raise Unknown(
            f"Order {order_id} is evidence of no listed hit in campaign {campaign_id}. Only such orders are published."
        )
    return {
        **published(first),
        "campaign": campaign(first),
        **_copied(first, "order_id order_time shop_id shop_owner_uid customer_id gmv rebate"),
        "hits": [
            {
                **_copied(row, "title severity does_not_prove txn_date subject_type subject_id"),
                "rule": row["rule_id"],
                "sentence": row["reason"],
                "orders": row["order_count"],
                "amount": row["money_at_risk"],
            }
            for row in rows
        ],
    }


def comparison(rows: Sequence[Row], campaign_ids: Sequence[int] | None) -> dict[str, Any]:
    """Return the campaigns asked for, or all, side by side; raises Unknown where there is no such campaign."""
    known = {row["campaign_id"]: row for row in rows if row["campaign_id"] is not None}
    for campaign_id in campaign_ids or ():
        if campaign_id not in known:
            raise Unknown(f"There is no campaign {campaign_id}; /api/v1/campaigns lists them.")
    wanted = [row for number, row in known.items() if campaign_ids is None or number in campaign_ids]
    return {**published(rows[0]), "campaigns": [_compared(row) for row in wanted]}


def _compared(row: Row) -> dict[str, Any]:
    totals = {column: row[column] or 0 for column in (*TOTALS, "suspects", "money_at_risk")}
    orders, gmv, vouchers, rebate = (
        totals[name] for name in ("total_orders", "total_gmv", "vouchers_used", "total_rebate")
    )
    days = (row["ends_on"] - row["starts_on"]).days + 1
    return {
        **campaign(row),
        **_copied(row, " ".join(TERMS_COLUMNS)),
        **totals,
        "days": days,
        "gmv_per_day": _divided(gmv, days, "0.01"),
        "orders_per_day": _divided(orders, days, "0.01"),
        "average_order": _divided(gmv, orders, "0.01"),
        "orders_per_customer": _divided(orders, totals["total_customers"], "0.01"),
        "share_with_voucher": _divided(vouchers, orders, "0.0001"),
        "rebate_per_voucher": _divided(rebate, vouchers, "0.01"),
        "rebate_share": _divided(rebate, gmv, "0.0001"),
        "share_at_risk": _divided(totals["money_at_risk"], rebate, "0.0001"),
    }


def _in_campaign(rows: Sequence[Row], who: str, what: str, campaign_id: int | None) -> tuple[list[Row], dict[str, Any]]:
    """Return the rows of one campaign, and that campaign with all others, newest first."""
    known = [row for row in rows if row["campaign_id"] is not None]
    by_campaign: dict[int, list[Row]] = {}
    for row in sorted(known, key=lambda row: (row["starts_on"], row["campaign_id"]), reverse=True):
        by_campaign.setdefault(row["campaign_id"], []).append(row)
    if not by_campaign:
        raise Unknown(f"{who} has no {what} in any campaign.")
    if campaign_id is not None and campaign_id not in by_campaign:
        others = ", ".join(map(str, by_campaign))
        raise Unknown(f"{who} has no {what} in campaign {campaign_id}, but in: {others}.")
    chosen = by_campaign[campaign_id] if campaign_id is not None else next(iter(by_campaign.values()))
    everywhere = [campaign(found[0]) for found in by_campaign.values()]
    return chosen, {"campaign": campaign(chosen[0]), "campaigns": everywhere}


def _suspicion(rows: Sequence[Row]) -> dict[str, Any]:
    hits = [row for row in rows if row["fraud_note"] is not None]
    hits.sort(key=lambda row: (row["txn_date"], row["fraud_note"], row["subject_id"]))
    reasons = [{**_hit(row), "order_ids": _own_order_ids(row)} for row in hits]
    return {"suspected": bool(reasons), "band": rows[0]["band"], "reasons": reasons}


def _own_order_ids(row: Row) -> list[int]:
    """Return the evidence orders that are surely the subject's own.

    Those of a pair, ring or group may be somebody else's: they are shown only where the evidence was cut to this member, which
    says so by counting the member's own orders.
    """
    evidence = _evidence(row)
    order_ids = evidence.get("order_ids", [])
    own = row["subject_type"] in OWN_SUBJECTS or len(order_ids) <= evidence.get("numbers", {}).get("own_orders", -1)
    return order_ids if own else []


def _hit(row: Row) -> dict[str, Any]:
    return {
        "rule": row["fraud_note"],
        "title": row["title"] or row["fraud_note"],
        "sentence": row["reason"],
        "does_not_prove": row["does_not_prove"],
        "txn_date": row["txn_date"],
        "severity": row["severity"],
        "orders": row["order_count"],
        "amount": row["money_at_risk"],
        "amount_is_of": "subject" if row.get("subject_type", "shop") in ALONE else "group",
    }


def _shop_figures(row: Row) -> dict[str, Any]:
    names = "shop_id total_gmv total_orders vouchers_used total_rebate gmv_rank orders_rank shop_class"
    return {**_copied(row, names), "of": row["gmv_ranks"]}


def _evidence(row: Row) -> dict[str, Any]:
    return json.loads(row["evidence"]) if row["evidence"] else {}


def _copied(row: Row, names: str) -> dict[str, Any]:
    return {name: row[name] for name in names.split()}


def _divided(amount: Any, parts: int, unit: str) -> Decimal | None:
    return (Decimal(amount) / parts).quantize(Decimal(unit), ROUND_HALF_UP) if parts else None
