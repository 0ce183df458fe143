"""The whole pipeline by each engine at growing sizes: seconds per stage, peak memory, equal checksums; a CSV and a plot.

``make bench-engines [SIZES="1000000 5000000"] [ENGINES="mysql duckdb"]``. Each reading is on an empty server of its own, and
replaces the one of that size and engine in the CSV. For Spark a cluster of two 2 GiB executors is started and stopped, its start
not counted. ``feed`` copies the orders to the engine, ``brought back`` loads the finished marts into MySQL; the MySQL engine has
neither. Ends with status 1 if two engines' marts differ.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from pathlib import Path
from unittest import mock

from bench.engines.pipeline import STAGES, Reading, run_pipeline
from bench.own_server import bench_folder
from campaign_sample import Plan, write_sample
from local_stack.mysql.server import free_port
from local_stack.settings import read_settings
from local_stack.spark.cluster import Ports, SparkCluster, spark_cluster, spark_package

SIZES = (1_000_000, 5_000_000, 20_000_000, 50_000_000)
ENGINES = ("mysql", "duckdb", "spark")
RESULT, PLOT = (Path(__file__).with_name(f"seconds.{kind}") for kind in ("csv", "svg"))
MIB = 2**20

Readings = dict[tuple[int, str], Reading]


def measure(engine: str, file: Path, folder: Path) -> Reading:
    """Run one engine in a folder of its own."""
    if engine != "spark":
        return run_pipeline(engine, file, folder)
    ports = Ports(free_port(), free_port(), free_port(), free_port())
    cluster = SparkCluster(folder / "spark", spark_package(read_settings().state_folder), ports)
    with spark_cluster(cluster), mock.patch.dict(os.environ, {"SPARK_PORT": str(ports.thrift)}):
        return run_pipeline(engine, file, folder)


def measure_size(rows: int, engines: list[str], readings: Readings) -> None:
    """Generate a campaign of this size, run every engine on it, and keep each reading at once: a run may be cut short."""
    with tempfile.TemporaryDirectory(dir=bench_folder(), prefix="engines-") as name:
        file = Path(name) / "orders.csv"
        write_sample(Plan(rows=rows, seed=7), file)
        for engine in engines:
            print(f"{rows:,} orders, {engine}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(dir=name) as folder:
                os.link(file, own := Path(folder) / "orders.csv")  # ingest reads below the settings' roots only
                readings[rows, engine] = measure(engine, own, Path(folder))
            keep(readings)
            reading = readings[rows, engine]
            print(f"    whole {reading.whole:.2f} s, {reading.memory / MIB:,.0f} MiB", file=sys.stderr, flush=True)


def show(readings: Readings) -> None:
    """Print a row per size and engine, and what is aimed at."""
    print("\n| orders | engine | " + " | ".join(STAGES) + " | whole | against mysql | memory, MiB |")
    print("|---" * (len(STAGES) + 5) + "|")
    for (rows, engine), reading in readings.items():
        stages = " | ".join(f"{reading.seconds[stage]:.1f}" if stage in reading.seconds else "" for stage in STAGES)
        of_mysql = readings.get((rows, "mysql"))
        ratio = f"{reading.whole / of_mysql.whole:.2f}" if of_mysql else ""
        print(f"| {rows:,} | {engine} | {stages} | {reading.whole:.1f} | {ratio} | {reading.memory / MIB:,.0f} |")
    for (rows, _), reading in readings.items():
        if reading.by_hand:
            print(
                f"\n{rows:,}: marts in DuckDB by dbt {reading.models:.1f} s, by hand {reading.by_hand:.1f} s: "
                f"{reading.models / reading.by_hand:.2f}"
            )


def differing(readings: Readings) -> list[str]:
    """Return a line for each engine whose marts are not those of the first at that size: which tables, if both ran just now."""
    lines = []
    for (rows, engine), reading in readings.items():
        first, name = next((other, name) for (size, name), other in readings.items() if size == rows)
        if reading.checksum != first.checksum:
            tables = [
                f"{table} {reading.checksums[table]} and {first.checksums[table]}"
                for table in first.checksums.keys() & reading.checksums.keys()
                if reading.checksums[table] != first.checksums[table]
            ]
            lines.append(f"{rows:,}: {engine} and {name} differ: {', '.join(tables) or 'run both again'}")
    return lines


def kept() -> Readings:
    """Return the readings of the CSV beside this file."""
    readings = {}
    with RESULT.open(newline="") as file:
        for row in csv.DictReader(file):
            readings[int(row["rows"]), row["engine"]] = Reading(
                seconds={stage: float(row[stage]) for stage in STAGES if row[stage]},
                memory=int(row["memory_mib"]) * MIB,
                checksum=row["checksum"],
                models=float(row["models"] or 0),
                by_hand=float(row["by_hand"] or 0),
            )
    return readings


def keep(readings: Readings) -> None:
    """Write the CSV, by size and engine. What an engine does not have is empty."""

    def written(seconds: float | None) -> str:
        return f"{seconds:.3f}" if seconds else ""

    with RESULT.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rows", "engine", *STAGES, "memory_mib", "models", "by_hand", "checksum"])
        for (rows, engine), reading in in_order(readings).items():
            seconds = [*map(reading.seconds.get, STAGES), reading.models, reading.by_hand]
            *stages, models, by_hand = map(written, seconds)
            writer.writerow([rows, engine, *stages, round(reading.memory / MIB), models, by_hand, reading.checksum])


def in_order(readings: Readings) -> Readings:
    """Return the readings by size, and by engine as in ENGINES."""
    return {key: readings[key] for key in sorted(readings, key=lambda key: (key[0], ENGINES.index(key[1])))}


def plot(readings: Readings) -> None:
    """Draw the seconds of the whole against orders, both logarithmic, a line per engine."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "engines"  # the same numbers give the same file
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, ScalarFormatter

    sizes = sorted({rows for rows, _ in readings})
    figure, axes = pyplot.subplots(figsize=(7.5, 5))
    for engine in dict.fromkeys(engine for _, engine in readings):
        points = [(rows, readings[rows, engine].whole) for rows in sizes if (rows, engine) in readings]
        axes.loglog(*zip(*points, strict=True), marker="o", label=engine)
    axes.set(xlabel="orders", ylabel="seconds", title="From the CSV to the published marts, by engine")
    axes.set_xticks(sizes, [f"{rows / 1e6:g} M" for rows in sizes])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.minorticks_off()
    axes.grid(True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> int:
    """Measure every size with every engine, print, write CSV and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    wishes = parser.parse_args()
    readings = kept()
    for rows in sorted(wishes.sizes):
        measure_size(rows, wishes.engines, readings)
    readings = in_order(readings)
    show(readings)
    plot(readings)
    wrong = differing(readings)
    print("\n" + ("\n".join(wrong) if wrong else "All engines gave the same marts."))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
