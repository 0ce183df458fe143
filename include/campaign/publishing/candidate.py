"""Which run's tables are in the build database: the candidate for publication. A newer run's build replaces it.

Without this, a task of an earlier run that is cleared, or that people approve late, would publish tables of another run.
"""

from __future__ import annotations

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.errors import UserError
from campaign.settings import Settings


class SupersededError(UserError):
    """The tables in the build database are of a newer run. The message names it and what to do."""


def claim(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Note that ``run_id`` builds: what another run has built, and not published, is no candidate any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {settings.raw_database}.candidate (one, run_id, begun_at) values (1, %s, utc_timestamp(3))"
            " on duplicate key update run_id = values(run_id), begun_at = values(begun_at)",
            (run_id,),
        )
    connection.commit()


def owner(connection: MySQLConnectionAbstract, settings: Settings) -> str | None:
    """Return the run that has begun to build last; None where none has noted it."""
    with connection.cursor() as cursor:
        cursor.execute(f"select run_id from {settings.raw_database}.candidate")
        found = cursor.fetchone()
    return found[0] if found else None


def require(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> None:
    """Raise SupersededError when another run has begun to build since ``run_id`` did."""
    newer = owner(connection, settings)
    if newer not in (None, run_id):
        raise SupersededError(
            f"The tables in {settings.build_database} are of run {newer}, which began to build later: nothing was published"
            " by this run. Clear this run from its first task to build its tables again."
        )
