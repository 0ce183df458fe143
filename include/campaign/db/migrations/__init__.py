"""Brings kept tables of an earlier release up to date: numbered statements, applied in order and once.

The number a database has reached is in ``schema_version``. README.md beside this file says how to add one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mysql.connector import Error
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.locks import named_lock
from campaign.errors import UserError

FOLDER = Path(__file__).parent
FIRST = 1
LOCK = "campaign_schema"
LOCK_SECONDS = 300
# A process that ended between a change and the note of it leaves the change to be made again: MySQL says it is there already.
# A table that is not there at all came with a later release: schema.sql makes it as it is now.
NOTHING_TO_DO = {1060: "column exists", 1061: "key exists", 1091: "nothing there to drop", 1146: "no such table"}


class MigrationError(UserError):
    """The kept tables can't be brought up to date; the message says why and what to do."""


@dataclass(frozen=True)
class Migration:
    """One numbered change, with ``{raw}`` and ``{mart}`` still in its statement."""

    number: int
    file: Path

    @property
    def statement(self) -> str:
        """The SQL, without comment lines and the semicolon at its end."""
        lines = [line for line in self.file.read_text().splitlines() if not line.startswith("--")]
        text = "\n".join(lines).strip().removesuffix(";")
        if ";\n" in text or not text:
            raise MigrationError(f"{self.file} must hold exactly one statement: split it into files of one each.")
        return text


def find_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the changes in order. Raises MigrationError when a number is missing or given twice."""
    found = [
        Migration(int(match[1]), file)
        for file in sorted(folder.glob("*.sql"))
        if (match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name)) or _misnamed(file)
    ]
    numbers = [migration.number for migration in found]
    if numbers != list(range(FIRST + 1, FIRST + 1 + len(found))):
        raise MigrationError(f"{folder}: numbers must run from {FIRST + 1} on without gaps, and are {numbers}.")
    return found


def apply(
    connection: MySQLConnectionAbstract, version_table: str, names: dict[str, str], folder: Path = FOLDER
) -> list[int]:
    """Apply what the database lacks and return the numbers. ``names`` fills in ``{raw}`` and ``{mart}``.

    Raises MigrationError when the database is of a newer release than this code.
    """
    migrations = find_migrations(folder)
    newest = FIRST + len(migrations)
    reached = read_version(connection, version_table)
    if reached > newest:
        raise MigrationError(
            f"the kept tables are at version {reached} and this release knows {newest}: they were used by a newer release. "
            "Run that one, or restore the backup made before it."
        )
    missing = [migration for migration in migrations if migration.number > reached]
    for migration in missing:
        statement = migration.statement
        for name, value in names.items():
            statement = statement.replace(f"{{{name}}}", value)
        with connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except Error as error:
                if error.errno not in NOTHING_TO_DO:
                    raise MigrationError(f"{migration.file.name} failed: {error}") from error
            cursor.execute(f"update {version_table} set version = %s", (migration.number,))
        connection.commit()
    return [migration.number for migration in missing]


def read_version(connection: MySQLConnectionAbstract, version_table: str) -> int:
    """Return the number that the database has reached."""
    with connection.cursor() as cursor:
        cursor.execute(f"select version from {version_table}")
        return int(cursor.fetchone()[0])


@contextmanager
def one_at_a_time(connection: MySQLConnectionAbstract) -> Iterator[None]:
    """Let one process change kept tables at a time. Raises MigrationError when another takes longer than five minutes."""
    busy = MigrationError(f"another process has been changing the kept tables for {LOCK_SECONDS} s: see what it does.")
    with named_lock(connection, LOCK, LOCK_SECONDS, busy):
        yield


def _misnamed(file: Path) -> bool:
    raise MigrationError(f"{file} is not named as a migration is: 0002_what_it_does.sql.")
