"""Policies of every DAG. Each message names the offender and the remedy."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from campaign.orchestration.remedies import READ_THE_LOG, REMEDIES, what_to_do
from campaign.settings import PROJECT_ROOT


def test_bag_is_not_empty_and_imports_without_error(parsed):
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) >= {"campaign_pipeline"}


def test_every_dag_is_named_like_its_file(parsed):
    for dag_id, dag in parsed["dags"].items():
        assert Path(dag["file"]).stem == dag_id, f"rename {dag['file']} to {dag_id}.py, so that a reader finds it"


def test_no_dag_file_begins_with_dbt():
    for path in (PROJECT_ROOT / "dags").rglob("*.py"):
        assert not path.name.startswith("dbt_"), f"rename {path.name}: dbt imports every module dbt_* as a plugin"


def test_every_dag_has_a_runbook_with_triage(parsed):
    for dag_id, dag in parsed["dags"].items():
        assert "## Triage" in (dag["doc"] or ""), (
            f"{dag_id}: its runbook needs the table Triage (doc_md=with_triage(__doc__, …))"
        )


def test_every_task_has_a_remedy_that_the_runbook_shows(parsed):
    for dag_id, dag in parsed["dags"].items():
        for task_id in dag["tasks"]:
            assert READ_THE_LOG not in what_to_do(dag_id, task_id), (
                f"{dag_id}.{task_id}: add it to campaign/remedies.py"
            )
        for remedy in REMEDIES[dag_id]:
            assert f"| {remedy.means} | {remedy.do} |" in dag["doc"], f"{dag_id}: set doc_md=with_triage(__doc__, …)"


def test_every_dag_says_in_the_list_what_it_does_and_when(parsed):
    for dag_id, dag in parsed["dags"].items():
        assert dag["display_name"] != dag_id, f"{dag_id}: set dag_display_name"
        assert len(dag["description"] or "") > 30, f"{dag_id}: set description, a sentence for who reads the list"
        assert dag["owner"] == "campaign", f"{dag_id}: set the owner in default_args"
        assert any(when in dag["tags"] for when in ("daily 05:00", "by hand")), f"{dag_id}: tag it with its schedule"
    assert "05:00 Asia/Ho_Chi_Minh" in parsed["dags"]["campaign_pipeline"]["description"]


def test_airflow_links_dags_and_runs_to_the_web_service_and_the_models(parsed):
    links = {(link["destination"], link["href"]) for link in parsed["links"]}
    web, models = "http://127.0.0.1:8123/docs", "/cosmos/campaign/dbt_docs_index.html"
    assert links == {("nav", web), ("dag", web), ("dag_run", web), ("dag", models), ("dag_run", models)}


def test_every_param_explains_itself(parsed):
    for dag_id, dag in parsed["dags"].items():
        for name, param in dag["params"].items():
            assert param["schema"].get("title"), f"{dag_id}.{name}: give the Param a title"
            assert len(param["description"] or "") > 30, f"{dag_id}.{name}: describe the Param for a newcomer"
            assert param["schema"].get("type"), f"{dag_id}.{name}: give the Param a type, so that the form validates it"


def test_no_dag_catches_up_or_runs_beside_itself(parsed):
    for dag_id, dag in parsed["dags"].items():
        assert dag["catchup"] is False, (
            f"{dag_id}: set catchup=False; loading is idempotent, a backlog of runs is noise"
        )
        assert dag["max_active_runs"] == 1, f"{dag_id}: set max_active_runs=1; runs share one build database"


def test_no_task_runs_for_ever(parsed):
    for dag_id, dag in parsed["dags"].items():
        for task_id, task in dag["tasks"].items():
            assert task["timeout"], f"{dag_id}.{task_id}: keep the DAG's default execution_timeout"


def test_every_task_outlasts_five_minutes_of_trouble_and_comes_back_soon(parsed):
    for dag_id, dag in parsed["dags"].items():
        for task_id, task in dag["tasks"].items():
            pauses = task["pauses"]
            assert task["retries"] == 3 and sum(pauses) >= 300, f"{dag_id}.{task_id}: keep the DAG's RETRY_ARGS"
            assert pauses == sorted(set(pauses)) and pauses[0] <= 30, f"{dag_id}.{task_id}: pauses must grow, {pauses}"
            assert max(pauses) <= 240, f"{dag_id}.{task_id}: nothing says in a pause that the run lives, {pauses}"
            policy = None if task_id == "approve" else "NoRetryAfterTimeout"
            assert task["retry_policy"] == policy, f"{dag_id}.{task_id}: keep the DAG's RETRY_ARGS"


def test_dag_files_use_no_name_that_a_module_lacks():
    """A name in an ``except`` or a callback is looked up when the task has failed already."""
    for path in sorted((PROJECT_ROOT / "dags").glob("*.py")):
        tree = ast.parse(path.read_text())
        modules = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "campaign"
            for alias in node.names
            if (PROJECT_ROOT / "include" / f"{node.module}.{alias.name}".replace(".", "/")).with_suffix(".py").exists()
        }
        assert modules, f"{path.name} imports nothing from campaign"
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                module = importlib.import_module(modules[node.value.id])
                assert hasattr(module, node.attr), (
                    f"{path.name}, line {node.lineno}: {module.__name__} has no {node.attr}"
                )


def test_parsing_imports_nothing_heavy(parsed):
    assert parsed["imported"] == [], "import these inside the task function: every DAG parse pays for them"
