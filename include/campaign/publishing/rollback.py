"""Serves an earlier generation that is kept: says what changes, then does it in one statement. A second rollback undoes it.

``python -m campaign.publishing.rollback [GENERATION] [--show]``: without a number the generation before; ``--show`` changes
nothing. The DAG ``campaign_rollback`` calls the same functions.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.db.rename import TablesInUseError
from campaign.errors import UserError
from campaign.publishing.difference import IncomparableError, Place, difference
from campaign.publishing.publication_log import STAMP_TABLE, complete_log, read_stamp
from campaign.publishing.publish import alone
from campaign.publishing.swap import NameTakenError, drop_surplus, kept, kept_sets, own_tables, settle, swap
from campaign.settings import Settings, get_settings
from campaign.transform.dbt_project import published_tables

NEXT = (
    "The next run publishes again if rows or models are not those of this generation: pause campaign_pipeline until the cause is"
    " found."
)


class NoSuchGenerationError(UserError):
    """The generation is not kept, or what is served is no longer what was shown. The message names those that are kept."""


@dataclass(frozen=True)
class Change:
    """What a rollback does: the generations' numbers, and the whole of it in words."""

    served: int
    target: int
    text: str


def plan(connection: MySQLConnectionAbstract, settings: Settings, generation: int | None = None) -> Change:
    """Return what serving ``generation`` (None: the one before) would change. Changes nothing. Raises NoSuchGenerationError."""
    stamps = kept_generations(connection, settings)
    served = (read_stamp(connection, settings, settings.mart_database) or {}).get("generation") or 0
    if generation is None:
        before = read_stamp(connection, settings, settings.previous_database)
        if before is None or not before["generation"]:
            raise NoSuchGenerationError(
                f"{settings.previous_database} has no set with a number: there is no generation to go back to."
            )
        generation = before["generation"]
    if generation not in stamps:
        raise NoSuchGenerationError(
            f"Generation {generation} is not kept. Kept: {', '.join(map(str, sorted(stamps))) or 'none'}."
            f" CAMPAIGN_GENERATIONS_KEPT is {settings.generations_kept}."
        )
    place, stamp = stamps[generation]
    if generation == served:
        return Change(served, generation, f"Generation {generation} is served already: nothing changes.")
    now = stamps.get(served, (None, None))[1]
    lines = [
        f"Serve {_named(generation, stamp)}",
        f"instead of {_named(served, now)}.",
        f"Kept: {', '.join(map(str, sorted(stamps)))}. To undo it: roll back to generation {served}.",
    ]
    try:
        lines += difference(connection, Place(settings.mart_database), place).lines()
    except IncomparableError as error:
        lines.append(f"What changes in the marts cannot be shown: {error}.")
    return Change(served, generation, "\n".join(lines))


def rollback(
    connection: MySQLConnectionAbstract, settings: Settings, generation: int | None = None, served: int | None = None
) -> int:
    """Serve ``generation`` (None: the one before) and return its number; with a number it is safe to call again.

    With ``served`` only if that one is served now. Raises NoSuchGenerationError, TablesInUseError when readers do not let go,
    NameTakenError where a view is in the way; then nothing has changed.
    """
    with alone(connection, settings):
        settle(connection, settings)
        complete_log(connection, settings)
        change = plan(connection, settings, generation)
        if change.target == change.served:
            return change.target
        if served not in (None, change.served):
            raise NoSuchGenerationError(
                f"Generation {change.served} is served, and {served} was when the change was shown: nothing has changed."
                " Start again."
            )
        source = kept_sets(connection, settings).get(change.target)
        if source is None:  # the set before: ``swap`` moves it to these names first
            tables = own_tables(connection, settings, settings.previous_database, published_tables())
            source = {table: kept(settings, change.target, table) for table in tables}
        swap(connection, settings, dict(sorted(source.items())))
        drop_surplus(connection, settings)
    return change.target


def kept_generations(
    connection: MySQLConnectionAbstract, settings: Settings
) -> dict[int, tuple[Place, dict[str, Any]]]:
    """Return generation -> where its tables are, and its stamp; the served one and the one before are among them."""
    places = [Place(settings.mart_database), Place(settings.previous_database)]
    places += [Place(settings.previous_database, f"kept_{n}__") for n in kept_sets(connection, settings) if n > 0]
    found = {}
    for place in places:
        stamp = read_stamp(connection, settings, place.database, f"{place.prefix}{STAMP_TABLE}")
        if stamp and stamp["generation"]:
            found.setdefault(stamp["generation"], (place, stamp))
    return found


def _named(generation: int, stamp: dict[str, Any] | None) -> str:
    if stamp is None or stamp["published_at"] is None:
        return "what is served now, which has no number" if not generation else f"generation {generation}"
    return f"generation {generation}, as of {stamp['published_at']:%Y-%m-%d %H:%M:%S} UTC, run {stamp['run_id']}"


def _number(text: str | None) -> int | None:
    """Read what the command line names. Raises NoSuchGenerationError."""
    if text is None or text.isdecimal():
        return int(text) if text else None
    raise NoSuchGenerationError(f"{text} is no generation's number; make rollback SHOW=1 names those that are kept.")


def main() -> None:
    """Show the change, and make it unless ``--show`` is given."""
    parser = argparse.ArgumentParser(
        prog="campaign.publishing.rollback", description="Serve an earlier generation that is kept."
    )
    parser.add_argument("generation", nargs="?", help="without it: the generation before")
    parser.add_argument("--show", action="store_true", help="say what would change, and change nothing")
    arguments = parser.parse_args()
    settings = get_settings()
    with connect(settings) as connection:
        try:
            change = plan(connection, settings, _number(arguments.generation))
            print(change.text)
            if not arguments.show:
                number = rollback(connection, settings, change.target, change.served)
                print(f"Serving generation {number}. {NEXT}")
        except (NoSuchGenerationError, NameTakenError, TablesInUseError) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
