"""# Campaign pipeline

Takes a voucher campaign's transaction CSV to published marts: who bought, who sold, who ranks where, and who looks
like abusing the voucher, with the orders that show it.

1. `find_files` takes the pipeline (one run at a time), judges rows again that were outside of every campaign if the campaigns
   have changed, and lists the files to load.
2. `ingest`, once per file, judges every line and loads what is accepted in one transaction. What is not is in
   `campaign_raw.rejected_row` with a sentence.
3. `something_new` ends the run here, green, when the marts that are served already come from these rows and models.
4. `build_marts` and `detect_fraud` run dbt into `campaign_build`, each model with its tests.
5. `audit` checks what was built. A failed check stops the run: nothing is published, the last good generation stays.
6. `publish` swaps all tables into `campaign_mart` in one statement and emits the asset `campaign_marts`.
7. `report` prints what became of every file and gives the pipeline back, whatever happened before. `every_file_loaded` is red
   when a file was refused.

**Schedule**: daily at 05:00 campaign time, after the platform's nightly export and before anyone reads the result.
By hand: *Trigger* in the UI; the form explains its fields. Running it twice changes nothing.

**Needs**: connection `campaign_mysql` (the loader; schema `campaign_build`), the dbt manifest (`make manifest`), and files below
`CAMPAIGN_INBOX` or `CAMPAIGN_ALLOWED_ROOTS`.

## Triage

| red task | means | do |
|---|---|---|
| `find_files` | another run owns the pipeline, or the source is not where it may be read | its last log line says which |
| `ingest` | the file has too many bad lines, or none that can be read | mend the file by the sentences in the log; other files were loaded |
| a dbt task | a model failed, or one of its tests: an assumption about the data is broken | read the test's name, query its rows |
| `audit` | marts and raw rows disagree | do not publish by hand; clear from `build_marts` |
| `publish` | a table is missing, or a reader held a served table for minutes | clear the task |
| `every_file_loaded` | a file of this run was refused; what could be published was | see `ingest` |
"""  # noqa: E501 (a table's row is one line)

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator, SQLTableCheckOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException
from airflow.timetables.trigger import CronTriggerTimetable

from campaign import audit, lease
from campaign import publish as publishing
from campaign import report as reporting
from campaign.cosmos_config import CONNECTION_ID, dbt_stage
from campaign.database import connect_through_airflow
from campaign.settings import get_settings

CAMPAIGN_ZONE = "Asia/Ho_Chi_Minh"
MARTS = Asset(name="campaign_marts", uri="mysql://campaign-mysql:3306/campaign_mart/current_generation")

PARAMS = {
    "source": Param(
        None, type=["null", "string"], title="File or folder",
        description="A CSV (or .csv.gz), a folder of them, or a pattern. Empty: everything in the inbox folder. "
        "It must lie below an allowed folder (CAMPAIGN_INBOX, CAMPAIGN_ALLOWED_ROOTS).",
    ),
    "campaign": Param(
        None, type=["null", "integer"], minimum=1, title="Campaign",
        description="Accept only orders of this campaign id; orders of others are rejected. Empty: every campaign.",
    ),
    "replace": Param(
        "nothing", type="string", enum=["nothing", "orders", "days"], title="Replace stored orders",
        description="What happens to an order that is stored with other content. nothing: the file's is rejected. orders: the "
        "file's takes its place. days: besides, orders that the file lacks are removed from the days it has rows of; such a "
        "file must not have a single bad row.",
    ),
    "full_refresh": Param(
        False, type="boolean", title="Full refresh",
        description="Build every table anew and publish, even when nothing has changed.",
    ),
}  # fmt: skip


def renew_lease(context: dict[str, Any]) -> None:
    """Before a task of a stage: fail if another run has taken over the pipeline since this one began."""
    lease.renew(connect_through_airflow(CONNECTION_ID), get_settings(), context["run_id"])


@task(retries=0)
def find_files(params: dict[str, Any], run_id: str) -> list[str]:
    """Take the pipeline and list the files to load."""
    from campaign.campaigns import load_campaigns
    from campaign.rejudge import rejudge_outside_campaign
    from campaign.schema import ensure_kept_tables
    from campaign.source_files import find_source_files

    settings, connection = get_settings(), connect_through_airflow(CONNECTION_ID)
    ensure_kept_tables(connection, settings)
    lease.acquire(connection, settings, run_id)
    campaigns = load_campaigns()
    known = [campaign.campaign_id for campaign in campaigns]
    if params["campaign"] is not None and params["campaign"] not in known:
        raise AirflowFailException(
            f"campaign {params['campaign']} is not in dbt/seeds/campaign.csv, which has {known}: "
            "add a row there or choose one of these."
        )
    rejudge_outside_campaign(connection, settings, campaigns, run_id)
    return [str(path) for path in find_source_files(params["source"] or settings.inbox, settings)]


@task(map_index_template="{{ file_name }}")
def ingest(path: str, params: dict[str, Any], run_id: str, ti: Any) -> dict[str, Any]:
    """Load one file, and fail for good if it is refused."""
    from airflow.sdk import get_current_context

    from campaign.campaigns import load_campaigns
    from campaign.ingest import ingest_file

    get_current_context()["file_name"] = path.rsplit("/", 1)[-1]
    settings, connection = get_settings(), connect_through_airflow(CONNECTION_ID)
    lease.renew(connection, settings, run_id)
    outcome = ingest_file(
        connection, path, settings,
        campaigns=load_campaigns(), run_id=run_id, campaign_id=params["campaign"], replace=params["replace"],
    ).as_dict()  # fmt: skip
    if outcome["status"] == "failed":
        ti.xcom_push(key="return_value", value=outcome)
        raise AirflowFailException(outcome["message"])
    return outcome


@task.short_circuit(trigger_rule="all_done", ignore_downstream_trigger_rules=False)
def something_new(files: list[str] | None, params: dict[str, Any], run_id: str) -> bool:
    """Tell whether the marts have to be built: rows or models have changed since the last publication."""
    if files is None:
        raise AirflowFailException("find_files failed, so there is nothing to go on with.")
    settings, connection = get_settings(), connect_through_airflow(CONNECTION_ID)
    lease.renew(connection, settings, run_id)
    return params["full_refresh"] or not publishing.is_current(connection, settings)


@task_group(group_id="audit")
def audit_marts() -> None:
    """Check what was built, in the database that publish swaps from. The same rows give the same answer: no retry."""
    for table, columns in audit.COLUMN_CHECKS.items():
        SQLColumnCheckOperator(
            task_id=f"check_columns_of_{table}", conn_id=CONNECTION_ID, table=table, column_mapping=columns, retries=0
        )
    for table, statements in audit.TABLE_CHECKS.items():
        checks = {name: {"check_statement": statement} for name, statement in statements.items()}
        SQLTableCheckOperator(task_id=f"check_{table}", conn_id=CONNECTION_ID, table=table, checks=checks, retries=0)


@task(outlets=[MARTS])
def publish(run_id: str, outlet_events: Any) -> dict[str, Any]:
    """Swap the audited tables in."""
    settings, connection = get_settings(), connect_through_airflow(CONNECTION_ID)
    lease.renew(connection, settings, run_id)
    publication = publishing.publish(connection, settings, run_id).as_dict()
    outlet_events[MARTS].extra = publication
    return publication


@task(retries=0)
def report(outcomes: Any, run_id: str) -> dict[str, Any]:
    """Print what the run did, and give the pipeline back."""
    settings, connection = get_settings(), connect_through_airflow(CONNECTION_ID)
    # By index, which asks for no more results than there are files.
    loaded = [outcomes[number] for number in range(len(outcomes))] if outcomes else []
    facts = reporting.collect(connection, settings, run_id, loaded)
    lease.release(connection, settings, run_id)
    print(reporting.render(facts))
    return facts


@dag(
    # No start_date and a zero delta: switching the DAG on starts no run by itself, whatever the time of day.
    schedule=CronTriggerTimetable("0 5 * * *", timezone=CAMPAIGN_ZONE, run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=15)},
    params=PARAMS,
    doc_md=__doc__,
    tags=["campaign"],
)
def campaign_pipeline() -> None:
    """Wire the stages."""
    files = find_files()
    outcomes = ingest.expand(path=files)
    new = something_new(files)
    stage_args = {"full_refresh": "{{ params.full_refresh }}", "pre_execute": renew_lease}
    build_marts = dbt_stage("build_marts", ["tag:build"], **stage_args)
    detect_fraud = dbt_stage("detect_fraud", ["tag:fraud"], **stage_args)
    published = publish()
    outcomes >> new >> build_marts >> detect_fraud >> audit_marts() >> published
    # A leaf of its own: a refused file turns the run red although the others' rows are published.
    outcomes >> EmptyOperator(task_id="every_file_loaded", trigger_rule="none_failed")
    published >> report(outcomes).as_teardown()


campaign_pipeline()
