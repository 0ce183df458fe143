"""The numbers of generations, and the log of those that were published.

A number is given once: the web service's ETags and remembered answers go by it. So it comes from a counter that is committed before
the tables change places, and a publication that fails after that leaves a gap.
"""

from __future__ import annotations

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.database import tables_in
from campaign.settings import Settings

LOG_TABLE = "publication"
STAMP_TABLE = "current_generation"


def next_generation(connection: MySQLConnectionAbstract, settings: Settings) -> int:
    """Return a number that no generation has had and none gets again."""
    # A counter that is new or lost begins after every generation that left a trace.
    known = [f"select max(generation) as generation from {settings.mart_database}.{LOG_TABLE}"]
    known += [f"select max(generation) from {table}" for table in _stamps(connection, settings)]
    with connection.cursor() as cursor:
        cursor.execute(f"select coalesce(max(generation), 0) from ({' union all '.join(known)}) as known")
        (newest,) = cursor.fetchone()
        cursor.execute(
            f"insert into {settings.raw_database}.generation_counter (one, last_given) values (1, last_insert_id(%s))"
            " on duplicate key update last_given = last_insert_id(greatest(last_given + 1, %s))",
            (newest + 1, newest + 1),
        )
        connection.commit()
        cursor.execute("select last_insert_id()")
        return int(cursor.fetchone()[0])


def complete_log(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Append the generation that is served, and the one before it, where the log lacks them: their run was killed before it could."""
    with connection.cursor() as cursor:
        for stamp in _stamps(connection, settings):
            cursor.execute(f"insert ignore into {settings.mart_database}.{LOG_TABLE} select * from {stamp}")
    connection.commit()


def _stamps(connection: MySQLConnectionAbstract, settings: Settings) -> list[str]:
    databases = (settings.mart_database, settings.previous_database)
    return [f"{each}.{STAMP_TABLE}" for each in databases if STAMP_TABLE in tables_in(connection, each)]
