"""# Campaign rollback

Serves an earlier generation of the marts, when what was published last turns out to be wrong. It is `make rollback` in the UI,
by the same code.

1. `show_change` says what will change: the generations with their times and runs, totals of each campaign, suspects that are
   new or dropped, money at risk by rule. Nothing is changed yet.
2. `roll_back` serves that generation in one statement, if what is served is still what was shown. With *Only show* it is
   skipped.

**Schedule**: none; *Trigger* it. To undo it, trigger it again.

**Needs**: connection `campaign_mysql`, and a generation that is kept: the last CAMPAIGN_GENERATIONS_KEPT are (2 unless set).
The next run of `campaign_pipeline` publishes again if rows or models are not those of the generation, so pause that DAG until the
cause is found.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from campaign.db.connection import connect_through_airflow
from campaign.orchestration.failure_alerts import tell_of_failure
from campaign.orchestration.marts_asset import CAMPAIGNS, MARTS, emit
from campaign.orchestration.no_retry import no_retry_for_user_errors
from campaign.orchestration.remedies import with_triage
from campaign.orchestration.retries import RETRY_ARGS
from campaign.publishing import rollback as rolling
from campaign.settings import get_settings

PARAMS = {
    "generation": Param(
        None, type=["null", "integer"], title="Generation", minimum=1,
        description="The number of a generation that is kept. Empty: the one before the one that is served.",
    ),
    "only_show": Param(
        False, type="boolean", title="Only show",
        description="Say what would change in the log of show_change, and change nothing.",
    ),
}  # fmt: skip


@task
def show_change(params: dict[str, Any]) -> dict[str, int]:
    """Print what will change and return the numbers of both generations."""
    with no_retry_for_user_errors():
        change = rolling.plan(connect_through_airflow(), get_settings(), params["generation"])
    print(change.text)
    return {"generation": change.target, "served": change.served}


@task(outlets=[MARTS, CAMPAIGNS])
def roll_back(change: dict[str, int], params: dict[str, Any], outlet_events: Any) -> int:
    """Serve the generation that was shown, and emit the assets of the marts and of each campaign."""
    if params["only_show"]:
        raise AirflowSkipException("Only show: nothing was changed.")
    settings, connection = get_settings(), connect_through_airflow()
    with no_retry_for_user_errors():
        number = rolling.rollback(connection, settings, **change)
    emit(connection, settings, outlet_events, {"generation": number, "rolled_back": True})
    print(f"Serving generation {number}. {rolling.NEXT}")
    return number


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args={
        **RETRY_ARGS,
        "owner": "campaign",
        "on_failure_callback": tell_of_failure,
        "execution_timeout": timedelta(seconds=2 * get_settings().publish_wait_seconds + 600),
    },
    params=PARAMS,
    doc_md=with_triage(__doc__, "campaign_rollback"),
    dag_display_name="Campaign rollback, by hand",
    description="Serves an earlier generation of the marts. Started by hand only.",
    tags=["campaign", "by hand"],
)
def campaign_rollback() -> None:
    """Wire the two tasks."""
    roll_back(show_change())


campaign_rollback()
