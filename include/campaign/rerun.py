"""What a task meets that is cleared after its run has published: the tables it works on have moved into the marts.

A dbt task gets copies of them back, so that it and the tasks after it build, check and publish a whole set again. A check
looks at them where they are served.
"""

from __future__ import annotations

import logging

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.dbt_project import published_tables
from campaign.publish import STAMP_TABLE
from campaign.settings import Settings

LOCK_NAME = "campaign_rerun"
LOCK_SECONDS = 3600
COPY_PREFIX = "returning__"

log = logging.getLogger(__name__)


def has_published(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> bool:
    """Tell whether ``run_id`` published what is served, and nothing of a new set lies in the build database."""
    with connection.cursor() as cursor:
        served = _tables(cursor, settings.mart_database)
        if STAMP_TABLE not in served or _tables(cursor, settings.build_database) & set(published_tables()):
            return False
        cursor.execute(f"select 1 from {settings.mart_database}.{STAMP_TABLE} where run_id = %s", (run_id,))
        return cursor.fetchone() is not None


def bring_back(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Copy what ``run_id`` has published into the build database, all or nothing. Does nothing in a run's first pass."""
    if not has_published(connection, settings, run_id):
        return
    with connection.cursor() as cursor:
        # Tasks of one level start together; the first copies, the others wait and find it done.
        cursor.execute("select get_lock(%s, %s)", (LOCK_NAME, LOCK_SECONDS))
        if cursor.fetchone()[0] != 1:
            raise TimeoutError(f"another task has been copying the served tables for {LOCK_SECONDS} s.")
        try:
            if has_published(connection, settings, run_id):
                _copy(cursor, settings)
        finally:
            cursor.execute("select release_lock(%s)", (LOCK_NAME,))
            cursor.fetchall()


def _copy(cursor, settings: Settings) -> None:
    build, mart = settings.build_database, settings.mart_database
    wanted = sorted(_tables(cursor, mart) & set(published_tables()))
    for table in wanted:
        cursor.execute(f"drop table if exists {build}.{COPY_PREFIX}{table}")
        cursor.execute(f"create table {build}.{COPY_PREFIX}{table} like {mart}.{table}")
        cursor.execute(f"insert into {build}.{COPY_PREFIX}{table} select * from {mart}.{table}")
    moves = ", ".join(f"{build}.{COPY_PREFIX}{table} to {build}.{table}" for table in wanted)
    cursor.execute(f"rename table {moves}")
    log.info("This run has published before: copied %s served tables back into %s", len(wanted), build)


def _tables(cursor, database: str) -> set[str]:
    cursor.execute(
        "select table_name from information_schema.tables where table_schema = %s and table_type = 'BASE TABLE'",
        (database,),
    )
    return {row[0] for row in cursor.fetchall()}
