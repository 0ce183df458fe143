"""Rings and groups are connected components: the rounds of labels in SQL find what a graph library finds.

Each graph is a campaign of its own in int_owner_edge, so that one run of the one model judges all of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from pathlib import Path

import networkx
import pytest

from campaign.settings import Settings
from tests.fixtures.long_form import examples
from tests.integration.marts_harness import Order, build, build_database, run_dbt, statuses, store

Edges = set[tuple[int, int]]


def _random_graph(seed: int) -> Edges:
    """Make a graph of 2 to 150 nodes, from hardly any edges to far more than a giant component needs."""
    draw = random.Random(seed)
    nodes = draw.sample(range(1, 10**9), draw.randint(2, 150))
    edges = int(len(nodes) * draw.choice((0.5, 0.9, 1.1, 1.5, 2, 4)))
    found = {(draw.choice(nodes), draw.choice(nodes)) for _ in range(edges)}
    return {(start, end) for start, end in found if start != end}


def _shuffled(seed: int, size: int) -> list[int]:
    nodes = list(range(1, size + 1))
    random.Random(seed).shuffle(nodes)
    return nodes


def _circle(nodes: list[int]) -> Edges:
    return {*pairwise(nodes), (nodes[-1], nodes[0])}


def _both_ways(edges: Edges) -> Edges:
    return edges | {(end, start) for start, end in edges}


GRAPHS: list[Edges] = [
    *[_random_graph(seed) for seed in range(examples(40, least=10))],
    *[_both_ways(_random_graph(seed)) for seed in range(40, 40 + examples(20, least=5))],
    _circle(_shuffled(1, 300)),
    set(pairwise(_shuffled(2, 300))),
    set(pairwise(range(1, 300))),
    set(pairwise(range(300, 1, -1))),
    # Circles in a row, each only leading to the next: the parts are split again and again.
    set().union(*[_circle([10 * n + k for k in (5, 1, 3)]) | {(10 * n + 1, 10 * n + 15)} for n in range(30)]),
    set(combinations(range(1, 40), 2)),
]


@pytest.fixture(scope="module")
def edges_table(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Callable]]:
    """Build the project once, for its empty tables; yield where, and a function that queries them."""
    target = tmp_path_factory.mktemp("dbt")
    store(mysql_settings, [Order(1, "2026-06-10 10:00:00", 1, 10, 50_000).as_row()])
    build(target, "--select", "+int_owner_component")
    with build_database(mysql_settings) as query:
        yield target, query


def _store_graphs(query: Callable, graphs: list[Edges]) -> None:
    query("truncate table int_owner_edge")
    rows = [(campaign, start, end) for campaign, edges in enumerate(graphs, start=1) for start, end in sorted(edges)]
    for first in range(0, len(rows), 1_000):
        values = ", ".join(
            f"({campaign}, {start}, {end}, 1, 1)" for campaign, start, end in rows[first : first + 1_000]
        )
        query(f"insert into int_owner_edge values {values}")


def test_components_are_those_of_a_graph_library(edges_table) -> None:
    target, query = edges_table
    _store_graphs(query, GRAPHS)
    assert statuses(run_dbt("build", target, "--select", "int_owner_component")) == {
        "int_owner_component": "success",
        "int_owner_component__key_is_unique": "pass",
    }
    found: dict[int, dict[int, set[int]]] = {number: {} for number in range(1, len(GRAPHS) + 1)}
    for row in query("select * from int_owner_component"):
        found[row["campaign_id"]].setdefault(row["component_id"], set()).add(row["node_id"])
    circles = 0
    for number, edges in enumerate(GRAPHS, start=1):
        graph = networkx.DiGraph(edges)
        expected = {frozenset(nodes) for nodes in networkx.strongly_connected_components(graph) if len(nodes) > 1}
        components = {frozenset(nodes) for nodes in found[number].values() if len(nodes) > 1}
        assert components == expected, f"graph {number}"
        assert all(component == min(nodes) for component, nodes in found[number].items()), f"graph {number}"
        circles += len(expected)
    assert circles > 1.5 * len(GRAPHS), "the graphs have hardly any component to find"


def test_search_that_does_not_end_stops_the_run_with_a_sentence(edges_table) -> None:
    target, query = edges_table
    _store_graphs(query, [_circle(_shuffled(3, 300))])
    arguments = "--select", "int_owner_component", "--vars", json.dumps({"graph_rounds": 3})
    result = run_dbt("run", target, *arguments)
    assert statuses(result) == {"int_owner_component": "error"}
    assert (
        "not found after 3 rounds. Raise the variable graph_rounds in dbt_project.yml"
        in result.result.results[0].message
    )


def test_search_leaves_nothing_behind(edges_table) -> None:
    target, query = edges_table
    _store_graphs(query, [_circle([1, 2, 3])])
    assert run_dbt("run", target, "--select", "int_owner_component").success
    assert query("show tables like '%labels%'") == []
