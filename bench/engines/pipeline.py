"""One engine's whole pipeline over a file, on an empty server of its own: seconds, peak memory, checksums of all marts."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench.dbt_build import build
from bench.engines.peak_memory import peak_memory
from bench.growth.run import Seconds, audit, publish, timed
from bench.ingest.run import load_ours
from bench.own_server import own_server
from campaign.db.connection import connect
from campaign.engines.marts_import import bring_marts_back
from campaign.engines.orders_export import feed_orders
from campaign.settings import Settings
from campaign.transform.dbt_project import handed_over_tables

STAGES = ("ingest", "feed", "marts", "fraud", "brought back", "audit", "publish")


@dataclass
class Reading:
    """What one run showed.

    ``memory``: bytes; ``checksum``: one for all tables, each of which is in ``checksums`` unless the reading comes from the CSV;
    ``models``: seconds in which dbt ran models of stage ``build``; ``by_hand``: seconds of the same without dbt.
    """

    seconds: Seconds = field(default_factory=dict)
    memory: int = 0
    checksum: str = ""
    checksums: dict[str, tuple] = field(default_factory=dict)
    models: float = 0
    by_hand: float = 0

    @property
    def whole(self) -> float:
        """Seconds of all stages."""
        return sum(self.seconds.get(stage, 0) for stage in STAGES)


def run_pipeline(engine: str, file: Path, folder: Path) -> Reading:
    """Run all stages. For Spark, the environment names a cluster that is up."""
    reading = Reading()
    with own_server(folder) as of_server, peak_memory() as peak:
        settings = of_server.model_copy(update={"engine": engine, "store": folder / "store"})
        settings.marts_folder.mkdir(parents=True)
        with timed(reading.seconds, "ingest"):
            load_ours(file, settings)
        if engine != "mysql":
            with timed(reading.seconds, "feed"), closing(connect(settings)) as connection:
                feed_orders(connection, settings)
        with timed(reading.seconds, "marts"):
            reading.models = build(settings, "--select", "tag:build").wall_seconds_of("model")
        statements = _statements(settings) if engine == "duckdb" else []
        with timed(reading.seconds, "fraud"):
            build(settings, "--select", "tag:fraud")
        if engine != "mysql":
            with timed(reading.seconds, "brought back"):
                bring_marts_back(settings, handed_over_tables())
        with timed(reading.seconds, "audit"):
            audit(settings)
        reading.checksums = _checksums(settings)
        reading.checksum = hashlib.sha256(json.dumps(reading.checksums).encode()).hexdigest()[:16]
        publish(settings, reading.seconds)
        reading.memory = peak.memory
        if engine == "duckdb":
            reading.by_hand = _by_hand(settings, statements)
    return reading


def _statements(settings: Settings) -> list[str]:
    """Return what DuckDB was told by dbt's models just now, in that order: tables, and the hand-over of finished ones."""
    results = json.loads((settings.state_folder / "dbt" / "run_results.json").read_text())["results"]
    folder = settings.store_folder / "by_hand"
    folder.mkdir()
    statements = []
    for each in results:
        name, relation = each["unique_id"].split(".")[-1], each["relation_name"]
        if not each["unique_id"].startswith("model.") or name.startswith("stg_"):
            continue
        statements.append(f"create or replace table {relation} as ({each['compiled_code']}\n)")
        if config := handed_over_tables().get(name):
            key = ", ".join(config["primary_key"])
            statements.append(f"copy (from {relation} order by {key}) to '{folder}/{name}.parquet' (format parquet)")
    return statements


def _by_hand(settings: Settings, statements: list[str]) -> float:
    """Do the same again by nothing but DuckDB, as dbt's profile sets it up, and return the seconds."""
    import duckdb

    with duckdb.connect(str(settings.store_folder / "campaign.duckdb")) as duck:
        duck.execute("set memory_limit = '50%'")
        started = time.monotonic()
        for statement in statements:
            duck.execute(statement)
        return time.monotonic() - started


def _checksums(settings: Settings) -> dict[str, tuple]:
    """Return table -> rows, and a number that changes with any value of any of them, in any order."""
    sums = {}
    with closing(connect(settings, settings.build_database)) as connection, connection.cursor() as cursor:
        for table in sorted(handed_over_tables()):
            cursor.execute(f"select * from {table} limit 0")
            cursor.fetchall()
            row = "concat_ws('|', " + ", ".join(f"ifnull({name}, 'NULL')" for name in cursor.column_names) + ")"
            digits = f"cast(conv(substr(sha2({row}, 256), 1, 15), 16, 10) as unsigned)"
            cursor.execute(f"select count(*), cast(sum({digits}) as char) from {table}")
            sums[table] = cursor.fetchone()
    return sums
