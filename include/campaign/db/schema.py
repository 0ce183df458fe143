"""Makes the tables that are kept from run to run (dbt owns all others), and brings those of an earlier release up to date."""

from __future__ import annotations

from pathlib import Path

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db import migrations
from campaign.settings import Settings

SCHEMA_FILE = Path(__file__).with_name("schema.sql")


def kept_table_statements(settings: Settings) -> list[str]:
    """Return the statements of ``schema.sql`` with the settings' database names filled in."""
    lines = (line for line in SCHEMA_FILE.read_text().splitlines() if not line.startswith("--"))
    text = "\n".join(lines).replace("{raw}", settings.raw_database).replace("{mart}", settings.mart_database)
    return [statement.strip().rstrip(";") for statement in text.split(";\n") if statement.strip()]


def kept_tables(settings: Settings) -> list[str]:
    """Return the qualified names of the tables that ``schema.sql`` makes."""
    return [statement.split("(")[0].split()[-1] for statement in kept_table_statements(settings)]


def version_table(settings: Settings) -> str:
    """Return the qualified name of the one-row table that says which migrations these databases have had."""
    return f"{settings.raw_database}.schema_version"


def ensure_kept_tables(
    connection: MySQLConnectionAbstract, settings: Settings, migrations_folder: Path = migrations.FOLDER
) -> None:
    """Create what is missing and apply the migrations that the databases lack; safe to call at every start.

    Needs CREATE and ALTER on the raw and the mart database. Raises MigrationError when they are of a newer release.
    """
    names = {"raw": settings.raw_database, "mart": settings.mart_database}
    with migrations.one_at_a_time(connection):
        _ensure_version(connection, settings, migrations_folder)
        migrations.apply(connection, version_table(settings), names, migrations_folder)
        with connection.cursor() as cursor:
            for statement in kept_table_statements(settings):
                cursor.execute(statement)


def _ensure_version(connection: MySQLConnectionAbstract, settings: Settings, folder: Path) -> None:
    """Note where these databases begin, before any table is made: an interrupt must not make new ones look old."""
    table = version_table(settings)
    with connection.cursor() as cursor:
        cursor.execute(
            f"create table if not exists {table} (one tinyint not null default 1 primary key, version int unsigned not null)"
        )
        cursor.execute(f"select count(*) from {table}")
        if cursor.fetchone()[0]:
            return
        cursor.execute(
            "select count(*) from information_schema.tables where table_schema = %s and table_name = 'transaction_data'",
            (settings.raw_database,),
        )
        old = cursor.fetchone()[0]  # made by the first release, which noted no version
        newest = migrations.FIRST + len(migrations.find_migrations(folder))
        cursor.execute(f"insert ignore into {table} (version) values (%s)", (migrations.FIRST if old else newest,))
    connection.commit()
