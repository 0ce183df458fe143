"""The tasks of ``campaign_pipeline`` and what Airflow calls around them; the DAG file only wires them.

Heavy imports stay inside the functions: every parse of the DAG would pay for them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetWatcher, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

from campaign.contract.outcome import STILL_REFUSED
from campaign.db.connection import CONNECTION_ID, bounded_waits, connect_through_airflow
from campaign.engines import lifecycle
from campaign.orchestration import lease, marts_asset, run_log, run_params
from campaign.orchestration import run_report as reporting
from campaign.orchestration.audit_operators import LoggedColumnCheck, LoggedTableCheck
from campaign.orchestration.failure_alerts import tell_of_recovery
from campaign.orchestration.inbox_trigger import InboxTrigger
from campaign.orchestration.marts_asset import CAMPAIGNS, MARTS
from campaign.orchestration.no_retry import no_retry_for_user_errors
from campaign.orchestration.publication_notice import tell_of_publication
from campaign.publishing import audit, candidate
from campaign.publishing import publish as publishing
from campaign.publishing.publication_log import complete_log
from campaign.publishing.rule_drift import rule_jumps
from campaign.settings import Settings, get_settings
from campaign.transform import check_log, lineage
from campaign.transform.catalog import refresh_catalog
from campaign.transform.failing_rows import forget_failing_rows

INBOX = Asset(
    name="campaign_inbox",
    watchers=[AssetWatcher(name="file_arrival", trigger=InboxTrigger(look_every=get_settings().inbox_look_seconds))],
)
# One waits for people, a newer one may build meanwhile; the lease keeps them apart.
GATED = get_settings().gate_share is not None
LONGEST_TASK = timedelta(minutes=get_settings().task_minutes, seconds=get_settings().lock_wait_seconds)
LOOK_AGAIN = timedelta(minutes=1)


def before_dbt(context: dict[str, Any]) -> None:
    """Fail if another run owns the pipeline; bring back what this run has published, if the task was cleared after it."""
    _start_dbt(context, first=False)


def before_build(context: dict[str, Any]) -> None:
    """Before a run's first dbt task besides: the tables become this run's candidate, and the engine gets the orders."""
    _start_dbt(context, first=True)


def _start_dbt(context: dict[str, Any], *, first: bool) -> None:
    from campaign.publishing.rerun import bring_back

    settings, connection = get_settings(), still_ours(context["run_id"])
    bring_back(connection, settings, context["run_id"])
    if first:
        candidate.claim(connection, settings, context["run_id"])
        forget_failing_rows(connection, settings)
    with no_retry_for_user_errors():
        lifecycle.before_dbt(connection, settings, first=first, anew=context["params"]["full_refresh"])


def before_check(context: dict[str, Any]) -> None:
    """Fail if another run owns the pipeline; look at the served tables, if this run has published them already."""
    from campaign.publishing.rerun import has_published

    settings = get_settings()
    if has_published(still_ours(context["run_id"]), settings, context["run_id"]):
        context["task"].database = settings.mart_database


def give_pipeline_back(context: dict[str, Any]) -> None:
    """When a run has ended without its report: one task of it was cleared alone, or somebody set its state."""
    lease.release(connect_through_airflow(), get_settings(), context["run_id"])


def note_success(context: dict[str, Any]) -> None:
    """Log how the run ended, and tell that runs are green again."""
    settings, connection, run_id = get_settings(), connect_through_airflow(), context["run_id"]
    if run_log.note_end(connection, settings, run_id, failed=False):
        tell_of_recovery(run_id, reporting.collect(connection, settings, run_id, []), settings.results_url)


def note_failure(context: dict[str, Any]) -> None:
    """Log how the run ended; its first failed task has told why."""
    run_log.note_end(connect_through_airflow(), get_settings(), context["run_id"], failed=True)


def still_ours(run_id: str) -> Any:
    """Return a connection, the lease renewed. There is no use in trying again once another run owns the pipeline."""
    connection = connect_through_airflow()
    with no_retry_for_user_errors():
        lease.renew(connection, get_settings(), run_id)
    return connection


# One at a time over all runs: waiting for the pipeline takes a worker's place, and a backfill starts many runs.
@task(max_active_tis_per_dag=1)
def find_files(params: dict[str, Any], dag_run: Any, triggering_asset_events: Any) -> list[str]:
    """Take the pipeline and list the files to load."""
    from campaign.campaigns import load_campaigns
    from campaign.db.schema import ensure_kept_tables
    from campaign.ingest.revalidate import revalidate_outside_campaign
    from campaign.ingest.source_files import find_source_files
    from campaign.publishing.damage import refuse_lost_orders

    settings = get_settings()
    with no_retry_for_user_errors():
        run_params.refuse_unknown_names(dag_run.conf, run_params.PARAMS)
        campaigns = load_campaigns()
        run_params.refuse_unknown_campaign(params["campaign"], campaigns)
        moment = dag_run.logical_date or dag_run.run_after
        sources = run_params.sources(
            params["source"], triggering_asset_events[INBOX], settings.inbox, moment, settings.zone
        )
        files = sorted({str(path) for source in sources for path in find_source_files(source, settings)})
        connection = connect_through_airflow()
        ensure_kept_tables(connection, settings)
        refuse_lost_orders(connection, settings)
        _take_pipeline(connection, settings, dag_run)
        run_log.note_start(connection, settings, dag_run.run_id)
        check_log.forget_old(connection, settings)
    revalidate_outside_campaign(connection, settings, campaigns, dag_run.run_id)
    return files


def _take_pipeline(connection: Any, settings: Settings, dag_run: Any) -> None:
    try:
        lease.acquire(connection, settings, dag_run.run_id)
    except lease.PipelineBusyError:
        if GATED and datetime.now(UTC) < dag_run.start_date + LONGEST_TASK:
            raise AirflowRescheduleException(datetime.now(UTC) + LOOK_AGAIN) from None
        raise


# One file after the other: the next would only wait for the loader's lock, in a worker's place, and a large one past its time.
@task(map_index_template="{{ file_name }}", max_active_tis_per_dagrun=1)
def ingest(path: str, params: dict[str, Any], run_id: str, ti: Any) -> dict[str, Any]:
    """Load one file, and fail for good if it is refused for the first time or was asked for by name."""
    from airflow.sdk import get_current_context

    from campaign.campaigns import load_campaigns
    from campaign.ingest.ingest_file import ingest_file
    from campaign.ingest.load.failure import in_a_sentence

    lineage.note_load(get_settings(), path)
    get_current_context()["file_name"] = file_name = path.rsplit("/", 1)[-1]
    with no_retry_for_user_errors(), in_a_sentence(get_settings(), file_name):
        connection = still_ours(run_id)
        outcome = ingest_file(
            connection, path, get_settings(),
            campaigns=load_campaigns(), run_id=run_id, campaign_id=params["campaign"], replace=params["replace"],
            keep_first_orders=lifecycle.keeper_of_first_orders(connection, get_settings()),
        ).as_dict()  # fmt: skip
    asked = run_params.names_one_file(params["source"])
    if outcome["status"] == "failed" or (outcome["status"] == STILL_REFUSED and asked):
        ti.xcom_push(key="return_value", value=outcome)
        raise AirflowFailException(outcome["message"])
    return outcome


@task.short_circuit(trigger_rule="all_done", ignore_downstream_trigger_rules=False)
def something_new(files: list[str] | None, params: dict[str, Any], run_id: str) -> bool:
    """Tell whether the marts have to be built: rows or models have changed since the last publication."""
    if files is None:
        raise AirflowSkipException("find_files failed, so there is nothing to go on with.")
    connection = still_ours(run_id)
    complete_log(connection, get_settings())
    return params["full_refresh"] or not publishing.is_current(connection, get_settings())


@task
def every_test_ran(dbt_tasks: list[str], ti: Any) -> int:
    """Fail when dbt passed over a test that the manifest has: it would have vouched for what it never saw."""
    from campaign.transform.dbt_project import declared_tests
    from campaign.transform.run_results import XCOM_KEY, passed_over

    missing = passed_over(declared_tests(), ti.xcom_pull(task_ids=dbt_tasks, key=XCOM_KEY))
    if missing:
        raise AirflowFailException(f"{len(missing)} dbt tests did not run: {', '.join(missing)}")
    return len(declared_tests())


@task_group(group_id="audit")
def audit_marts(dbt_tasks: list[str]) -> None:
    """Check what was built, in the database that publish swaps from."""
    every_test_ran(dbt_tasks)
    # The same rows give the same answer; only what could not be asked is tried again.
    common: dict[str, Any] = {
        "conn_id": CONNECTION_ID, "hook_params": {"init_command": bounded_waits(get_settings())},
        "retry_on_failure": False, "pre_execute": before_check,
    }  # fmt: skip
    for table, columns in audit.COLUMN_CHECKS.items():
        LoggedColumnCheck(task_id=f"check_columns_of_{table}", table=table, column_mapping=columns, **common)
    for table, statements in audit.TABLE_CHECKS.items():
        checks = {name: {"check_statement": statement} for name, statement in statements.items()}
        LoggedTableCheck(task_id=f"check_{table}", table=table, checks=checks, **common)


@task(outlets=[MARTS, CAMPAIGNS])
def publish(run_id: str, outlet_events: Any) -> dict[str, Any]:
    """Swap the audited tables in, and emit the assets of the marts and of each campaign."""
    settings, connection = get_settings(), still_ours(run_id)
    with no_retry_for_user_errors():
        candidate.require(connection, settings, run_id)
        publication = publishing.publish(connection, settings, run_id).as_dict()
    lineage.note_publication(settings)
    marts_asset.emit(connection, settings, outlet_events, publication)
    tell_of_publication(
        publication, run_id, lambda: {"rule_jumps": rule_jumps(connection, settings), "results": settings.results_url}
    )
    return publication


@task
def report(outcomes: Any, run_id: str) -> dict[str, Any]:
    """Print what the run did, and give the pipeline back."""
    settings, connection = get_settings(), connect_through_airflow()
    # By index, which asks for no more results than there are files.
    loaded = [outcomes[number] for number in range(len(outcomes))] if outcomes else []
    facts = reporting.collect(connection, settings, run_id, loaded)
    run_log.note_refused_files(connection, settings, run_id, reporting.refused(loaded))
    lease.release(connection, settings, run_id)
    print(reporting.render(facts))
    if facts["published"]:
        refresh_catalog(connection, settings, facts["row_counts"])
    return facts
