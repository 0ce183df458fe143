"""Seconds of every stage at growing sizes, each on an empty server of its own, in one run; a table, a CSV and a plot.

Ingest, marts and fraud (``dbt build`` of the two stages, tests included), audit (the checks of
``campaign.publishing.audit``), and publish: once the swap alone, which is one statement, and once
all that ``publish`` does, which counts the rows it logs.
``make bench-growth [SIZES="1000000 3000000 10000000"]``.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from bench.dbt_build import build
from bench.ingest.run import load_ours
from bench.own_server import bench_folder, own_server
from campaign.db.connection import connect
from campaign.publishing import publish as publishing
from campaign.publishing.audit import COLUMN_CHECKS, TABLE_CHECKS
from campaign.settings import Settings
from campaign_sample import Plan, write_sample

SIZES = (1_000_000, 3_000_000, 10_000_000, 30_000_000)
STAGES = ("ingest", "marts", "fraud", "audit", "publish", "publish: the swap")
RESULT = Path(__file__).with_name("seconds.csv")
PLOT = Path(__file__).with_name("seconds.svg")

Seconds = dict[str, float]


@contextmanager
def timed(seconds: Seconds, stage: str) -> Iterator[None]:
    """Note how long the block took, and say so: at ten million orders the next word may be minutes away."""
    started = time.monotonic()
    yield
    seconds[stage] = time.monotonic() - started
    print(f"    {stage} {seconds[stage]:.2f} s", file=sys.stderr, flush=True)


def audit(settings: Settings) -> None:
    """Run every check of the audit. Raises RuntimeError naming the first that does not hold."""
    with connect(settings, settings.build_database) as connection, connection.cursor() as cursor:
        for table, checks in TABLE_CHECKS.items():
            for name, statement in checks.items():
                cursor.execute(f"select {statement} from {table}")
                if not cursor.fetchone()[0]:
                    raise RuntimeError(f"audit of {table}: {name} does not hold")
        for table, columns in COLUMN_CHECKS.items():
            nulls = " + ".join(f"coalesce(sum({column} is null), 0)" for column in columns)
            smallest = ", ".join(f"min({column})" for column in columns)
            cursor.execute(f"select {nulls}, {smallest} from {table}")
            if cursor.fetchone()[0]:
                raise RuntimeError(f"audit of {table}: a column is null")


def publish(settings: Settings, seconds: Seconds) -> None:
    """Publish, and note what the swap took of it."""
    swap = publishing.swap

    def timed_swap(*arguments) -> None:
        with timed(seconds, "publish: the swap"):
            swap(*arguments)

    with (
        connect(settings) as connection,
        mock.patch.object(publishing, "swap", timed_swap),
        timed(seconds, "publish"),
    ):
        publishing.publish(connection, settings, "bench")


def measure(rows: int) -> Seconds:
    """Run all stages over a campaign of this size on a server of its own."""
    seconds: Seconds = {}
    print(f"{rows:,} orders", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=bench_folder(), prefix="growth-") as name:
        file = Path(name) / "orders.csv"
        write_sample(Plan(rows=rows, seed=7), file)
        with own_server(Path(name)) as settings:
            with timed(seconds, "ingest"):
                load_ours(file, settings)
            file.unlink()
            with timed(seconds, "marts"):
                build(settings, "--select", "tag:build")
            with timed(seconds, "fraud"):
                build(settings, "--select", "tag:fraud")
            with timed(seconds, "audit"):
                audit(settings)
            publish(settings, seconds)
    return seconds


def growth(smaller: tuple[int, float], larger: tuple[int, float]) -> float:
    """Return how many times faster than n·log n a stage grew between two sizes, each with its seconds."""
    (rows, seconds), (more_rows, more_seconds) = smaller, larger
    return (more_seconds / seconds) / (more_rows * math.log(more_rows) / (rows * math.log(rows)))


def show(measured: dict[int, Seconds]) -> None:
    """Print the seconds, and the growth against n·log n from each size to the next."""
    print("\n| rows | " + " | ".join(STAGES) + " |\n|---" * (len(STAGES) + 1) + "|")
    for rows, seconds in measured.items():
        print(f"| {rows:,} | " + " | ".join(f"{seconds[stage]:.2f}" for stage in STAGES) + " |")
    sizes = list(measured)
    print("\nGrowth from size to size, 1.0 being n·log n:\n")
    for stage in STAGES:
        factors = [
            growth((rows, measured[rows][stage]), (more, measured[more][stage]))
            for rows, more in zip(sizes, sizes[1:], strict=False)
        ]
        print(f"- {stage}: " + ", ".join(f"{factor:.2f}" for factor in factors))


def keep(measured: dict[int, Seconds]) -> None:
    """Write the CSV beside this file."""
    with RESULT.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rows", *STAGES])
        writer.writerows([rows, *(f"{seconds[stage]:.3f}" for stage in STAGES)] for rows, seconds in measured.items())


def plot(measured: dict[int, Seconds]) -> None:
    """Draw seconds against rows, both logarithmic, with n·log n beside them."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "growth"  # the same numbers give the same file
    from matplotlib import pyplot

    sizes = list(measured)
    figure, axes = pyplot.subplots(figsize=(7.5, 5))
    for stage in STAGES:
        axes.loglog(sizes, [measured[rows][stage] for rows in sizes], marker="o", label=stage)
    first = measured[sizes[0]]["ingest"] / (sizes[0] * math.log(sizes[0]))
    axes.loglog(sizes, [first * rows * math.log(rows) for rows in sizes], "k:", linewidth=1, label="n·log n")
    axes.set(xlabel="orders", ylabel="seconds", title="Seconds of every stage")
    axes.set_xticks(sizes, [f"{rows / 1e6:g} M" for rows in sizes])
    axes.minorticks_off()
    axes.grid(True, alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> int:
    """Measure every size, print, write the CSV and the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    wishes = parser.parse_args()
    measured: dict[int, Seconds] = {}
    for rows in sorted(wishes.sizes):
        measured[rows] = measure(rows)
        keep(measured)  # so that a run that is cut short leaves what it has
    show(measured)
    plot(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
