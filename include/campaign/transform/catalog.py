"""The catalog of the dbt documentation: types of columns and numbers of rows, as they are in MySQL after a publication.

dbt's own (``dbt docs generate``) takes some ten seconds, knows no rows, and looks for published tables where they were built.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings
from campaign.transform.dbt_project import MANIFEST, PUBLISHED_TAG

SCHEMA_VERSION = "https://schemas.getdbt.com/dbt/catalog/v1.json"
PROJECTS = "AIRFLOW__COSMOS__DBT_DOCS_PROJECTS"  # where Airflow's UI reads the documentation
IN_CATALOG = ("model", "seed", "source")

log = logging.getLogger(__name__)


def refresh_catalog(connection: MySQLConnectionAbstract, settings: Settings, row_counts: Mapping[str, int]) -> None:
    """Write ``catalog.json`` where Airflow's UI serves the documentation; where that cannot be, the log says so.

    ``row_counts`` are the exact rows of the published tables.
    """
    folder = Path(json.loads(os.environ.get(PROJECTS) or "{}").get("campaign", {}).get("dir", MANIFEST.parent))
    part = folder / f"catalog.json.{os.getpid()}"
    try:
        part.write_text(json.dumps(catalog(connection, settings, row_counts)))
        part.replace(folder / "catalog.json")
    except OSError as error:
        log.warning("The catalog of the dbt documentation is as old as it was: %s", error)


def catalog(
    connection: MySQLConnectionAbstract, settings: Settings, row_counts: Mapping[str, int], manifest: Path = MANIFEST
) -> dict[str, Any]:
    """Return the catalog of all nodes that are a table or view now, in dbt's form."""
    known = json.loads(manifest.read_text())
    tables = _tables(connection, settings)
    found: dict[str, dict[str, Any]] = {"nodes": {}, "sources": {}}
    for kind in found:
        for name, node in known[kind].items():
            if node["resource_type"] not in IN_CATALOG:
                continue
            published = PUBLISHED_TAG in node["tags"]
            place = _place(settings, node, published=published)
            if place in tables:
                exact = row_counts.get(place[1]) if published else None
                found[kind][name] = {"unique_id": name, **_described(place, tables[place], exact)}
    written = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"metadata": {"dbt_schema_version": SCHEMA_VERSION, "generated_at": written}, **found, "errors": None}


def _place(settings: Settings, node: Mapping[str, Any], *, published: bool) -> tuple[str, str]:
    if node["resource_type"] == "source":
        return node["schema"], node["identifier"]
    return settings.mart_database if published else settings.build_database, node["alias"]


def _described(place: tuple[str, str], table: Mapping[str, Any], exact: int | None) -> dict[str, Any]:
    rows = table["rows"] if exact is None else exact
    stats = (
        {} if rows is None else {"row_count": _stat("row_count", "Rows" if exact is not None else "About rows", rows)}
    )
    metadata = {"type": table["type"], "schema": place[0], "name": place[1], "database": None}
    return {
        "metadata": metadata | {"comment": None, "owner": None},
        "columns": table["columns"],
        "stats": stats | {"has_stats": _stat("has_stats", "Has Stats?", bool(stats), include=False)},
    }  # fmt: skip


def _stat(name: str, label: str, value: int | bool, *, include: bool = True) -> dict[str, Any]:
    return {"id": name, "label": label, "value": value, "include": include, "description": ""}


def _tables(connection: MySQLConnectionAbstract, settings: Settings) -> dict[tuple[str, str], dict[str, Any]]:
    """Return database and table -> type, rows (an estimate; of a view None), and columns in dbt's form."""
    databases = (settings.raw_database, settings.build_database, settings.mart_database)
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name, table_type, table_rows from information_schema.tables"
            " where table_schema in (%s, %s, %s)",
            databases,
        )
        tables = {
            (database, table): {"type": kind, "rows": rows, "columns": {}}
            for database, table, kind, rows in cursor.fetchall()
        }
        cursor.execute(
            "select table_schema, table_name, column_name, column_type, ordinal_position from information_schema.columns"
            " where table_schema in (%s, %s, %s) order by ordinal_position",
            databases,
        )
        for database, table, column, kind, position in cursor.fetchall():
            if (database, table) in tables:
                tables[database, table]["columns"][column] = {
                    "name": column, "type": kind if isinstance(kind, str) else kind.decode(), "index": position, "comment": None,
                }  # fmt: skip
    return tables
