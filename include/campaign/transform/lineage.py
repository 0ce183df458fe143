"""What a task read and wrote, for Airflow's hook lineage, from which the OpenLineage provider makes its events.

Costs nothing while lineage is off: Airflow collects only where a provider asks for it. Files and tables are named as OpenLineage
names them: ``file`` and the path, ``mysql://host:port`` and ``database.table``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from airflow.sdk.lineage import NoOpCollector, get_hook_lineage_collector

from campaign.settings import Settings
from campaign.transform.dbt_project import MANIFEST, published_tables

BUILT = ("model.", "seed.")


def note_load(settings: Settings, path: str) -> None:
    """Note that a file goes into the tables of the loader."""
    raw = settings.raw_database
    _note([Path(path).as_uri()], [_table(settings, raw, name) for name in ("transaction_data", "rejected_row")])


def note_build(settings: Settings, results: Iterable[Mapping[str, Any]], manifest: Path = MANIFEST) -> None:
    """Note what the models and seeds among dbt's results were built from."""
    if _is_off():
        return
    known = json.loads(manifest.read_text())
    nodes = known["nodes"] | known["sources"]
    built = [nodes[each["unique_id"]] for each in results if each["unique_id"].startswith(BUILT)]
    reads = {_relation(settings, parent) for node in built for parent in _tables_behind(node, nodes)}
    _note(sorted(reads), [_relation(settings, node) for node in built])


def note_publication(settings: Settings) -> None:
    """Note that every published table comes from the one that was built."""
    tables = published_tables()
    _note(
        [_table(settings, settings.build_database, table) for table in tables],
        [_table(settings, settings.mart_database, table) for table in tables],
    )


def _is_off() -> bool:
    return isinstance(get_hook_lineage_collector(), NoOpCollector)


def _note(reads: Iterable[str], writes: Iterable[str]) -> None:
    collector = get_hook_lineage_collector()
    for uri in reads:
        collector.add_input_asset(context=note_load, uri=uri)
    for uri in writes:
        collector.add_output_asset(context=note_load, uri=uri)


def _tables_behind(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Go through the tables and views that a node reads; an ephemeral model is no table, but what it reads is."""
    for name in node["depends_on"].get("nodes", ()):  # a seed has none
        parent = nodes[name]
        if parent.get("config", {}).get("materialized") == "ephemeral":
            yield from _tables_behind(parent, nodes)
        else:
            yield parent


def _relation(settings: Settings, node: Mapping[str, Any]) -> str:
    if node["resource_type"] == "source":
        return _table(settings, node["schema"], node["identifier"])
    return _table(settings, settings.build_database, node["alias"])


def _table(settings: Settings, database: str, table: str) -> str:
    return f"mysql://{settings.mysql_host or '127.0.0.1'}:{settings.mysql_port}/{database}/{table}"
