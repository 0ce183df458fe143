"""Tables change places: what comes in is served, what was served becomes the set before, in one RENAME that no reader sees half of.

Readers wait while it runs, so it moves what is served and nothing else: the set before has been renamed out of the way already, and
is dropped afterwards. A kill in between leaves it under its other name, and ``settle`` gives it back, or drops it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.database import tables_in
from campaign.publication_log import STAMP_TABLE
from campaign.rename import TablesInUseError, in_short_tries, rename
from campaign.settings import Settings

RETIRED_PREFIX = "retired__"

log = logging.getLogger(__name__)


def swap(connection: MySQLConnectionAbstract, settings: Settings, incoming: Mapping[str, str]) -> None:
    """Serve ``incoming``, name -> qualified table. What was in the previous database is under RETIRED_PREFIX then.

    Raises TablesInUseError when readers do not let go; then nothing has changed.
    """
    mart, previous = settings.mart_database, settings.previous_database
    served = own_tables(connection, mart, incoming)
    retire = [(f"{previous}.{t}", retired(settings, t)) for t in sorted(own_tables(connection, previous, incoming))]
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
    if left and not own_tables(connection, previous, left):
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


def own_tables(connection: MySQLConnectionAbstract, database: str, published: Iterable[str]) -> set[str]:
    """Return the tables of a database that are of these names, or that a publication brought there: others are somebody's own."""
    found = tables_in(connection, database)
    own = {*published, STAMP_TABLE}
    if STAMP_TABLE in found:
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"select row_counts from {database}.{STAMP_TABLE}")
                own.update(name for (counts,) in cursor.fetchall() for name in json.loads(counts))
            except mysql.connector.ProgrammingError:
                log.warning("%s.%s has been altered: it has no row_counts", database, STAMP_TABLE)
    return found & own
