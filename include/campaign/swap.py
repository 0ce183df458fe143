"""Tables change places: what comes in is served, what was served becomes the set before. One RENAME; no reader sees half of it.

Readers wait while it runs, so it moves what is served and nothing else: the set before has been renamed out of the way already,
and is dropped afterwards. A kill in between leaves it under its other name, and ``settle`` gives it back, or drops it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.database import tables_in
from campaign.publication_log import STAMP_TABLE, read_stamp
from campaign.rename import TablesInUseError, in_short_tries, rename
from campaign.settings import Settings

RETIRED_PREFIX = "retired__"

log = logging.getLogger(__name__)


class NameTakenError(RuntimeError):
    """A view bears the name of a table that is published. The message says which and what removes it."""


def swap(connection: MySQLConnectionAbstract, settings: Settings, incoming: Mapping[str, str]) -> None:
    """Serve ``incoming``, name -> qualified table. What was in the previous database is under RETIRED_PREFIX then.

    Raises TablesInUseError when readers do not let go, NameTakenError where a view is in the way; then nothing has changed.
    """
    mart, previous = settings.mart_database, settings.previous_database
    served = own_tables(connection, settings, mart, incoming)
    before = own_tables(connection, settings, previous, incoming)
    _refuse_views(
        connection,
        {f"{mart}.{t}" for t in incoming}
        | {f"{previous}.{t}" for t in served}
        | {retired(settings, t) for t in before},
    )
    retire = [(f"{previous}.{table}", retired(settings, table)) for table in sorted(before)]
    rename(connection, settings, retire)
    try:
        moves = [(f"{mart}.{table}", f"{previous}.{table}") for table in sorted(served)]
        rename(connection, settings, moves + [(source, f"{mart}.{name}") for name, source in incoming.items()])
    except Exception:
        settle(connection, settings)
        raise


def settle(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Finish what a killed publication left: without a set before, the retired one is it again; else it is dropped."""
    previous = settings.previous_database
    left = {t.removeprefix(RETIRED_PREFIX) for t in tables_in(connection, previous) if t.startswith(RETIRED_PREFIX)}
    if left and not own_tables(connection, settings, previous, left):
        rename(connection, settings, [(retired(settings, table), f"{previous}.{table}") for table in sorted(left)])
    elif left:
        tables = {retired(settings, table) for table in left}
        in_short_tries(connection, settings, f"drop table {', '.join(sorted(tables))}", tables)


def drop_retired(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Drop the set that was before the one before. A reader of it does not undo the publication: the next one drops it."""
    try:
        settle(connection, settings)
    except TablesInUseError as error:
        log.warning("What was retired stays until the next publication: %s", error)


def retired(settings: Settings, table: str) -> str:
    """Return the qualified name of a retired table."""
    return f"{settings.previous_database}.{RETIRED_PREFIX}{table}"


def own_tables(
    connection: MySQLConnectionAbstract, settings: Settings, database: str, published: Iterable[str]
) -> set[str]:
    """Return the tables of a database that are of these names, or that a publication brought there: others are somebody's own."""
    stamp = read_stamp(connection, settings, database) or {"row_counts": {}}
    return tables_in(connection, database) & {*published, *stamp["row_counts"], STAMP_TABLE}


def _refuse_views(connection: MySQLConnectionAbstract, names: set[str]) -> None:
    """Raise NameTakenError where something that is no table bears one of these qualified names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select concat(table_schema, '.', table_name) as name from information_schema.tables"
            f" where table_type <> 'BASE TABLE' having name in ({', '.join(['%s'] * len(names))}) order by name",
            sorted(names),
        )
        views = ", ".join(name for (name,) in cursor.fetchall())
    if views:
        raise NameTakenError(
            f"{views}: a view of somebody's own is where a published table belongs. Nothing has changed; what is served stays."
            f' Drop it (make sql Q="drop view {views}"), then clear the task or call the command again.'
        )
