"""The checks before publishing, as the operator words them: they hold of a sound build, and each notices what it is for."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator
from airflow.sdk.exceptions import AirflowException

from campaign.publishing.audit import COLUMN_CHECKS, TABLE_CHECKS
from campaign.settings import Settings
from tests.integration.marts_harness import ROWS_ONLY, Order, built_from

ORDERS = [
    *[Order(10 + n, f"2026-06-10 1{n}:00:00", 1, 10 + n, 60_000 + n, 18_000) for n in range(3)],
    *[Order(20 + n, f"2026-06-11 1{n}:00:00", 2, 20, 900 + n, 270) for n in range(6)],
]

# Table and check -> what makes it fail.
BREAKS = {
    ("campaign_pace", "rebate_equals_that_of_the_days"): "update campaign_pace set total_rebate = 1 limit 1",
    ("cap_utilisation", "gmv_equals_that_of_the_days"): "update cap_utilisation set total_gmv = 1 limit 1",
    (
        "price_points",
        "orders_equal_those_of_the_days",
    ): "update price_points set total_orders = total_orders + 1 limit 1",
    ("basket", "rebate_equals_that_of_the_days"): "update basket set total_rebate = total_rebate + 1 limit 1",
    ("rebate_rate", "vouchers_equal_those_of_the_days"): "delete from rebate_rate limit 1",
    ("customer_activity", "customers_equal_those_of_the_days"): "delete from customer_activity limit 1",
    (
        "concentration",
        "gmv_of_the_shops_equals_that_of_the_days",
    ): "delete from concentration where ranked = 'shops' limit 1",
    ("fraud_signal", "every_signal_says_why"): "update fraud_signal set reason = '' limit 1",
    ("fraud_signal", "every_signal_has_orders"): "update fraud_signal set order_count = 0 limit 1",
    ("fraud_signal", "every_signal_lies_in_its_campaign"): "update fraud_signal set txn_date = '2026-07-01' limit 1",
    ("fraud_signal", "orders_of_the_signals_are_in_the_evidence"): "delete from int_fraud_evidence limit 1",
    ("int_fraud_evidence", "every_order_is_a_raw_row"): "update int_fraud_evidence set order_id = 77777 limit 1",
    ("evidence_order", "orders_are_those_of_the_listed_signals"): "delete from evidence_order limit 1",
    ("evidence_order", "every_order_is_a_raw_row"): "update evidence_order set gmv = gmv + 1 limit 1",
    ("campaign_summary", "money_at_risk_equals_the_sum_of_its_parts"): (
        "update campaign_summary set money_at_risk = money_at_risk + 1 limit 1"
    ),
    ("campaign_summary", "money_watched_equals_the_sum_of_its_parts"): (
        "update money_at_risk set money_watched = money_watched + 1 limit 1"
    ),
    ("customer_risk", "every_suspect_has_a_band"): "delete from customer_risk limit 1",
    ("customer_risk", "money_of_customers_and_shops_is_that_of_the_campaigns"): (
        "update shop_risk set money_at_risk = money_at_risk + 1 limit 1"
    ),
    ("suspected_fraud_shop", "every_suspect_has_a_band"): "delete from shop_risk limit 1",
    ("suspected_fraud_shop", "every_suspect_is_ranked"): "update suspected_fraud_shop set shop_id = 77777 limit 1",
    ("suspected_fraud_customers", "every_suspect_is_ranked"): (
        "update suspected_fraud_customers set customer_id = 77777 limit 1"
    ),
    (
        "suspected_fraud_customers",
        "every_hit_has_orders",
    ): "update suspected_fraud_customers set order_count = 0 limit 1",
    ("suspected_fraud_shop", "no_money_is_negative"): "update suspected_fraud_shop set money_at_risk = -1 limit 1",
}


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above and yield a function that queries what was built."""
    with built_from(mysql_settings, ORDERS, tmp_path_factory.mktemp("dbt"), *ROWS_ONLY) as query:
        yield query


def _holds(query, table: str, check: str) -> bool:
    statement = TABLE_CHECKS[table][check]
    (row,) = query(
        f"select min(holds) as holds from (select case when {statement} then 1 else 0 end as holds from {table}) as c"
    )
    return bool(row["holds"])


@pytest.mark.parametrize(
    ("table", "check"), [(table, check) for table, checks in TABLE_CHECKS.items() for check in checks]
)
def test_check_holds_of_a_sound_build(built, table: str, check: str) -> None:
    assert _holds(built, table, check)


@pytest.mark.parametrize(("table", "check"), BREAKS)
def test_check_notices_what_it_is_for(built, table: str, check: str) -> None:
    built("set autocommit = 0")
    try:
        built(BREAKS[table, check])
        assert not _holds(built, table, check)
    finally:
        built("rollback")
        built("set autocommit = 1")


@pytest.mark.parametrize("column", ["reason", "evidence", "order_count", "money_at_risk"])
@pytest.mark.parametrize("table", COLUMN_CHECKS)
def test_column_check_notices_a_null_whichever_column_has_it(built, table: str, column: str) -> None:
    columns = copy.deepcopy(COLUMN_CHECKS[table])
    operator = SQLColumnCheckOperator(task_id="check", table=table, column_mapping=columns, retry_on_failure=False)
    operator.get_db_hook = lambda: SimpleNamespace(get_records=lambda sql: [tuple(row.values()) for row in built(sql)])
    operator.execute({})
    (definition,) = built(f"show columns from {table} like '{column}'")
    built(f"alter table {table} modify {column} {definition['Type']} null")
    built("set autocommit = 0")
    try:
        built(f"update {table} set {column} = null limit 1")
        with pytest.raises(AirflowException, match=f"Column: {column}"):
            operator.execute({})
    finally:
        built("rollback")
        built("set autocommit = 1")
