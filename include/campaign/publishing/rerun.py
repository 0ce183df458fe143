"""What a task meets that is cleared after its run has published: the tables it works on have moved into the marts.

A dbt task gets copies of them back, so that it and the tasks after it build, check and publish a whole set again. A check
looks at them where they are served.
"""

from __future__ import annotations

import logging

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.db.locks import named_lock
from campaign.publishing.publication_log import read_stamp
from campaign.settings import Settings
from campaign.transform.dbt_project import published_tables

LOCK_NAME = "campaign_rerun"
LOCK_SECONDS = 3600
COPY_PREFIX = "returning__"

log = logging.getLogger(__name__)


def has_published(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> bool:
    """Tell whether ``run_id`` published what is served, and nothing of a new set lies in the build database."""
    if tables_in(connection, settings.build_database) & set(published_tables()):
        return False
    stamp = read_stamp(connection, settings, settings.mart_database)
    return stamp is not None and stamp["run_id"] == run_id


def bring_back(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Copy what ``run_id`` has published into the build database, all or nothing. Does nothing in a run's first pass."""
    if not has_published(connection, settings, run_id):
        return
    # Tasks of one level start together; the first copies, the others wait and find it done.
    busy = TimeoutError(f"another task has been copying the served tables for {LOCK_SECONDS} s.")
    with named_lock(connection, LOCK_NAME, LOCK_SECONDS, busy):
        if has_published(connection, settings, run_id):
            _copy(connection, settings)


def _copy(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    build, mart = settings.build_database, settings.mart_database
    wanted = sorted(tables_in(connection, mart) & set(published_tables()))
    with connection.cursor() as cursor:
        for table in wanted:
            cursor.execute(f"drop table if exists {build}.{COPY_PREFIX}{table}")
            cursor.execute(f"create table {build}.{COPY_PREFIX}{table} like {mart}.{table}")
            cursor.execute(f"insert into {build}.{COPY_PREFIX}{table} select * from {mart}.{table}")
        moves = ", ".join(f"{build}.{COPY_PREFIX}{table} to {build}.{table}" for table in wanted)
        cursor.execute(f"rename table {moves}")
    log.info("This run has published before: copied %s served tables back into %s", len(wanted), build)
