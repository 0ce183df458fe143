"""The last step of write-audit-publish: all audited tables change places with the served ones in one statement.

``campaign_mart`` gets what was built, ``campaign_previous`` what was served, and what was there before is dropped (``swap``).
A reader sees the old set or the new one, never a gap and never a mixture, because MySQL's multi-table RENAME is atomic.
``current_generation``, one row, travels with the tables; ``publication`` is the log of what was published.
"""

from __future__ import annotations

import json
import logging
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.db.locks import named_lock
from campaign.db.rename import TablesInUseError
from campaign.errors import UserError
from campaign.publishing.damage import find_damage, forms
from campaign.publishing.publication_log import LOG_TABLE, STAMP_TABLE, complete_log, next_generation, read_stamp
from campaign.publishing.swap import drop_surplus, settle, swap
from campaign.settings import Settings
from campaign.transform.dbt_project import models_version, published_tables, rule_set_version

LOCK_NAME = "campaign_publish"

log = logging.getLogger(__name__)


class NotBuiltError(UserError):
    """Tables that should be published are not in the build database. The message names them."""


@dataclass(frozen=True)
class Publication:
    """What was published: the generation's number, and table name -> rows."""

    generation: int
    row_counts: dict[str, int]

    def as_dict(self) -> dict:
        """Return a JSON-able copy."""
        return asdict(self)


def source_version(connection: MySQLConnectionAbstract, settings: Settings) -> int:
    """Return a number that changes whenever ``campaign_raw.transaction_data`` did."""
    return _one_value(connection, f"select coalesce(max(version), 0) from {settings.raw_database}.source_version")


def is_current(connection: MySQLConnectionAbstract, settings: Settings) -> bool:
    """Tell whether what is served is what a build would give now.

    The rows, models and seeds are the same, the tables untouched, and no exception has ended.
    """
    mart = settings.mart_database
    stamp = read_stamp(connection, settings, mart)
    now = (source_version(connection, settings), models_version())
    if stamp is None or (stamp["source_version"], stamp["models_version"]) != now:
        return False
    if damaged := find_damage(connection, settings, stamp):
        log.warning("Changed by hand, so all is built again: %s.", "; ".join(damaged))
        return False
    ruled = {"fraud_signal", "fraud_exception"} <= tables_in(connection, mart)
    return not (ruled and _an_exception_ended(connection, settings))


def _an_exception_ended(connection: MySQLConnectionAbstract, settings: Settings) -> bool:
    """Tell whether a served hit is muted by an exception that held on the day of its build and does so no more."""
    mart = settings.mart_database
    return bool(
        _one_value(
            connection,
            f"select count(*) from {mart}.fraud_exception as e join {mart}.fraud_signal as s on s.muted = 1"
            " and s.subject_type = e.subject_type and s.subject_id = e.subject_id and s.rule_id = e.rule_id"
            " where e.until < current_date",
        )
    )


def publish(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> Publication:
    """Swap the built tables in and return what is served now. Safe to call again by the same run.

    Raises NotBuiltError when a table is missing, NameTakenError where a view is in the way, TablesInUseError when readers do not
    let go; then nothing was changed.
    """
    build = settings.build_database
    with alone(connection, settings):
        settle(connection, settings)
        complete_log(connection, settings)
        built = tables_in(connection, build)
        missing = [table for table in published_tables() if table not in built]
        if missing:
            done = _served_by(connection, settings, run_id)
            if done and len(missing) == len(published_tables()):
                return done
            raise NotBuiltError(
                f"{', '.join(missing)} not found in {build}: nothing was published. "
                "Clear the run from its stage build_marts, so that all tables are built anew."
            )
        publication = _stamp(connection, settings, run_id)
        swap(connection, settings, {table: f"{build}.{table}" for table in (*published_tables(), STAMP_TABLE)})
        complete_log(connection, settings)
        drop_surplus(connection, settings)
    log.info(
        "Published generation %s: %s rows in %s tables",
        publication.generation,
        sum(publication.row_counts.values()),
        len(publication.row_counts),
    )
    return publication


def alone(connection: MySQLConnectionAbstract, settings: Settings) -> AbstractContextManager[None]:
    """Keep a publication and a rollback apart."""
    seconds = settings.publish_wait_seconds
    busy = TablesInUseError(
        f"another publication or rollback has been at work for {seconds} s (CAMPAIGN_PUBLISH_WAIT_SECONDS): try again"
    )
    return named_lock(connection, f"{LOCK_NAME}.{settings.mart_database}"[:64], seconds, busy)


def _stamp(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> Publication:
    """Write the one-row table that travels with the marts, and return what it says."""
    build, mart, raw = settings.build_database, settings.mart_database, settings.raw_database
    row_counts = {t: _one_value(connection, f"select count(*) from {build}.{t}") for t in published_tables()}
    generation = next_generation(connection, settings)
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {build}.{STAMP_TABLE}")
        cursor.execute(f"create table {build}.{STAMP_TABLE} like {mart}.{LOG_TABLE}")
        cursor.execute(f"alter table {build}.{STAMP_TABLE} comment = '{forms(connection, build, row_counts)}'")
        cursor.execute(
            f"select file_name, sha256, load_no, rows_accepted from {raw}.ingest_file "
            "where status = 'loaded' and rows_accepted > 0 order by load_no"
        )
        files = [dict(zip(cursor.column_names, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute(
            f"insert into {build}.{STAMP_TABLE} (generation, published_at, engine, run_id, source_version,"
            " models_version, rule_set_version, source_files, row_counts)"
            " values (%s, utc_timestamp(3), %s, %s, %s, %s, %s, %s, %s)",
            (
                generation,
                settings.engine,
                run_id,
                source_version(connection, settings),
                models_version(),
                rule_set_version(),
                json.dumps(files),
                json.dumps(row_counts),
            ),
        )
    return Publication(generation, row_counts)


def _served_by(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> Publication | None:
    """Return what is served if this very run published it (a try that was killed after the swap)."""
    stamp = read_stamp(connection, settings, settings.mart_database)
    return Publication(stamp["generation"], stamp["row_counts"]) if stamp and stamp["run_id"] == run_id else None


def _one_value(connection: MySQLConnectionAbstract, statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
