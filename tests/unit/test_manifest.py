"""Policies of the dbt project, read from its manifest: each message names the offender and the remedy.

dbt 1.7 ignores what it does not know (data_tests:, unit_tests:, a misspelt key) without a word, so what is written in the
.yml files is compared with what dbt made of it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from campaign.settings import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt"

PUBLISHED = {
    "basket",
    "campaign",
    "campaign_class",
    "campaign_daily",
    "campaign_hourly",
    "campaign_pace",
    "campaign_summary",
    "cap_utilisation",
    "concentration",
    "concentration_point",
    "customer_activity",
    "customer_pending_rank",
    "customer_return",
    "customer_risk",
    "dim_shop_owner",
    "enforcement_grain",
    "evidence_order",
    "fraud_exception",
    "fraud_rule",
    "fraud_signal",
    "money_at_risk",
    "price_points",
    "rebate_rate",
    "sale_analysis_by_shop_daily",
    "shop_risk",
    "shop_selling_rank",
    "suspected_fraud_customers",
    "suspected_fraud_shop",
}
KNOWN_KEYS = {
    "file": {"version", "models", "seeds", "sources", "exposures", "groups"},
    "source": {"name", "description", "schema", "tables"},
    "node": {"name", "description", "config", "tests", "columns", "loaded_at_field", "freshness"},
    "exposure": {"name", "label", "type", "maturity", "owner", "description", "depends_on"},
    "group": {"name", "owner"},
    "column": {"name", "description", "tests"},
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Parse the project, which needs no server."""
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("dbt")
    folders = ["--project-dir", DBT, "--profiles-dir", DBT, "--target-path", target, "--log-path", target]
    parsed = dbtRunner().invoke(["parse", *map(str, folders), "--quiet"])
    assert parsed.success, parsed.exception
    return json.loads((target / "manifest.json").read_text())


@pytest.fixture(scope="module")
def nodes(manifest: dict) -> dict[str, dict]:
    """Return the models and seeds by their id."""
    found = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    assert len(found) > 20
    return found


@pytest.fixture(scope="module")
def tests(manifest: dict) -> dict[str, dict]:
    """Return the dbt tests by their name."""
    found = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert len(found) > 50
    return found


def _yml_files() -> Iterator[tuple[Path, dict]]:
    for folder in ("models", "seeds"):
        for path in sorted((DBT / folder).rglob("*.y*ml")):
            yield path.relative_to(DBT), yaml.safe_load(path.read_text())


def _described() -> Iterator[tuple[Path, str, dict]]:
    """Yield every mapping of the .yml files that describes something: file, kind (a key of KNOWN_KEYS), mapping."""
    for path, content in _yml_files():
        yield path, "file", content
        tables = []
        for kind in ("exposure", "group"):
            for one in content.get(f"{kind}s", []):
                yield path, kind, one
        for source in content.get("sources", []):
            yield path, "source", source
            tables += source["tables"]
        for node in [*tables, *content.get("models", []), *content.get("seeds", [])]:
            yield path, "node", node
            for column in node.get("columns", []):
                yield path, "column", column


def _seed(name: str) -> list[dict[str, str]]:
    with (DBT / "seeds" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_yml_has_no_key_that_dbt_would_ignore() -> None:
    for path, kind, mapping in _described():
        unknown = set(mapping) - KNOWN_KEYS[kind]
        assert not unknown, f"{path}: {sorted(unknown)} at {mapping.get('name', 'the top')} means nothing to dbt 1.7"


def test_every_test_written_in_yml_is_in_the_manifest(tests) -> None:
    written = []
    for path, _, mapping in _described():
        for test in mapping.get("tests", []):
            assert isinstance(test, dict), (
                f"{path}: {mapping['name']}: give the test {test} a name: <model>__<assertion>"
            )
            ((kind, arguments),) = test.items()
            assert "name" in arguments, f"{path}: {mapping['name']}: give the test {kind} a name: <model>__<assertion>"
            written.append(arguments["name"])
    generic = {name for name, node in tests.items() if "test_metadata" in node}
    assert len(written) == len(set(written)), "two tests share a name"
    assert set(written) == generic


def test_every_singular_test_file_is_in_the_manifest(tests) -> None:
    files = {path.stem for path in (DBT / "tests").glob("*.sql")}
    assert files == {name for name, node in tests.items() if "test_metadata" not in node}


def test_tests_are_named_as_assertions(tests) -> None:
    for name, node in tests.items():
        pattern = r"[a-z0-9_]+[a-z0-9]__[a-z0-9_]+" if "test_metadata" in node else r"assert_[a-z0-9_]+"
        assert re.fullmatch(pattern, name), (
            f"{name}: a test is called <model>__<assertion>, or assert_<fact> if singular"
        )
        assert len(name) < 64, f"{name}: a name has fewer than 64 characters"


def test_every_model_has_an_owner(nodes, manifest) -> None:
    owners = {group["name"]: group["owner"]["name"] for group in manifest["groups"].values()}
    for node in nodes.values():
        if node["resource_type"] == "model":
            assert owners.get(node["group"]), (
                f"{node['name']}: give its folder a group of models/groups.yml in dbt_project.yml"
            )


def test_loads_say_how_fresh_the_sources_are(manifest) -> None:
    fresh = {
        node["name"]: node["freshness"]["warn_after"]
        for node in manifest["sources"].values()
        if node["loaded_at_field"]
    }
    assert set(fresh) == {"ingest_file", "order_day"} and all(fresh.values())


def test_every_model_seed_source_and_column_is_described(nodes, manifest) -> None:
    for node in [*nodes.values(), *manifest["sources"].values()]:
        assert node["description"].strip(), f"{node['name']}: describe it in a .yml file"
        assert node["columns"], f"{node['name']}: describe its columns"
        for column in node["columns"].values():
            assert column["description"].strip(), f"{node['name']}.{column['name']}: describe it"


def test_every_model_and_seed_states_its_grain_and_tests_its_key(nodes, tests) -> None:
    tested = {
        node["attached_node"]: node["test_metadata"]["kwargs"]["columns"]
        for node in tests.values()
        if node.get("test_metadata", {}).get("name") == "unique_together"
    }
    for unique_id, node in nodes.items():
        name, config = node["name"], node["config"]
        assert "Grain: " in node["description"], f"{name}: end its description with 'Grain: …'"
        if config["materialized"] == "ephemeral":
            continue
        assert unique_id in tested, f"{name}: test its key with unique_together"
        if config["materialized"] in ("table", "seed", "components"):
            assert config.get("primary_key") == tested[unique_id], f"{name}: primary_key and the test of the key differ"


def test_what_is_published_is_what_was_promised(manifest) -> None:
    tagged = {node["name"] for node in manifest["nodes"].values() if "published" in node["tags"]}
    assert tagged == PUBLISHED


def test_every_model_and_seed_belongs_to_one_stage_and_stages_follow_each_other(nodes) -> None:
    for node in nodes.values():
        stages = {"build", "fraud"} & set(node["tags"])
        assert len(stages) == 1, (
            f"{node['name']}: tags {node['tags']}; the folder should give it one of build and fraud"
        )
        parents = [nodes[name] for name in node.get("depends_on", {}).get("nodes", []) if name in nodes]
        late = [parent["name"] for parent in parents if "fraud" in parent["tags"]]
        assert "fraud" in stages or not late, f"{node['name']} is built before {late}, from which it selects"


def test_every_test_runs_with_the_last_of_its_models(nodes, tests) -> None:
    """Each node is built alone, with the tests whose other relations are its ancestors."""

    def ancestors(name: str) -> set[str]:
        parents = [parent for parent in nodes[name].get("depends_on", {}).get("nodes", []) if parent in nodes]
        return set(parents).union(*map(ancestors, parents))

    for name, test in tests.items():
        relations = {parent for parent in test["depends_on"]["nodes"] if parent in nodes}
        homes = [
            relation
            for relation in relations
            if nodes[relation]["config"]["materialized"] != "ephemeral"
            and relations <= {relation} | ancestors(relation)
        ]
        assert homes, f"{name}: none of {sorted(relations)} is built after the others; let it ref a model that is"


def test_every_rule_has_a_model_its_examples_and_a_place_among_the_hits(nodes) -> None:
    rules = {rule["rule_id"] for rule in _seed("fraud_rule") if rule["kind"] != "control"}
    folder = DBT / "models" / "fraud" / "rules"
    hits = {name.rsplit(".", 1)[1] for name in nodes["model.campaign.int_fraud_hit"]["depends_on"]["nodes"]}
    assert {path.stem for path in folder.glob("*.sql")} == rules, "models/fraud/rules and the seed fraud_rule differ"
    assert {path.name.removesuffix(".examples.csv") for path in folder.glob("*.examples.csv")} == rules
    assert hits == rules, "the list in int_fraud_hit and the seed fraud_rule differ"


def test_rules_have_the_one_shape(nodes) -> None:
    shape = list(nodes["model.campaign.int_fraud_hit"]["columns"])
    for node in nodes.values():
        if node["fqn"][1:3] == ["fraud", "rules"]:
            assert list(node["columns"]) == shape, node["name"]


@pytest.mark.parametrize("seed", ["fraud_rule", "campaign"])
def test_seed_has_the_columns_that_are_described(nodes, seed: str) -> None:
    node = nodes[f"seed.campaign.{seed}"]
    assert list(_seed(seed)[0]) == list(node["columns"]) == list(node["config"]["column_types"])


def test_sql_outside_the_engine_macros_is_portable() -> None:
    """What runs on MySQL only, or means something else elsewhere, lives in macros/engines."""
    engine_specific = re.compile(
        r"\|\||`|\bgroup_concat\b|\bdate_format\b|\bjson_\w+\(\s*parameters|\bifnull\b|\bsql_big_result\b|\bdatediff\b"
        r"|\bas (signed|unsigned|datetime|bigint|string)\)|\bsubstring_index\b|\binterval\b|\bstraight_join\b|\"[^\"]*\" as ",
        re.IGNORECASE,
    )
    checked = 0
    for folder in ("models", "macros", "tests"):
        for path in sorted((DBT / folder).rglob("*.sql")):
            if "engines" in path.relative_to(DBT).parts:
                continue
            checked += 1
            # Comments and what Jinja computes at compile time are no SQL.
            sql = re.sub(r"\{#.*?#\}|--[^\n]*|\{%.*?%\}", "", path.read_text(), flags=re.DOTALL)
            found = engine_specific.search(sql)
            assert not found, (
                f"{path.relative_to(DBT)}: {found and found.group(0)!r} belongs behind a macro in macros/engines"
            )
    assert checked > 30
