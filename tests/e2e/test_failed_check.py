"""A run that publishes, with lineage on; then a mart is broken before the audit: red, with the reason, and what is served stays."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from campaign.settings import PROJECT_ROOT
from local_stack.airflow.home import prepare_airflow_home
from local_stack.dbt.manifest import ensure_manifest
from local_stack.environment import stack_environment, with_secrets
from local_stack.sample import SAMPLE
from local_stack.secrets_file import load_secrets
from local_stack.settings import StackSettings
from tests.integration.marts_harness import build

# The DAG without the stages of a pattern: they are marked as successful instead of being run.
PART_OF_THE_DAG = textwrap.dedent("""
    import json, sys
    from airflow.dag_processing.dagbag import DagBag
    dag = DagBag(dag_folder="dags/campaign_pipeline.py").dags["campaign_pipeline"]
    run = dag.test(run_conf=json.loads(sys.argv[1]), mark_success_pattern=sys.argv[2])
    states = {task.task_id: task.state for task in run.get_task_instances()}
    print(json.dumps({"run": run.state, "tasks": states}))
""")


@pytest.fixture
def airflow_environment(mysql_settings, state):
    """The environment of the stack, with the Airflow home of `make run`."""
    secrets, home = load_secrets(state), state / "airflow-headless"
    settings = with_secrets(StackSettings(CAMPAIGN_STATE=state), secrets)
    environment = stack_environment(settings, secrets, home)
    ensure_manifest(environment, settings.logs)
    prepare_airflow_home(home, environment, secrets["AIRFLOW_ADMIN_PASSWORD"], settings.logs)
    return environment


@pytest.fixture(scope="module")
def lineage(empty_databases, run_pipeline, tmp_path_factory) -> list[dict]:
    """Return the OpenLineage events of a run that publishes the sample."""
    empty_databases()
    file = tmp_path_factory.mktemp("lineage") / "events.jsonl"
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {"TYPE": "file", "LOG_FILE_PATH": str(file), "APPEND": "true"}.items():
            environment.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
        ended = run_pipeline(SAMPLE)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in file.read_text().splitlines()]


def datasets(events: list[dict], task: str, side: str) -> set[str]:
    """Return namespace and name of what a task read (inputs) or wrote (outputs)."""
    ended = [
        one for one in events if one["job"]["name"] == f"campaign_pipeline.{task}" and one["eventType"] == "COMPLETE"
    ]
    assert ended, f"{task} has no event of its end"
    return {f"{dataset['namespace']} {dataset['name']}" for one in ended for dataset in one[side]}


def test_lineage_goes_from_the_file_to_the_marts(lineage, mysql_settings):
    server = f"mysql://{mysql_settings.mysql_host}:{mysql_settings.mysql_port}"
    assert datasets(lineage, "ingest", "inputs") == {f"file {SAMPLE}"}
    orders = f"{server} campaign_raw.transaction_data"
    assert orders in datasets(lineage, "ingest", "outputs")
    assert orders in datasets(lineage, "build_marts.prepare", "inputs")

    rank = "customer_pending_rank"
    assert datasets(lineage, f"build_marts.{rank}_model_build", "outputs") == {f"{server} campaign_build.{rank}"}
    assert f"{server} campaign_build.{rank}" in datasets(lineage, "publish", "inputs")
    assert f"{server} campaign_mart.{rank}" in datasets(lineage, "publish", "outputs")
    assert not datasets(lineage, "publish", "outputs") & datasets(lineage, "publish", "inputs")
    assert datasets(lineage, "audit.check_campaign_summary", "inputs") >= {f"{server} campaign_build.campaign_summary"}


def run_part(environment, conf: str, leave_out: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", PART_OF_THE_DAG, conf, leave_out],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_mart_broken_between_build_and_audit_is_not_published(airflow_environment, lineage, query, tmp_path):
    served = query("select * from campaign_mart.campaign_summary")
    stamp = query("select * from campaign_mart.current_generation")
    full_refresh = json.dumps({"source": str(SAMPLE), "full_refresh": True})

    build(tmp_path)
    query("update campaign_build.campaign_summary set total_orders = total_orders + 1")
    audited = run_part(airflow_environment, full_refresh, r"(build_marts|detect_fraud).*")

    states = _last_json(audited)
    assert states["run"] == "failed"
    assert states["tasks"]["audit.check_campaign_summary"] == "failed"
    assert states["tasks"]["publish"] == "upstream_failed"
    assert states["tasks"]["report"] == "success"
    assert "orders_equal_those_of_the_customers" in audited.stdout + audited.stderr
    assert query("select * from campaign_mart.campaign_summary") == served
    assert query("select * from campaign_mart.current_generation") == stamp
    assert query("select * from campaign_raw.pipeline_lease") == [], "a failed run gives the pipeline back"
    ended = query("select outcome, failed_task, files_refused from campaign_mart.pipeline_run order by started_at")
    failed = {task for task, state in states["tasks"].items() if state == "failed"}  # what was left out has no results
    assert [(outcome, refused) for outcome, _, refused in ended] == [("succeeded", 0), ("failed", 0)]
    assert ended[0][1] is None and ended[1][1] in failed
    broken = dict(
        query("select check_name, failing_since = checked_at from campaign_mart.check_outcome where status = 'fail'")
    )
    name = "campaign_summary.orders_equal_those_of_the_customers"
    assert broken[name] == 1 and all(check.startswith("campaign_summary.") for check in broken)
    assert f"{name} failed; it began to fail in this run." in audited.stdout, "the report says so"


def _last_json(ended: subprocess.CompletedProcess) -> dict:
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads([line for line in ended.stdout.splitlines() if line.startswith('{"run"')][-1])
