"""The same orders on MySQL and on another engine, and what the build database then holds: it has to be the same, row for row."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from campaign.campaigns import load_campaigns
from campaign.db.connection import connect
from campaign.engines.lifecycle import keeper_of_first_orders
from campaign.engines.marts_import import bring_marts_back
from campaign.engines.orders_export import feed_orders
from campaign.ingest.ingest_file import ingest_file
from campaign.settings import Settings
from campaign.transform.dbt_project import handed_over_tables
from tests.integration.marts_harness import DBT_PROJECT, build

Rows = dict[str, list[tuple]]
REAL_CAMPAIGN = 1  # of the seed: the two real days lie in it, all other orders of these tests do not


def ingest(settings: Settings, file: Path, project: Path = DBT_PROJECT) -> None:
    """Load a file as the pipeline does, with the project's campaigns; every row of it has to be good."""
    campaigns = load_campaigns(project / "seeds" / "campaign.csv")
    with connect(settings) as connection:
        readable = settings.model_copy(update={"allowed_roots": str(file.parent)})
        outcome = ingest_file(
            connection, file, readable, campaigns=campaigns, run_id="parity",
            keep_first_orders=keeper_of_first_orders(connection, settings),
        )  # fmt: skip
    assert (outcome.status, outcome.rows_rejected) == ("loaded", 0), outcome


@contextmanager
def store_of(settings: Settings, engine: str, folder: Path) -> Iterator[Settings]:
    """Yield settings for this engine, which the environment names too, with a store in ``folder``."""
    names = {"CAMPAIGN_ENGINE": engine, "CAMPAIGN_STORE": str(folder / "store")}
    with mock.patch.dict(os.environ, names):
        yield settings.model_copy(update={"engine": engine, "store": folder / "store"})


def built_by_mysql(settings: Settings, folder: Path, *arguments: str, project: Path = DBT_PROJECT) -> Rows:
    """Build with MySQL and dbt's ``arguments``; return table -> rows of all that an engine would hand over."""
    build(folder / "mysql", *arguments, project=project)
    return rows_built(settings, folder / "mysql" / "manifest.json")


def built_by(engine: str, settings: Settings, folder: Path, *arguments: str, project: Path = DBT_PROJECT) -> Rows:
    """Feed the engine, build with dbt's ``arguments``, bring the marts back, and return the same of them."""
    manifest = folder / engine / "manifest.json"
    with store_of(settings, engine, folder) as of_engine:
        of_engine.marts_folder.mkdir(parents=True, exist_ok=True)
        with connect(of_engine) as connection:
            feed_orders(connection, of_engine)
            build(folder / engine, *arguments, project=project)
            _drop(connection, of_engine, manifest)
        handed_over = [path.stem for path in of_engine.marts_folder.iterdir()]
        assert "--select" in arguments or set(handed_over) == set(handed_over_tables(manifest))
        bring_marts_back(of_engine, handed_over, manifest)
    return rows_built(settings, manifest, handed_over)


def _drop(connection, settings: Settings, manifest: Path) -> None:
    """Take away what MySQL has built, so that nothing of it is compared with itself."""
    with connection.cursor() as cursor:
        for table in handed_over_tables(manifest):
            cursor.execute(f"drop table if exists {settings.build_database}.{table}")


def rows_built(settings: Settings, manifest: Path, tables: Collection[str] = ()) -> Rows:
    """Return table -> its rows in the order of its key, the names of its columns first; of all tables if none are named."""
    rows = {}
    with connect(settings, settings.build_database) as connection, connection.cursor() as cursor:
        configs = handed_over_tables(manifest)
        for table in tables or configs:
            cursor.execute(f"select * from {table} order by {', '.join(configs[table]['primary_key'])}")
            rows[table] = [cursor.column_names, *cursor.fetchall()]
    return rows


def of_campaign(campaign: int, rows: Rows) -> Rows:
    """Return the rows of one campaign, of all tables that tell campaigns apart."""
    found = {}
    for table, (names, *values) in rows.items():
        if "campaign_id" in names:
            place = names.index("campaign_id")
            found[table] = [names, *(row for row in values if row[place] == campaign)]
    return found


def differences(expected: Rows, found: Rows) -> list[str]:
    """Return a line for each table that is not the same, with its first row that is not."""
    lines = [f"{table} is in one of them only" for table in sorted(expected.keys() ^ found.keys())]
    for table in sorted(expected.keys() & found.keys()):
        if expected[table] == found[table]:
            continue
        pairs = zip(expected[table], found[table], strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), "one has more rows")
        lines.append(f"{table}: {len(expected[table]) - 1} and {len(found[table]) - 1} rows, {first}")
    return lines
