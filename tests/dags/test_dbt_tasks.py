"""The dbt tasks of the DAG together build every node once and run every test; dbt itself says what each of them picks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from campaign.settings import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt"


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def picked(parsed, target) -> dict[str, list[tuple[str, str]]]:
    """Return task -> (resource type, name) of what it builds and tests."""
    folders = ["--project-dir", DBT, "--profiles-dir", DBT, "--target-path", target, "--log-path", target]
    tasks = parsed["dags"]["campaign_pipeline"]["tasks"]
    found = {}
    for task_id, select in {name: task["dbt_select"] for name, task in tasks.items() if task["dbt_select"]}.items():
        listed = dbtRunner().invoke(
            ["--quiet", "ls", *map(str, folders), "--select", select, "--indirect-selection", "buildable",
             "--output", "json", "--output-keys", "name resource_type config"]
        )  # fmt: skip
        assert listed.success, listed.exception
        found[task_id] = _nodes(listed.result)
    assert found
    return found


@pytest.fixture(scope="module")
def declared(picked, target) -> Counter:
    """Return (resource type, name) of every node of the project, once each."""
    folders = ["--project-dir", DBT, "--profiles-dir", DBT, "--target-path", target, "--log-path", target]
    listed = dbtRunner().invoke(
        ["--quiet", "ls", *map(str, folders), "--output", "json", "--output-keys", "name resource_type config"]
    )
    assert listed.success, listed.exception
    return Counter(_nodes(listed.result))


def _nodes(lines: list[str]) -> list[tuple[str, str]]:
    """Return (resource type, name) of what dbt runs: an ephemeral model is part of those that select from it."""
    nodes = [json.loads(line) for line in lines]
    return [
        (node["resource_type"], node["name"])
        for node in nodes
        if node["resource_type"] in ("model", "seed", "test") and node["config"]["materialized"] != "ephemeral"
    ]


def test_every_model_and_seed_is_built_by_exactly_one_task(picked, declared):
    built = Counter(node for nodes in picked.values() for node in nodes if node[0] != "test")
    assert built == Counter({node: 1 for node in declared if node[0] != "test"})


def test_what_a_model_reads_is_built_by_its_own_task_or_by_one_before_it(parsed, picked, target):
    tasks = parsed["dags"]["campaign_pipeline"]["tasks"]
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    task_of = {name: task for task, picks in picked.items() for kind, name in picks if kind != "test"}
    too_early = [
        f"{task_of[node['name']]} builds {node['name']} from {nodes[parent]['name']} of {task_of[nodes[parent]['name']]}"
        for node in nodes.values()
        if node["name"] in task_of
        for parent in _built_parents(nodes, node)
        if task_of[nodes[parent]["name"]] not in {task_of[node["name"]], *_all_upstream(tasks, task_of[node["name"]])}
    ]
    assert not too_early


def _built_parents(nodes: dict, node: dict) -> set[str]:
    """Return the ids of the models and seeds that a node reads, also by way of ephemeral ones."""
    found = set()
    for parent in node["depends_on"].get("nodes", []):
        if parent in nodes:
            is_part = nodes[parent]["config"]["materialized"] == "ephemeral"
            found |= _built_parents(nodes, nodes[parent]) if is_part else {parent}
    return found


def _all_upstream(tasks: dict, task: str) -> set[str]:
    found, open_ = set(), [task]
    while open_:
        for each in set(tasks[open_.pop()]["upstream"]) - found:
            found.add(each)
            open_.append(each)
    return found


def test_every_test_is_run_by_a_task(picked, declared):
    run = {node for nodes in picked.values() for node in nodes if node[0] == "test"}
    missing = sorted(name for kind, name in declared if kind == "test" and (kind, name) not in run)
    assert not missing, f"no task's selection runs {missing}"


def test_a_task_is_drawn_for_each_mart_but_one_for_all_rules_and_one_for_all_figures(picked):
    rules = {name for kind, name in picked["detect_fraud.rules"] if kind == "model"}
    assert {path.stem for path in (DBT / "models" / "fraud" / "rules").glob("*.sql")} <= rules
    together = ("build_marts.prepare", "build_marts.figures", "detect_fraud.rules")
    alone = [nodes for task, nodes in picked.items() if task not in together]
    assert all(sum(kind == "model" for kind, _ in nodes) == 1 for nodes in alone)
