"""How each run ended: one row per run in ``pipeline_run``, by which its failure is told once and a recovery is seen."""

from __future__ import annotations

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings

TABLE = "pipeline_run"
KEPT_DAYS = 400


def note_start(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Note that a run begins, or begins again after it was cleared; forget the oldest."""
    table = f"{settings.mart_database}.{TABLE}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} (run_id, started_at, outcome) values (%s, utc_timestamp(6), 'running')"
            " on duplicate key update started_at = utc_timestamp(6), ended_at = null, files_refused = null",
            (run_id,),
        )
        cursor.execute(f"delete from {table} where started_at < utc_timestamp() - interval {KEPT_DAYS} day")
    connection.commit()


def note_refused_files(connection: MySQLConnectionAbstract, settings: Settings, run_id: str, files: int) -> None:
    """Note how many files a run found refused, those of earlier runs that it met again included."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"update {settings.mart_database}.{TABLE} set files_refused = %s where run_id = %s", (files, run_id)
        )
    connection.commit()


def is_first_failure(connection: MySQLConnectionAbstract, settings: Settings, run_id: str, task: str) -> bool:
    """Note a task that failed for good, and tell whether people hear of it: the first one of its run, and the same one again.

    The same task fails again only where somebody cleared it, so it is news.
    """
    table = f"{settings.mart_database}.{TABLE}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} (run_id, started_at, outcome, failed_task)"
            " values (%s, utc_timestamp(6), 'failed', %s) on duplicate key update"
            " outcome = 'failed', failed_task = coalesce(failed_task, values(failed_task))",
            (run_id, task),
        )
        connection.commit()
        cursor.execute(f"select failed_task from {table} where run_id = %s", (run_id,))
        return cursor.fetchone()[0] == task


def note_end(connection: MySQLConnectionAbstract, settings: Settings, run_id: str, failed: bool) -> bool:
    """Note how a run ended; tell whether it ended well after a failure: its own, or that of the run before."""
    table = f"{settings.mart_database}.{TABLE}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"select outcome from {table} where run_id = %s or ended_at is not null"
            " order by run_id = %s and failed_task is not null desc, ended_at desc, started_at desc limit 1",
            (run_id, run_id),
        )
        before = next((outcome for (outcome,) in cursor.fetchall()), None)
        cursor.execute(
            f"insert into {table} (run_id, started_at, ended_at, outcome)"
            " values (%s, utc_timestamp(6), utc_timestamp(6), %s) on duplicate key update"
            " ended_at = values(ended_at), outcome = values(outcome)" + ("" if failed else ", failed_task = null"),
            (run_id, "failed" if failed else "succeeded"),
        )
    connection.commit()
    return not failed and before == "failed"
