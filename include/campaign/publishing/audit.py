"""What must hold of the built marts before they are published, as data for Airflow's SQL check operators.

dbt's tests look at each model by itself when it is built; these look at the set as it lies in ``campaign_build`` right
before the swap. All are aggregates, so that an empty table passes or fails by the rule and not by being empty: a bound is a
count of the rows beyond it, because the smallest value of no rows is NULL, which the operators read as 0.
"""

from __future__ import annotations

from campaign.settings import get_settings

_RAW = get_settings().raw_database
_OF_A_HIT = ("txn_date", "fraud_note", "reason", "evidence", "order_count", "money_at_risk")


def _never_null(*columns: str) -> dict[str, dict]:
    # A dictionary for each: the operator notes a check's result in it.
    return {column: {"null_check": {"equal_to": 0}} for column in columns}


# Table -> column -> check, as SQLColumnCheckOperator takes it.
COLUMN_CHECKS: dict[str, dict[str, dict]] = {
    "suspected_fraud_customers": _never_null("customer_id", *_OF_A_HIT),
    "suspected_fraud_shop": _never_null("shop_id", *_OF_A_HIT),
}


def _equals(column: str, other_column: str, other_table: str) -> str:
    return f"coalesce(sum({column}), 0) = (select coalesce(sum({other_column}), 0) from {other_table})"


def _none_where(condition: str) -> str:
    return f"coalesce(sum(case when {condition} then 1 else 0 end), 0) = 0"


def _all_found_in(table: str, subject: str, ranks: str) -> str:
    return (
        f"count(*) = (select count(*) from {table} as s join {ranks} as r"
        f" on r.campaign_id = s.campaign_id and r.{subject} = s.{subject})"
    )


_HITS_IN_BOUNDS = {
    "every_hit_has_orders": _none_where("order_count < 1"),
    "no_money_is_negative": _none_where("money_at_risk < 0"),
}

# Table -> the assertion's name -> SQL that must be true.
TABLE_CHECKS: dict[str, dict[str, str]] = {
    "campaign_summary": {
        "orders_equal_those_of_the_customers": _equals(
            "total_orders - guest_orders", "total_orders", "customer_pending_rank"
        ),
        "orders_equal_those_of_the_shops": _equals("total_orders", "total_orders", "shop_selling_rank"),
        "gmv_equals_what_customers_spent": _equals("total_gmv - guest_gmv", "total_spending", "customer_pending_rank"),
        "rebate_equals_that_of_the_shop_days": _equals("total_rebate", "total_rebate", "sale_analysis_by_shop_daily"),
        "vouchers_equal_those_of_the_days": _equals("vouchers_used", "vouchers_used", "campaign_daily"),
        "money_at_risk_equals_the_sum_of_its_parts": _equals(
            "money_at_risk", "money_at_risk_counted_once", "money_at_risk"
        ),
        "money_watched_equals_the_sum_of_its_parts": _equals("money_watched", "money_watched", "money_at_risk"),
    },
    "campaign_pace": {"rebate_equals_that_of_the_days": _equals("total_rebate", "total_rebate", "campaign_daily")},
    "cap_utilisation": {"gmv_equals_that_of_the_days": _equals("total_gmv", "total_gmv", "campaign_daily")},
    "price_points": {"orders_equal_those_of_the_days": _equals("total_orders", "total_orders", "campaign_daily")},
    "basket": {"rebate_equals_that_of_the_days": _equals("total_rebate", "total_rebate", "campaign_daily")},
    "rebate_rate": {"vouchers_equal_those_of_the_days": _equals("vouchers_used", "vouchers_used", "campaign_daily")},
    "customer_activity": {
        "customers_equal_those_of_the_days": _equals("total_customers", "total_customers", "campaign_daily")
    },
    "concentration": {
        "gmv_of_the_shops_equals_that_of_the_days": _equals(
            "case when ranked = 'shops' then total_gmv else 0 end", "total_gmv", "campaign_daily"
        )
    },
    "fraud_signal": {
        "every_signal_says_why": _none_where("reason = ''"),
        "every_signal_has_orders": _none_where("order_count < 1"),
        "every_signal_lies_in_its_campaign": (
            "count(*) = (select count(*) from fraud_signal as s join campaign as c on c.campaign_id = s.campaign_id"
            " and s.txn_date between c.starts_on and c.ends_on)"
        ),
        "orders_of_the_signals_are_in_the_evidence": (
            "coalesce(sum(order_count), 0) = (select count(*) from int_fraud_evidence)"
        ),
    },
    "int_fraud_evidence": {
        "every_order_is_a_raw_row": (
            "count(*) = (select count(*) from int_fraud_evidence as e"
            f" join {_RAW}.transaction_data as t on t.order_id = e.order_id and t.rebate = e.rebate)"
        ),
    },
    "evidence_order": {
        "orders_are_those_of_the_listed_signals": (
            "count(*) = (select coalesce(sum(order_count), 0) from fraud_signal where listed = 1)"
        ),
        "every_order_is_a_raw_row": (
            "count(*) = (select count(*) from evidence_order as e"
            f" join {_RAW}.transaction_data as t on t.order_id = e.order_id and t.gmv = e.gmv and t.rebate = e.rebate)"
        ),
    },
    "customer_risk": {
        "every_suspect_has_a_band": (
            "count(*) = (select count(distinct campaign_id, customer_id) from suspected_fraud_customers)"
        ),
        "money_of_customers_and_shops_is_that_of_the_campaigns": (
            "coalesce(sum(money_at_risk), 0) + (select coalesce(sum(money_at_risk), 0) from shop_risk)"
            " = (select coalesce(sum(money_at_risk), 0) from campaign_summary)"
        ),
    },
    "suspected_fraud_customers": _HITS_IN_BOUNDS
    | {"every_suspect_is_ranked": _all_found_in("suspected_fraud_customers", "customer_id", "customer_pending_rank")},
    "suspected_fraud_shop": _HITS_IN_BOUNDS
    | {
        "every_suspect_is_ranked": _all_found_in("suspected_fraud_shop", "shop_id", "shop_selling_rank"),
        "every_suspect_has_a_band": ("count(distinct campaign_id, shop_id) = (select count(*) from shop_risk)"),
    },
}
