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

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import AssetOrTimeSchedule, dag

from campaign.orchestration import run_params, tasks
from campaign.orchestration.cosmos_stages import dbt_stage
from campaign.orchestration.failure_alerts import tell_of_failure
from campaign.orchestration.gate_operator import PublicationGate
from campaign.orchestration.remedies import with_triage
from campaign.orchestration.retries import RETRY_ARGS
from campaign.orchestration.timetable import DailyTimetable
from campaign.settings import get_settings

CAMPAIGN_ZONE = get_settings().zone
# No start_date and a zero delta: switching the DAG on starts no run by itself, whatever the time of day.
DAILY = DailyTimetable("0 5 * * *", timezone=CAMPAIGN_ZONE, run_immediately=timedelta(0))


@dag(
    schedule=AssetOrTimeSchedule(timetable=DAILY, assets=[tasks.INBOX]) if get_settings().inbox_look_seconds else DAILY,
    catchup=False,
    max_active_runs=2 if tasks.GATED else 1,
    default_args={
        **RETRY_ARGS,
        "owner": "campaign",
        "on_failure_callback": tell_of_failure,
        "execution_timeout": tasks.LONGEST_TASK,
    },
    on_success_callback=[tasks.give_pipeline_back, tasks.note_success],
    on_failure_callback=[tasks.give_pipeline_back, tasks.note_failure],
    params=run_params.PARAMS,
    doc_md=with_triage(__doc__, "campaign_pipeline"),
    dag_display_name="Campaign pipeline, daily 05:00 and on arrival of files",
    description=f"Loads transaction CSVs and publishes checked marts: daily at 05:00 {CAMPAIGN_ZONE}, and when a file lands.",
    tags=["campaign", "daily 05:00"],
)
def campaign_pipeline() -> None:
    """Wire the stages."""
    files = tasks.find_files()
    outcomes = tasks.ingest.expand(path=files)
    new = tasks.something_new(files)
    stage_args = {"full_refresh": "{{ params.full_refresh }}", "pre_execute": tasks.before_dbt}
    build_marts = dbt_stage(
        "build_marts", ("prepare", "path:seeds path:models/staging path:models/intermediate"), ["path:models/marts"],
        ("figures", "path:models/figures"), before_first=tasks.before_build, **stage_args,
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
    published = tasks.publish()
    dbt_tasks = sorted(task.task_id for stage in (build_marts, detect_fraud) for task in stage.iter_tasks())
    outcomes >> new >> build_marts >> detect_fraud >> tasks.audit_marts(dbt_tasks) >> approved >> published
    # A leaf of its own: a refused file turns the run red although the others' rows are published.
    outcomes >> EmptyOperator(task_id="every_file_loaded", trigger_rule="none_failed")
    published >> tasks.report(outcomes).as_teardown()


campaign_pipeline()
