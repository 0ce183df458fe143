"""A rule is changed in the seed, not in SQL: status, threshold, weight and minimum evidence."""

from __future__ import annotations

import json
import re

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import (
    ROWS_ONLY,
    Order,
    build,
    build_database,
    project_with_seeds,
    read_seed,
    run_dbt,
    store,
)

DAY = "2026-06-10"

ORDERS = [
    # Token amounts on three days, below the threshold of the changed seed and above the one of the project.
    *[Order(10 + n, f"2026-06-1{n} 10:00:00", 1, 100, 4_999) for n in range(3)],
    Order(20, f"{DAY} 10:00:00", 2, 200, 5_000),
    *[Order(30 + n, f"{DAY} 1{n}:00:00", 3, 300, 50_000, 15_000) for n in range(2)],
]


def _changed_rules() -> list[dict[str, str]]:
    rules = {rule["rule_id"]: rule for rule in read_seed("fraud_rule")}
    rules["have_orders_under_1000"] |= {"parameters": '{"below_gmv": 5000}', "weight": "90"}
    rules["order_boosting"] |= {"parameters": '{"below_gmv": 5000}', "status": "shadow"}
    rules["use_more_than_1_voucher_per_day"]["status"] = "retired"
    return list(rules.values())


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build with other rules in the seed, and yield a function that queries what was built."""
    folder = tmp_path_factory.mktemp("project")
    project = project_with_seeds(folder, {"fraud_rule": _changed_rules()})
    store(mysql_settings, [order.as_row() for order in ORDERS])
    build(folder / "target", *ROWS_ONLY, project=project)
    with build_database(mysql_settings) as query:
        yield query


def test_threshold_of_the_seed_decides(built) -> None:
    rows = built("select subject_id, order_count from fraud_signal where rule_id = 'have_orders_under_1000'")
    assert rows == 3 * [{"subject_id": "1", "order_count": 1}]


def test_shadow_rule_is_stored_and_shown_to_nobody(built) -> None:
    rows = built("select subject_id, listed, status, money_at_risk from fraud_signal where rule_id = 'order_boosting'")
    assert rows == 3 * [{"subject_id": "100", "listed": 0, "status": "shadow", "money_at_risk": 0}]
    for table in ("suspected_fraud_shop", "shop_risk"):
        assert built(f"select * from {table}") == []
    assert built("select * from money_at_risk where rule_id = 'order_boosting'") == []


def test_retired_rule_finds_nothing(built) -> None:
    assert built("select * from use_more_than_1_voucher_per_day") == []
    assert built("select * from fraud_signal where subject_id = '3'") == []


def test_single_weak_rule_is_watch_whatever_its_weight(built) -> None:
    # 3 orders reach the minimum evidence and 3 hits of weight 90 the most points; it is one rule, of low severity.
    assert built("select customer_id, score < 50 as is_below_review, band from customer_risk") == [
        {"customer_id": 1, "is_below_review": 1, "band": "watch"}
    ]


def test_models_read_exactly_the_parameters_of_the_seed(mysql_settings: Settings, tmp_path) -> None:
    result = run_dbt("compile", tmp_path)
    assert result.success
    compiled = {each.node.name: each.node.compiled_code for each in result.result.results}
    for rule in read_seed("fraud_rule"):
        read = set(re.findall(r"json_extract\(parameters, '\$\.(\w+)'\)", compiled[rule["rule_id"]]))
        in_seed = set(json.loads(rule["parameters"]))
        assert read == in_seed, f"{rule['rule_id']}: the model reads {read}, the seed has {in_seed}"
