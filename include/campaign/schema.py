"""Makes the tables that are kept from run to run (dbt owns all others)."""

from __future__ import annotations

from pathlib import Path

from mysql.connector.abstracts import MySQLConnectionAbstract

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


def ensure_kept_tables(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    """Create what is missing; safe to call at every start. Needs CREATE on the raw and the mart database."""
    with connection.cursor() as cursor:
        for statement in kept_table_statements(settings):
            cursor.execute(statement)
