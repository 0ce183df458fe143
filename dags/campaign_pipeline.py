"""# Campaign pipeline

Takes a voucher campaign's transaction CSV to published marts: who bought, who sold, who ranks where, and who looks
like abusing the voucher, with the orders that show it.

1. `find_files` checks what was asked for, takes the pipeline (one run at a time), validates rows again that were outside of every
   campaign if the campaigns have changed, and lists the files to load.
2. `ingest`, once per file, validates every line and loads what is accepted in one transaction. What is not is in
   `campaign_raw.rejected_row` with a sentence.
3. `something_new` ends the run here, green, when the marts that are served already come from these rows and models.
4. `build_marts` and `detect_fraud` run dbt into `campaign_build`, each model with its tests: first what nobody looks up by
   name in one dbt start (`prepare`, `rules`), then a task per mart.
5. `audit` checks what was built. A failed check stops the run: nothing is published, the last good generation stays. What each
   check and each test of dbt found is in `campaign_mart.check_outcome`, run by run.
6. `approve` lets the run pass, unless CAMPAIGN_GATE_SHARE is set and suspects or money at risk differ from what is served by
   more than that share. Then it shows the difference and waits for a person (*Required actions*). It owns nothing meanwhile: a
   newer run may build, and then this request ends as superseded. An answer that does not come in time is
   CAMPAIGN_GATE_DEFAULT.
7. `publish` swaps all tables into `campaign_mart` in one statement and emits the asset `campaign_marts`, and for each campaign
   with orders the asset `campaign_<id>_published`.
8. `report` prints what became of every file and gives the pipeline back, whatever happened before. `every_file_loaded` is red
   when a file was refused: once, then the report says that it is still refused, until its content changes or it is taken away.
   A run that names this one file is red each time.

**Schedule**: daily at 05:00 campaign time, after the platform's nightly export and before anyone reads the result. Besides, a
run starts for files that have landed in `CAMPAIGN_INBOX` and are no longer written to. By hand: *Trigger* in the UI; the form
explains its fields. Running it twice changes nothing.

**Days**: no run is made up for a missed day (no catchup): a run loads whatever lies in the inbox and is not known yet. To load
day by day, backfill with a source that has `{day}` in it. Both days are included, days are those of CAMPAIGN_ZONE, in the
UI's form too, and `exports` is a folder of CAMPAIGN_ALLOWED_ROOTS (`make airflow ARGS="backfill create …"` in the local stack):

```sh
airflow backfill create --dag-id campaign_pipeline --from-date 2026-06-11 --to-date 2026-06-12 --dag-run-conf '{"source": "exports/{day}.csv"}'
```

A day without a file is red. A day that has a run already is skipped: add `--reprocess-behavior failed` to repeat failed ones,
`completed` for all. Two files of one day add up; an order that is in both counts once. A run that is started while another is
at work waits for it. A scheduled run that could not start for an hour is skipped. Airflow's UI shows times in the browser's
zone, and the form sends them as they are shown there: select the campaign's (*User, Select timezone*) before you pick days.

**Retries**: a task that fails by no fault of its input (a server restarts, a process is killed) is retried three times, which
outlasts five minutes of trouble. A refused file, a failed test or check, a wrong parameter and a task that took too long
(CAMPAIGN_TASK_MINUTES) fail at once.

**After it**: schedule a DAG on the asset `campaign_marts`; `extra` of its event has the generation and the rows of each table. Or on
`campaign_7_published`, if it waits for campaign 7 only; `extra` has the generation, the campaign's orders and suspects.
The first task of a run that failed for good is told to the connection `campaign_failure_webhook`, if there is one, and the run that
is green again after it.

**Needs**: connection `campaign_mysql` (the loader; schema `campaign_build`), the dbt manifest (`make manifest`), and files
below `CAMPAIGN_INBOX` or `CAMPAIGN_ALLOWED_ROOTS`.
"""  # noqa: E501 (a command that is pasted is one line)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    Asset,
    AssetOrTimeSchedule,
    AssetWatcher,
    Param,
    dag,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

from campaign.contract.outcome import STILL_REFUSED
from campaign.db.connection import CONNECTION_ID, bounded_waits, connect_through_airflow
from campaign.db.rename import TablesInUseError
from campaign.engines import lifecycle
from campaign.orchestration import lease, marts_asset, run_log, run_params
from campaign.orchestration import run_report as reporting
from campaign.orchestration.audit_operators import LoggedColumnCheck, LoggedTableCheck
from campaign.orchestration.cosmos_stages import dbt_stage
from campaign.orchestration.failure_alerts import tell_of_failure, tell_of_recovery
from campaign.orchestration.gate_operator import PublicationGate
from campaign.orchestration.inbox_trigger import InboxTrigger
from campaign.orchestration.marts_asset import CAMPAIGNS, MARTS
from campaign.orchestration.publication_notice import tell_of_publication
from campaign.orchestration.remedies import with_triage
from campaign.orchestration.retries import RETRY_ARGS
from campaign.orchestration.timetable import DailyTimetable
from campaign.publishing import audit, candidate
from campaign.publishing import publish as publishing
from campaign.publishing.gate import Decision
from campaign.publishing.publication_log import complete_log
from campaign.publishing.rule_drift import rule_jumps
from campaign.publishing.swap import NameTakenError
from campaign.settings import get_settings
from campaign.transform import check_log, lineage
from campaign.transform.catalog import refresh_catalog
from campaign.transform.failing_rows import forget_failing_rows

CAMPAIGN_ZONE = get_settings().zone
INBOX = Asset(
    name="campaign_inbox",
    watchers=[AssetWatcher(name="file_arrival", trigger=InboxTrigger(look_every=get_settings().inbox_look_seconds))],
)
# No start_date and a zero delta: switching the DAG on starts no run by itself, whatever the time of day.
DAILY = DailyTimetable("0 5 * * *", timezone=CAMPAIGN_ZONE, run_immediately=timedelta(0))
# One waits for people, a newer one may build meanwhile; the lease keeps them apart.
GATED = get_settings().gate_share is not None
LONGEST_TASK = timedelta(minutes=get_settings().task_minutes, seconds=get_settings().lock_wait_seconds)

LOOK_AGAIN = timedelta(minutes=1)

PARAMS = {
    "source": Param(
        None, type=["null", "string"], title="File or folder", minLength=1, maxLength=1000,
        description="A CSV (or .csv.gz), a folder of them, or a pattern such as exports/*.csv. {day} in it stands for the run's "
        "day, like 2026-06-10. Empty: the files that landed, if a file started the run, else everything in the inbox folder. "
        "It must lie below an allowed folder (CAMPAIGN_INBOX, CAMPAIGN_ALLOWED_ROOTS).",
    ),
    "campaign": Param(
        None, type=["null", "integer"], title="Campaign", **run_params.campaign_choices(),
        description="Accept only orders of this campaign; orders of others are rejected. Empty: every campaign. "
        "Campaigns are the rows of dbt/seeds/campaign.csv.",
    ),
    "replace": Param(
        "nothing", type="string", enum=["nothing", "orders", "days"], title="Replace stored orders",
        description="What happens to an order that is stored with other content. nothing: the file's is rejected. orders: the "
        "file's takes its place. days: besides, orders that the file lacks are removed from the days it has rows of; such a "
        "file must not have a single bad row.",
    ),
    "full_refresh": Param(
        False, type="boolean", title="Full refresh",
        description="Build every table anew and publish, even when neither rows nor models have changed since the last time.",
    ),
    "gate": Param(
        Decision.ASK.value, type="string", enum=[each.value for each in Decision], title="Gate",
        description="Where suspects or money at risk change by more than CAMPAIGN_GATE_SHARE. ask: a person approves or rejects"
        " in Required actions. approve: publish. reject: keep what is served. fail: keep it and fail, with the difference.",
    ),
}  # fmt: skip


def before_dbt(context: dict[str, Any]) -> None:
    """Fail if another run owns the pipeline; bring back what this run has published, if the task was cleared after it."""
    from campaign.publishing.rerun import bring_back

    settings, connection = get_settings(), still_ours(context["run_id"])
    bring_back(connection, settings, context["run_id"])
    first = context["task"].task_id == "build_marts.prepare"
    if first:
        candidate.claim(connection, settings, context["run_id"])
        forget_failing_rows(connection, settings)
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
    try:
        lease.renew(connection, get_settings(), run_id)
    except lease.PipelineBusyError as error:
        raise AirflowFailException(str(error)) from None
    return connection


# One at a time over all runs: waiting for the pipeline takes a worker's place, and a backfill starts many runs.
@task(max_active_tis_per_dag=1)
def find_files(params: dict[str, Any], dag_run: Any, triggering_asset_events: Any) -> list[str]:
    """Take the pipeline and list the files to load."""
    from campaign.campaigns import CampaignError, load_campaigns
    from campaign.db.schema import ensure_kept_tables
    from campaign.ingest.revalidate import revalidate_outside_campaign
    from campaign.ingest.source_files import SourceError, find_source_files
    from campaign.publishing.damage import DamageError, refuse_lost_orders

    settings = get_settings()
    try:
        run_params.refuse_unknown_names(dag_run.conf, PARAMS)
        campaigns = load_campaigns()
        run_params.refuse_unknown_campaign(params["campaign"], campaigns)
        moment = dag_run.logical_date or dag_run.run_after
        sources = run_params.sources(
            params["source"], triggering_asset_events[INBOX], settings.inbox, moment, CAMPAIGN_ZONE
        )
        files = sorted({str(path) for source in sources for path in find_source_files(source, settings)})
        connection = connect_through_airflow()
        ensure_kept_tables(connection, settings)
        refuse_lost_orders(connection, settings)
        lease.acquire(connection, settings, dag_run.run_id)
        run_log.note_start(connection, settings, dag_run.run_id)
        check_log.forget_old(connection, settings)
    except lease.PipelineBusyError as error:
        if GATED and datetime.now(UTC) < dag_run.start_date + LONGEST_TASK:
            raise AirflowRescheduleException(datetime.now(UTC) + LOOK_AGAIN) from None
        raise AirflowFailException(str(error)) from None
    except (run_params.RunConfError, CampaignError, SourceError, DamageError) as error:
        raise AirflowFailException(str(error)) from None
    revalidate_outside_campaign(connection, settings, campaigns, dag_run.run_id)
    return files


# One file after the other: the next would only wait for the loader's lock, in a worker's place, and a large one past its time.
@task(map_index_template="{{ file_name }}", max_active_tis_per_dagrun=1)
def ingest(path: str, params: dict[str, Any], run_id: str, ti: Any) -> dict[str, Any]:
    """Load one file, and fail for good if it is refused for the first time or was asked for by name."""
    from airflow.sdk import get_current_context

    from campaign.campaigns import load_campaigns
    from campaign.ingest.ingest_file import ingest_file
    from campaign.ingest.load.failure import in_a_sentence
    from campaign.ingest.source_files import SourceError

    lineage.note_load(get_settings(), path)
    get_current_context()["file_name"] = file_name = path.rsplit("/", 1)[-1]
    try:
        with in_a_sentence(get_settings(), file_name):
            connection = still_ours(run_id)
            outcome = ingest_file(
                connection, path, get_settings(),
                campaigns=load_campaigns(), run_id=run_id, campaign_id=params["campaign"], replace=params["replace"],
                keep_first_orders=lifecycle.keeper_of_first_orders(connection, get_settings()),
            ).as_dict()  # fmt: skip
    except SourceError as error:
        raise AirflowFailException(str(error)) from None
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
    try:
        candidate.require(connection, get_settings(), run_id)
        publication = publishing.publish(connection, get_settings(), run_id).as_dict()
    except (
        candidate.SupersededError,
        publishing.NotBuiltError,
        NameTakenError,
        TablesInUseError,
    ) as error:
        raise AirflowFailException(str(error)) from None
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


@dag(
    schedule=AssetOrTimeSchedule(timetable=DAILY, assets=[INBOX]) if get_settings().inbox_look_seconds else DAILY,
    catchup=False,
    max_active_runs=2 if GATED else 1,
    default_args={
        **RETRY_ARGS,
        "owner": "campaign",
        "on_failure_callback": tell_of_failure,
        "execution_timeout": LONGEST_TASK,
    },
    on_success_callback=[give_pipeline_back, note_success],
    on_failure_callback=[give_pipeline_back, note_failure],
    params=PARAMS,
    doc_md=with_triage(__doc__, "campaign_pipeline"),
    dag_display_name="Campaign pipeline, daily 05:00 and on arrival of files",
    description=f"Loads transaction CSVs and publishes checked marts: daily at 05:00 {CAMPAIGN_ZONE}, and when a file lands.",
    tags=["campaign", "daily 05:00"],
)
def campaign_pipeline() -> None:
    """Wire the stages."""
    files = find_files()
    outcomes = ingest.expand(path=files)
    new = something_new(files)
    stage_args = {"full_refresh": "{{ params.full_refresh }}", "pre_execute": before_dbt}
    build_marts = dbt_stage(
        "build_marts", ("prepare", "path:seeds path:models/staging path:models/intermediate"), ["path:models/marts"],
        ("figures", "path:models/figures"), **stage_args,
    )  # fmt: skip
    # The rules with what only they read; a rule added to the folder is built with them.
    detect_fraud = dbt_stage(
        "detect_fraud", ("rules", "+path:models/fraud/rules,tag:fraud"),
        ["path:models/fraud/marts", "int_fraud_hit_order", "int_shop_band", "int_customer_band", "int_fraud_evidence"],
        **stage_args,
    )  # fmt: skip
    approved = PublicationGate(
        task_id="approve",
        response_timeout=timedelta(minutes=get_settings().gate_response_minutes),
        defaults=get_settings().gate_default.capitalize(),
        retry_policy=None,  # its time includes what people take to answer
    )
    published = publish()
    dbt_tasks = sorted(task.task_id for stage in (build_marts, detect_fraud) for task in stage.iter_tasks())
    outcomes >> new >> build_marts >> detect_fraud >> audit_marts(dbt_tasks) >> approved >> published
    # A leaf of its own: a refused file turns the run red although the others' rows are published.
    outcomes >> EmptyOperator(task_id="every_file_loaded", trigger_rule="none_failed")
    published >> report(outcomes).as_teardown()


campaign_pipeline()
