"""The plain commands that do the DAG's work, one process each: ``python -m bench.dag.plain ingest|check|publish [FILE]``.

The fourth, between ingest and check, is ``dbt build``. No scheduler, no report, no lease: what a shell script would do.
"""

from __future__ import annotations

import sys

from campaign.settings import get_settings


def ingest(file: str) -> None:
    """Load a file."""
    from campaign.campaigns import load_campaigns
    from campaign.db.connection import connect
    from campaign.db.schema import ensure_kept_tables
    from campaign.ingest.ingest_file import ingest_file

    with connect(get_settings()) as connection:
        ensure_kept_tables(connection, get_settings())
        outcome = ingest_file(connection, file, get_settings(), campaigns=load_campaigns(), run_id="plain")
    if outcome.status != "loaded":
        raise SystemExit(outcome.message)


def check() -> None:
    """Ask what the DAG's audit asks."""
    from campaign.db.connection import connect
    from campaign.publishing import audit

    with connect(get_settings(), get_settings().build_database) as connection, connection.cursor() as cursor:
        for table, columns in audit.COLUMN_CHECKS.items():
            asked = [f"sum({column} is null), min({column})" for column in columns]
            cursor.execute(f"select {', '.join(asked)} from {table}")
            if any(cursor.fetchone()[::2]):
                raise SystemExit(f"{table} has nulls")
        for table, statements in audit.TABLE_CHECKS.items():
            cursor.execute(f"select {', '.join(statements.values())} from {table}")
            if not all(cursor.fetchone()):
                raise SystemExit(f"{table} does not hold")


def publish() -> None:
    """Swap the tables in."""
    from campaign.db.connection import connect
    from campaign.publishing.publish import publish as swap

    with connect(get_settings()) as connection:
        swap(connection, get_settings(), "plain")


if __name__ == "__main__":
    {"ingest": ingest, "check": check, "publish": publish}[sys.argv[1]](*sys.argv[2:])
