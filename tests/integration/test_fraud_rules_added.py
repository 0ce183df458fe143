"""A rule is added as dbt/README.md says: a row in the seed, a model, its line among the hits; the rest follows by itself.

One is the README's own, word for word. The other is about a group, whose members are listed each, with their own orders.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import (
    DBT_PROJECT,
    Order,
    build,
    build_database,
    project_with_seeds,
    read_seed,
    store,
)

DAY = "2026-06-10"

GROUP_RULE = """
with

evidence as (
    select
        orders.campaign_id,
        orders.txn_date,
        orders.shop_id,
        orders.customer_id,
        orders.order_id,
        orders.rebate as money,
        min(orders.customer_id) over (partition by orders.campaign_id, orders.txn_date, orders.shop_id) as first_customer,
        row_number() over (
            partition by orders.campaign_id, orders.txn_date, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_campaign_order') }} as orders
),

hits as (
    select
        campaign_id,
        '{{ this.name }}' as rule_id,
        'customer_group' as subject_type,
        {{ as_text('first_customer') }} as subject_id,
        txn_date,
        {{ ordered_list(as_text('customer_id'), 'customer_id') }} as uids,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, first_customer, txn_date, shop_id
    having count(*) >= 3
)

select
    {{ hit_columns(reason="'They met.'", numbers={'orders': 'order_count'}, members='uids') }}
from hits
"""

ORDERS = [
    Order(10, f"{DAY} 12:00:00", 1, 10, 50_000, 15_000),
    Order(11, f"{DAY} 12:59:59", 1, 11, 50_000, 12_000),
    Order(20, f"{DAY} 11:59:59", 2, 20, 50_000, 10_000),
    Order(21, f"{DAY} 13:00:00", 3, 20, 50_000, 11_000),
    Order(22, f"{DAY} 14:00:00", 4, 20, 50_000, 0),
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Add both rules to a copy of the project, build it, and yield a function that queries what was built."""
    folder = tmp_path_factory.mktemp("project")
    rules = read_seed("fraud_rule")
    like = next(rule for rule in rules if rule["rule_id"] == "have_orders_under_1000")
    noon = like | {"rule_id": "pays_at_noon", "parameters": '{"hour": 12}'}
    group = like | {"rule_id": "group_at_a_shop", "subject": "customer_group", "severity": "high", "weight": 70}
    project = project_with_seeds(folder, {"fraud_rule": [*rules, noon, group]})
    _add_model(project, "pays_at_noon", _model_in_readme())
    _add_model(project, "group_at_a_shop", GROUP_RULE)
    store(mysql_settings, [order.as_row() for order in ORDERS])
    build(folder / "target", project=project)
    with build_database(mysql_settings) as query:
        yield query


def _model_in_readme() -> str:
    (model,) = re.findall(
        r"^   ```sql\n(.*?)^   ```$", (DBT_PROJECT / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return textwrap.dedent(model)


def _add_model(project: Path, rule_id: str, sql: str) -> None:
    (project / "models" / "fraud" / "rules" / f"{rule_id}.sql").write_text(sql)
    hits = project / "models" / "fraud" / "intermediate" / "int_fraud_hit.sql"
    hits.write_text(hits.read_text().replace("rules = [", f"rules = [\n    ref('{rule_id}'),"))


def test_rule_of_the_readme_finds_what_it_says(built) -> None:
    rows = built(
        "select customer_id, order_count, money_at_risk, reason from suspected_fraud_customers where fraud_note = 'pays_at_noon'"
    )
    assert rows == [
        {"customer_id": 1, "order_count": 2, "money_at_risk": 27_000, "reason": f"2 orders at noon on {DAY}."}
    ]


def test_every_member_of_a_group_is_listed_with_the_numbers_of_all_and_their_own_orders(built) -> None:
    rows = built(
        "select customer_id, subject_type, subject_id, order_count, money_at_risk, reason, evidence"
        " from suspected_fraud_customers where fraud_note = 'group_at_a_shop' order by customer_id"
    )
    assert [row["customer_id"] for row in rows] == [2, 3, 4]
    for row, own_order, own_rebate in zip(rows, (20, 21, 22), (10_000, 11_000, 0), strict=True):
        assert (row["subject_type"], row["subject_id"]) == ("customer_group", "2")
        assert (row["order_count"], row["money_at_risk"]) == (3, 21_000)
        evidence = json.loads(row["evidence"])
        assert evidence["members"] == [2, 3, 4]
        assert evidence["order_ids"] == [own_order]
        assert evidence["orders_total"] == 3
        assert evidence["numbers"] == {"own_orders": 1, "own_rebate": own_rebate, "orders": 3}
        assert row["reason"] == "They met. Of these, 1 order is by this customer."
    (whole,) = built("select evidence from fraud_signal where rule_id = 'group_at_a_shop'")
    assert json.loads(whole["evidence"])["order_ids"] == [20, 21, 22]


def test_money_of_a_group_is_laid_on_those_who_used_the_vouchers(built) -> None:
    rows = built("select customer_id, band, money_at_risk from customer_risk order by customer_id")
    assert [tuple(row.values()) for row in rows] == [
        (1, "breach", 27_000),  # also two vouchers on one day; the kept one is claimed by the rule of the README
        (2, "review", 10_000),
        (3, "review", 11_000),
        (4, "review", 0),
    ]
    assert built("select money_at_risk, money_watched from campaign_summary") == [
        {"money_at_risk": 48_000, "money_watched": 0}
    ]
