"""The numbers of generations, and the log of those that were published.

A number is given once: the web service's ETags and remembered answers go by it. So it comes from a counter that is committed
before the tables change places, and a publication that fails after that leaves a gap.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.settings import Settings

LOG_TABLE = "publication"
STAMP_TABLE = "current_generation"

log = logging.getLogger(__name__)


def read_stamp(
    connection: MySQLConnectionAbstract, settings: Settings, database: str, table: str = STAMP_TABLE
) -> dict[str, Any] | None:
    """Return the stamp of the set in a database: the log's columns -> values, ``row_counts`` as a dict.

    What is missing because somebody altered the table is None. None where there is no stamp, or it was emptied.
    """
    if table not in tables_in(connection, database):
        return None
    with connection.cursor(dictionary=True) as cursor:
        cursor.execute(f"select * from {settings.mart_database}.{LOG_TABLE} limit 0")
        cursor.fetchall()
        columns = cursor.column_names
        cursor.execute(f"select * from {database}.{table}")
        found = cursor.fetchall()
    if len(found) != 1:
        log.warning("%s.%s has %s rows instead of one: it was changed by hand.", database, table, len(found))
        return None
    stamp = {column: found[0].get(column) for column in columns}
    return stamp | {"row_counts": json.loads(stamp["row_counts"] or "{}")}


def next_generation(connection: MySQLConnectionAbstract, settings: Settings) -> int:
    """Return a number that no generation has had and none gets again."""
    # A counter that is new or lost begins after every generation that left a trace.
    stamped = [stamp["generation"] or 0 for stamp in _stamps(connection, settings)]
    with connection.cursor() as cursor:
        cursor.execute(f"select coalesce(max(generation), 0) from {settings.mart_database}.{LOG_TABLE}")
        following = 1 + max(cursor.fetchone()[0], *stamped, 0)
        cursor.execute(
            f"insert into {settings.raw_database}.generation_counter (one, last_given) values (1, last_insert_id(%s))"
            " on duplicate key update last_given = last_insert_id(greatest(last_given + 1, %s))",
            (following, following),
        )
        connection.commit()
        cursor.execute("select last_insert_id()")
        return int(cursor.fetchone()[0])


def complete_log(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Append what is served, and what was before it, where the log lacks it: its run was killed before it could."""
    with connection.cursor() as cursor:
        for stamp in _stamps(connection, settings):
            if None not in stamp.values():
                cursor.execute(
                    f"insert ignore into {settings.mart_database}.{LOG_TABLE} ({', '.join(stamp)})"
                    f" values ({', '.join(['%s'] * len(stamp))})",
                    (*(stamp | {"row_counts": json.dumps(stamp["row_counts"])}).values(),),
                )
    connection.commit()


def _stamps(connection: MySQLConnectionAbstract, settings: Settings) -> list[dict[str, Any]]:
    databases = (settings.mart_database, settings.previous_database)
    return [stamp for each in databases if (stamp := read_stamp(connection, settings, each))]
