"""The build after a publication: the published tables are gone, older ones are left, and every node is built alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import ROWS_ONLY, Order, build, build_database, run_dbt, statuses, store

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


@dataclass
class FirstBuild:
    """What was built, and the way to its tables."""

    target: Path
    manifest: dict
    content: dict[str, list[str]]
    query: Callable

    def take_published_tables_away(self) -> None:
        """Do to the build database what publishing does to it."""
        self.query("drop table " + ", ".join(self.content))


@pytest.fixture(scope="module")
def first_build(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above and note what every published table holds."""
    store(mysql_settings, [order.as_row() for order in ORDERS])
    target = tmp_path_factory.mktemp("dbt")
    build(target)
    manifest = json.loads((target / "manifest.json").read_text())
    published = [node["alias"] for node in manifest["nodes"].values() if "published" in node["tags"]]
    assert {"campaign", "fraud_rule", "campaign_summary"} <= set(published)
    with build_database(mysql_settings) as query:
        yield FirstBuild(target, manifest, _content(query, published), query)


def test_docs_can_be_generated_while_the_marts_are_away(first_build: FirstBuild) -> None:
    first_build.take_published_tables_away()
    assert run_dbt("docs", first_build.target, "generate").success
    catalog = json.loads((first_build.target / "catalog.json").read_text())
    assert "model.campaign.int_customer_shop_day" in catalog["nodes"]
    build(first_build.target, *ROWS_ONLY)


# The DAG builds each mart alone and fails where a test did not run (tests/e2e); test_manifest.py sees that every test runs with a node.
@pytest.mark.long
def test_nodes_build_alone_and_give_the_same_rows_again(first_build: FirstBuild) -> None:
    first_build.take_published_tables_away()
    tests_run: set[str] = set()
    for node in _nodes_in_order(first_build.manifest):
        outcome = statuses(run_dbt("build", first_build.target, "--select", "fqn:" + ".".join(node["fqn"])))
        assert set(outcome.values()) <= {"success", "pass"}, node["name"]
        assert node["name"] in outcome
        tests_run |= set(outcome) - {node["name"]}
    assert _content(first_build.query, list(first_build.content)) == first_build.content
    tests = {node["name"] for node in first_build.manifest["nodes"].values() if node["resource_type"] == "test"}
    assert tests - tests_run == set(), "these run with no node, so never in the DAG"


def test_tables_an_older_version_left_behind_are_replaced(first_build: FirstBuild) -> None:
    first_build.take_published_tables_away()
    first_build.query("create table campaign (id int)")
    first_build.query("create view campaign_summary as select * from int_customer_shop_day")
    build(first_build.target, *ROWS_ONLY)
    assert _content(first_build.query, list(first_build.content)) == first_build.content
