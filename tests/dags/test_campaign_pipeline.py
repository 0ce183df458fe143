"""The order of campaign_pipeline's stages: what must never run before what."""

from __future__ import annotations

import pytest

from campaign.ingest.load.replace import Replace


@pytest.fixture(scope="session")
def tasks(parsed) -> dict:
    return parsed["dags"]["campaign_pipeline"]["tasks"]


def ancestors(tasks: dict, task_id: str) -> set[str]:
    found: set[str] = set()
    open_ends = [task_id]
    while open_ends:
        for upstream in tasks[open_ends.pop()]["upstream"]:
            if upstream not in found:
                found.add(upstream)
                open_ends.append(upstream)
    return found


def test_tasks_are_the_promised_stages(tasks):
    assert {task_id.split(".")[0] for task_id in tasks} == {
        "find_files", "ingest", "something_new", "build_marts", "detect_fraud", "audit", "approve", "publish", "report",
        "every_file_loaded",
    }  # fmt: skip


def test_nothing_is_published_before_every_build_and_every_check(tasks):
    before_publish = ancestors(tasks, "publish")
    stages = {task_id for task_id in tasks if task_id.split(".")[0] in {"build_marts", "detect_fraud", "audit"}}
    assert stages <= before_publish, f"not upstream of publish: {sorted(stages - before_publish)}"


def test_fraud_is_detected_after_all_marts(tasks):
    first_fraud = [t for t in tasks if t.startswith("detect_fraud.")]
    marts = {t for t in tasks if t.startswith("build_marts.")}
    assert first_fraud and marts
    for task_id in first_fraud:
        assert marts <= ancestors(tasks, task_id)


def test_every_mart_of_the_design_is_built(tasks):
    text = " ".join(sorted(tasks))
    for mart in (
        "dim_shop_owner", "sale_analysis_by_shop_daily", "customer_pending_rank", "shop_selling_rank", "fraud_signal",
        "suspected_fraud_customers", "suspected_fraud_shop", "customer_risk", "shop_risk", "money_at_risk",
        "enforcement_grain", "campaign_summary", "campaign_daily", "campaign_hourly",
        "evidence_order",
    ):  # fmt: skip
        assert f".{mart}" in text, f"{mart} is no task of the DAG: tag the model build or fraud"


def test_files_of_a_run_are_loaded_one_after_the_other(tasks):
    assert tasks["ingest"]["at_once_in_a_run"] == 1, (
        "set max_active_tis_per_dagrun=1: files beside one another wait for the loader's lock until they fail"
    )


def test_nothing_is_published_past_the_gate(tasks):
    assert tasks["publish"]["upstream"] == ["approve"]
    assert {task_id for task_id in tasks if task_id.startswith("audit.")} <= ancestors(tasks, "approve")


def test_publish_waits_for_success_and_report_for_nothing(tasks):
    assert tasks["publish"]["trigger_rule"] == "all_success"
    assert tasks["publish"]["outlets"] == ["campaign_marts", "campaign_published"]
    assert tasks["report"]["is_teardown"], "report must run after a failure, too: it gives the pipeline back"


def test_a_failed_check_is_not_tried_again(tasks):
    checks = [task for task_id, task in tasks.items() if task_id.startswith("audit.check_")]
    assert len(checks) >= 6
    for task in checks:
        assert task["retry_on_failure"] is False, "set retry_on_failure=False; the same rows give the same answer"


def test_every_failed_task_is_told(tasks):
    for task_id, task in tasks.items():
        assert task["tells_of_failure"] == ["tell_of_failure"], f"{task_id}: keep the DAG's default on_failure_callback"


def test_the_form_offers_every_way_to_replace(parsed):
    schema = parsed["dags"]["campaign_pipeline"]["params"]["replace"]["schema"]
    assert schema["enum"] == [each.value for each in Replace]


def test_every_test_of_the_manifest_is_asked_for_before_publishing(tasks):
    assert {task for task in tasks if task.startswith(("build_marts.", "detect_fraud."))} <= ancestors(
        tasks, "audit.every_test_ran"
    )
    assert "audit.every_test_ran" in ancestors(tasks, "publish")
