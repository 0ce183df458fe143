"""Tables change places: what comes in is served, what was served becomes the set before. One RENAME; no reader sees half of it.

Readers wait while it runs, so it moves what is served and nothing else: the set before has been renamed out of the way already,
to ``kept_<generation>__<table>``. Afterwards the newest of these are kept (CAMPAIGN_GENERATIONS_KEPT) and the others dropped. A
kill in between leaves no set before, and ``settle`` gives the newest one its names back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.db.rename import TablesInUseError, in_short_tries, rename
from campaign.errors import UserError
from campaign.publishing.publication_log import STAMP_TABLE, read_stamp
from campaign.settings import Settings

# retired__<table> is of an earlier release, which kept none of them.
KEPT = re.compile(r"(?:kept_(\d+)|retired)__(\w+)")
NOT_KEPT = -1

log = logging.getLogger(__name__)


class NameTakenError(UserError):
    """A view bears the name of a table that is published. The message says which and what removes it."""


def swap(connection: MySQLConnectionAbstract, settings: Settings, incoming: Mapping[str, str]) -> None:
    """Serve ``incoming``, name -> qualified table; the set before may have moved to its ``kept`` names by then.

    Raises TablesInUseError when readers do not let go, NameTakenError where a view is in the way; then nothing has changed.
    """
    mart, previous = settings.mart_database, settings.previous_database
    served = own_tables(connection, settings, mart, incoming)
    before = own_tables(connection, settings, previous, incoming)
    number = number_of(connection, settings, previous)
    _refuse_views(
        connection,
        {f"{mart}.{t}" for t in incoming}
        | {f"{previous}.{t}" for t in served}
        | {kept(settings, number, t) for t in before},
    )
    aside = [(f"{previous}.{table}", kept(settings, number, table)) for table in sorted(before)]
    rename(connection, settings, aside)
    try:
        moves = [(f"{mart}.{table}", f"{previous}.{table}") for table in sorted(served)]
        rename(connection, settings, moves + [(source, f"{mart}.{name}") for name, source in incoming.items()])
    except Exception:
        rename(connection, settings, [(new, old) for old, new in aside])
        raise


def settle(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Finish what a killed publication left: where there is no set before, the newest kept one is it. Drop what is not kept."""
    previous = settings.previous_database
    sets = kept_sets(connection, settings)
    newest = max(sets, default=NOT_KEPT)
    if sets and not own_tables(connection, settings, previous, set().union(*sets.values())):
        moves = [(qualified, f"{previous}.{table}") for table, qualified in sorted(sets.pop(newest).items())]
        rename(connection, settings, moves)
    numbered = sorted((number for number in sets if number > 0), reverse=True)
    staying = set(numbered[: settings.generations_kept - 2])  # one is served, one is the set before
    for number in sets.keys() - staying:
        tables = set(sets[number].values())
        in_short_tries(connection, settings, f"drop table {', '.join(sorted(tables))}", tables)


def drop_surplus(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Drop the sets that are not kept. A reader of one does not undo the publication: the next one drops it."""
    try:
        settle(connection, settings)
    except TablesInUseError as error:
        log.warning("What is not kept stays until the next publication: %s", error)


def kept(settings: Settings, number: int, table: str) -> str:
    """Return the qualified name that a table of a generation has when two newer sets are in their places."""
    return f"{settings.previous_database}.kept_{number}__{table}"


def kept_sets(connection: MySQLConnectionAbstract, settings: Settings) -> dict[int, dict[str, str]]:
    """Return generation -> table -> qualified name, of all that are neither served nor the set before."""
    sets: dict[int, dict[str, str]] = {}
    for name in tables_in(connection, settings.previous_database):
        if found := KEPT.fullmatch(name):
            number = int(found[1]) if found[1] else NOT_KEPT
            sets.setdefault(number, {})[found[2]] = f"{settings.previous_database}.{name}"
    return sets


def number_of(connection: MySQLConnectionAbstract, settings: Settings, database: str) -> int:
    """Return the generation in a database, 0 where its stamp is missing or damaged."""
    return (read_stamp(connection, settings, database) or {}).get("generation") or 0


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
