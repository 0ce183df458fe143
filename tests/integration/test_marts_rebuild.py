"""The build after a publication: the published tables are gone, older ones are left, and every node is built alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from campaign.settings import Settings

from tests.integration.marts_harness import Order, build, build_database, run_dbt, statuses, store

ORDERS = [
    *[Order(10 + n, f"2026-06-10 1{n}:00:00", 1, 10, 60_000, 18_000) for n in range(3)],
    *[Order(20 + n, f"2026-06-11 1{n}:00:00", 2, 20, 900, 270) for n in range(3)],
]


def _nodes_in_order(manifest: dict) -> list[dict]:
    """Return models and seeds, parents before children, without ephemeral models, which are no task of their own."""
    nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    ordered: list[str] = []
    while len(ordered) < len(nodes):
        for name, node in nodes.items():
            parents = [parent for parent in node.get("depends_on", {}).get("nodes", []) if parent in nodes]
            if name not in ordered and all(parent in ordered for parent in parents):
                ordered.append(name)
    return [nodes[name] for name in ordered if nodes[name]["config"]["materialized"] != "ephemeral"]


def _content(query: Callable, tables: list[str]) -> dict[str, list[str]]:
    return {table: sorted(str(row) for row in query(f"select * from {table}")) for table in tables}


@pytest.fixture
def after_publication(mysql_settings: Settings, tmp_path: Path):
    """Build, note what was built, and take the published tables away as publishing does."""
    store(mysql_settings, [order.as_row() for order in ORDERS])
    build(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    published = [node["alias"] for node in manifest["nodes"].values() if "published" in node["tags"]]
    assert {"campaign", "fraud_rule", "campaign_summary"} <= set(published)
    with build_database(mysql_settings) as query:
        content = _content(query, published)
        query("drop table " + ", ".join(published))
        yield manifest, content, query


def test_nodes_build_alone_and_give_the_same_rows_again(after_publication, tmp_path: Path) -> None:
    manifest, content, query = after_publication
    tests_run: list[str] = []
    for node in _nodes_in_order(manifest):
        outcome = statuses(run_dbt("build", tmp_path, "--select", "fqn:" + ".".join(node["fqn"])))
        assert set(outcome.values()) <= {"success", "pass"}, node["name"]
        assert node["name"] in outcome
        tests_run += [name for name in outcome if name != node["name"]]
    assert _content(query, list(content)) == content
    tests = [node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    assert sorted(set(tests_run)) == sorted(tests), "a test that runs with no node, so never in the DAG"


def test_docs_can_be_generated_while_the_marts_are_away(after_publication, tmp_path: Path) -> None:
    result = run_dbt("docs", tmp_path / "docs", "generate")
    assert result.success
    catalog = json.loads((tmp_path / "docs" / "catalog.json").read_text())
    assert "model.campaign.int_customer_shop_day" in catalog["nodes"]


def test_tables_an_older_version_left_behind_are_replaced(after_publication, tmp_path: Path) -> None:
    _, content, query = after_publication
    query("create table campaign (id int)")
    query("create view campaign_summary as select * from int_customer_shop_day")
    build(tmp_path)
    assert _content(query, list(content)) == content
