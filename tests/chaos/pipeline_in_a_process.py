"""The pipeline in one process that may be killed: lease, ingest, build, publish, rollback and back. Marts by plain SQL, not by dbt.

A module of its own, so that a fork server can import it once for all processes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import campaign.db.connection
import campaign.ingest.ingest_file
import campaign.publishing.publish
import campaign.publishing.rollback
from campaign.db.connection import connect
from campaign.orchestration import lease, run_report
from campaign.publishing import candidate
from campaign.settings import Settings
from tests.fixtures.load_in_a_process import CAMPAIGNS

STAGES = ("ingest", "build", "publish", "rollback")
# Name -> key and rows.
MARTS = {
    "all_orders": ("order_id", "select order_id, txn_time, uid, shop_id, gmv, rebate from {raw}.transaction_data"),
    "by_customer": ("uid", "select uid, count(*) as orders, sum(gmv) as gmv from {raw}.transaction_data group by uid"),
    "by_day": (
        "txn_date",
        "select txn_date, count(*) as orders, sum(gmv) as gmv from {raw}.transaction_data group by txn_date",
    ),
    "by_shop": (
        "shop_id",
        "select shop_id, count(*) as orders, sum(gmv) as gmv from {raw}.transaction_data group by shop_id",
    ),
    "by_reason": ("reason", "select reason, count(*) as number from {raw}.rejected_row group by reason"),
    "totals": (
        "campaign_id",
        "select 2 as campaign_id, count(*) as orders, sum(gmv) as gmv from {raw}.transaction_data",
    ),
}


@dataclass(frozen=True)
class Run:
    """What a process runs, with a clock that may be wrong by some seconds."""

    settings: Settings
    files: tuple[Path, ...]
    run_id: str
    clock_off: int = 0


def run(what: Run, says: Connection) -> None:
    """Send the name of each stage as it begins, then ``done`` and the seconds of each, or the error's text."""
    try:
        says.send(("done", _stages(what, says)))
    except Exception as error:  # the experiment decides whether it was to be expected
        says.send(("failed", f"{type(error).__name__}: {error}"))


def _stages(what: Run, says: Connection) -> dict[str, float]:
    campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS = 0
    campaign.publishing.publish.published_tables = campaign.publishing.rollback.published_tables = lambda: tuple(MARTS)
    if what.clock_off:
        usual = campaign.db.connection.bounded_waits
        campaign.db.connection.bounded_waits = lambda settings: (
            f"{usual(settings)}, timestamp = unix_timestamp(sysdate()) + {what.clock_off}"
        )
    settings, seconds, begin = what.settings, {}, time.monotonic()
    with connect(settings) as connection, lease.hold(connection, settings, what.run_id):
        for stage in STAGES:
            says.send(("stage", stage))
            _STAGE[stage](connection, what)
            seconds[stage] = time.monotonic() - begin
            begin = time.monotonic()
        run_report.collect(connection, settings, what.run_id, [])
    return seconds


def _ingest(connection, what: Run) -> None:
    for file in what.files:
        outcome = campaign.ingest.ingest_file.ingest_file(
            connection, file, what.settings, campaigns=CAMPAIGNS, run_id=what.run_id
        )
        if outcome.status == "failed":
            raise RuntimeError(outcome.message)


def _build(connection, what: Run) -> None:
    raw, build = what.settings.raw_database, what.settings.build_database
    candidate.claim(connection, what.settings, what.run_id)
    with connection.cursor() as cursor:
        for name, (key, rows) in MARTS.items():
            cursor.execute(f"drop table if exists {build}.{name}")
            cursor.execute(f"create table {build}.{name} (primary key ({key})) as {rows.format(raw=raw)}")


def _publish(connection, what: Run) -> None:
    candidate.require(connection, what.settings, what.run_id)
    campaign.publishing.publish.publish(connection, what.settings, what.run_id)


def _rollback(connection, what: Run) -> None:
    """Go back and forth, so that what is served in the end is what was published."""
    newest = campaign.publishing.rollback.kept_generations(connection, what.settings)
    if len(newest) > 1:
        campaign.publishing.rollback.rollback(connection, what.settings)
        campaign.publishing.rollback.rollback(connection, what.settings, max(newest))


_STAGE = {"ingest": _ingest, "build": _build, "publish": _publish, "rollback": _rollback}
