"""Campaigns with next to nothing in them: all dbt tests and audit checks hold, it is published, and every route answers."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator, SQLTableCheckOperator
from werkzeug.security import generate_password_hash

from campaign.db.connection import connect
from campaign.orchestration import run_report
from campaign.orchestration.cosmos_stages import CONNECTION_ID
from campaign.publishing import audit, publish
from campaign.settings import Settings
from campaign.transform.dbt_project import declared_tests
from tests.integration.marts_harness import Order, build, statuses, store
from tests.integration.test_webapi.running_service import PASSWORD, QUICK_HASH, USER
from webapi import create_app
from webapi.settings import WebSettings


@dataclass(frozen=True)
class Nearly:
    """Orders, how many customers and shops they make, and which tables of suspects are not empty. Campaign 1 never has orders."""

    orders: tuple[Order, ...] = ()
    customers: int = 0
    shops: int = 0
    suspects: frozenset[str] = frozenset()


CASES = {
    "no orders": Nearly(),
    "one order": Nearly(
        (Order(1, "2026-06-10 10:00:00", 1, 10, 50_000), Order(2, "2020-01-01 10:00:00", 9, 90, 1)),  # one of no campaign
        1, 1,
    ),
    "no shop suspected": Nearly(
        (Order(1, "2026-06-10 10:00:00", 1, 10, 50_000, 15_000), Order(2, "2026-06-10 12:00:00", 1, 20, 60_000, 18_000)),
        1, 2, frozenset({"suspected_fraud_customers"}),
    ),
    # Uid 0 is a guest: an order as any other for shop and campaign, and of no customer.
    "guests only": Nearly(
        (*[Order(n, f"2026-06-1{n % 2} 1{n}:00:00", 0, 10, 60_000 + n, 18_000) for n in range(6)],
         Order(7, "2026-06-10 03:00:00", 0, 20, 500)),
        0, 2, frozenset({"suspected_fraud_shop"}),
    ),
}  # fmt: skip


# The others lie between these two: nothing at all, and guests whose shop is suspected, without a customer.
ALWAYS = ("no orders", "guests only")


@pytest.fixture(
    scope="module", params=[name if name in ALWAYS else pytest.param(name, marks=pytest.mark.long) for name in CASES]
)
def nearly(request: pytest.FixtureRequest) -> Nearly:
    """Return the case, one after the other."""
    return CASES[request.param]


@pytest.fixture(scope="module")
def built(
    nearly: Nearly, mysql_settings: Settings, empty_databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Build the case on empty databases; return node name -> status of all that dbt ran."""
    empty_databases()
    store(mysql_settings, [order.as_row() for order in nearly.orders])
    return statuses(build(tmp_path_factory.mktemp("dbt")))


def test_every_dbt_test_ran_and_passed(built: dict[str, str]) -> None:
    ran = {test.split(".")[2] for test in declared_tests()}
    assert {name: built.get(name) for name in ran if built.get(name) not in ("pass", "warn")} == {}


@pytest.mark.parametrize("table", audit.COLUMN_CHECKS)
def test_column_checks_hold(built, airflow_connection, table: str) -> None:
    columns = copy.deepcopy(audit.COLUMN_CHECKS[table])
    SQLColumnCheckOperator(task_id="check", table=table, column_mapping=columns, conn_id=CONNECTION_ID).execute({})


@pytest.mark.parametrize("table", audit.TABLE_CHECKS)
def test_table_checks_hold(built, airflow_connection, table: str) -> None:
    checks = {name: {"check_statement": statement} for name, statement in audit.TABLE_CHECKS[table].items()}
    SQLTableCheckOperator(task_id="check", table=table, checks=checks, conn_id=CONNECTION_ID).execute({})


def test_it_is_published_reported_and_every_route_answers(
    nearly: Nearly, built, mysql_settings: Settings, tmp_path: Path
) -> None:
    with connect(mysql_settings) as connection:
        publication = publish.publish(connection, mysql_settings, "nearly empty")
        files = [{"file_name": "orders.csv", "status": "loaded", "campaign_ids": [1, 2]}]
        found = {table for table in audit.COLUMN_CHECKS if publication.row_counts[table]}
        text = run_report.render(run_report.collect(connection, mysql_settings, "nearly empty", files))
    assert found == nearly.suspects
    assert "Published as generation 1" in text
    assert "None" not in text
    assert not re.search(r"\b1 (orders|customers|shops|vouchers|suspects)\b", text)

    users = f"{USER}:{generate_password_hash(PASSWORD, QUICK_HASH)}"
    app = create_app(WebSettings(WEBAPI_USERS=users, WEBAPI_LOG_FILE=tmp_path / "api.log"))
    ids = {"campaign_id": 2, "customer_id": 1, "shop_id": 10, "shop_owner_uid": 5_010}
    answers: dict[str, Any] = {}
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments <= set(ids):
            with app.test_request_context():
                path = app.url_for(rule.endpoint, **{name: ids[name] for name in rule.arguments})
            of_many = rule.rule.endswith(("<campaign_id>/customers", "<campaign_id>/shops"))
            query = {"ids": "1"} if of_many else {}
            answers[rule.rule] = app.test_client().get(
                path, query_string=query, auth=(USER, PASSWORD), follow_redirects=True
            )
    lookups = {
        "/customers/": nearly.customers,
        "/shops/": nearly.shops,
        "/shop-owners/": nearly.shops,
        "/owners/": nearly.shops,
    }
    for path, answer in answers.items():
        known = next((found for part, found in lookups.items() if part in path and "/suspects/" not in path), 1)
        assert answer.status_code == (200 if known else 404), f"{path}: {answer.text}"
    summary = answers["/api/v1/campaigns/<campaign_id>/summary"].json
    numbers = [summary[name] for name in ("total_orders", "total_customers", "total_shops")]
    in_campaign = [order for order in nearly.orders if order.time >= "2026-06-10"]
    assert numbers == [len(in_campaign), nearly.customers, nearly.shops]
    assert summary["guest_orders"] == sum(order.uid == 0 for order in in_campaign)
    assert summary["total_gmv"] == sum(order.gmv for order in in_campaign)
