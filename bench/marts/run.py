"""Three ways from the same orders to the same six marts, one after the other in one run.

1. plain: in MySQL, one view over the raw table and every mart by its own pass over it (``plain/``).
2. ours: ``dbt build`` of the stage ``build`` on the same server, with all its tests. The fraud stage is shown apart.
3. DuckDB: the plain queries over the same CSV, read included: what the hardware can do.

Then the rows of all three are compared by checksums. With ``--increment`` the last day's orders come as a second file, and
what a build costs then is shown beside what the first one cost. With ``--ours`` only our build is read, every model of both
stages by itself: what the fraud rules cost beside the marts. ``make bench-marts [ROWS=10000000] [OURS=1]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench.dbt_build import Build, build
from bench.ingest.run import load_ours
from bench.marts.plain_way import KEYS, VIEW, checksum, mysql_statement, query
from bench.own_server import bench_folder, own_server
from bench.server_use import ServerUse, watched
from campaign.db.connection import connect
from campaign.settings import Settings
from campaign.transform.dbt_project import DBT_PROJECT
from campaign_sample import Plan, write_sample

Checksums = dict[str, tuple]
THREADS = 2
DUCKDB_MEMORY = "2GB"
GIB = 1024**3
# The models that read the orders.
BY_DAY = ("int_customer_shop_day", "int_shop_day", "int_campaign_hour", "int_day_customers")


def build_plainly(settings: Settings) -> tuple[dict[str, float], Checksums]:
    """Return seconds and checksum per mart. The marts lie in the database of the generation before, which is idle here."""
    seconds, sums = {}, {}
    with connect(settings, settings.previous_database) as connection, connection.cursor() as cursor:
        for table in ("transaction_data", "campaign"):
            place = settings.raw_database if table == "transaction_data" else settings.build_database
            cursor.execute(f"create view {table} as select * from {place}.{table}")
        cursor.execute(f"create view {VIEW} as {query(VIEW)}")
        for mart in KEYS:
            started = time.monotonic()
            cursor.execute(mysql_statement(mart))
            seconds[mart] = time.monotonic() - started
            _say(f"  {mart}: {seconds[mart]:.1f} s")
        for mart in KEYS:
            cursor.execute(checksum(mart, mart))
            sums[mart] = cursor.fetchone()
        for mart in KEYS:  # so that what follows has the disk to itself
            cursor.execute(f"drop table {mart}")
    return seconds, sums


def build_in_duckdb(file: Path, folder: Path) -> tuple[dict[str, float], Checksums]:
    """Return seconds and checksum per mart; reading the file counts under its own name."""
    seconds, sums = {}, {}
    with duckdb.connect() as duck:
        duck.execute("set enable_progress_bar = false")
        duck.execute(f"set threads = {THREADS}")
        duck.execute(f"set memory_limit = '{DUCKDB_MEMORY}'")
        duck.execute(f"set temp_directory = '{folder / 'duckdb'}'")
        duck.execute(f"create table campaign as select * from read_csv('{DBT_PROJECT / 'seeds' / 'campaign.csv'}')")
        started = time.monotonic()
        duck.execute(
            "create table transaction_data as select txn_time, cast(txn_date as date) as txn_date, order_id, uid, shop_id,"
            " shop_owner_uid, cast(gmv as decimal(18, 2)) as gmv, cast(rebate as decimal(18, 2)) as rebate"
            f" from read_csv('{file}')"
        )
        duck.execute(f"create view {VIEW} as {query(VIEW)}")
        seconds["reading the CSV"] = time.monotonic() - started
        for mart in KEYS:
            started = time.monotonic()
            duck.execute(f"create table {mart} as {query(mart)}")
            seconds[mart] = time.monotonic() - started
        for mart in KEYS:
            sums[mart] = duck.execute(checksum(mart, mart, duckdb=True)).fetchone()
    return seconds, sums


def checksums_of_ours(settings: Settings) -> Checksums:
    """Return the checksum per mart of what dbt built."""
    sums = {}
    with connect(settings, settings.build_database) as connection, connection.cursor() as cursor:
        for mart in KEYS:
            cursor.execute(checksum(mart, mart))
            sums[mart] = cursor.fetchone()
    return sums


def without_last_day(file: Path, earlier: Path, last: Path) -> int:
    """Split the orders by their day, the last day into ``last``; return its number of orders."""
    with duckdb.connect() as duck:
        duck.execute(f"create view everything as select * from read_csv('{file}', all_varchar = true)")
        condition = "(select max(txn_date) from everything)"
        for sign, target in (("<", earlier), ("=", last)):
            duck.execute(f"copy (select * from everything where txn_date {sign} {condition}) to '{target}' (header)")
        return duck.execute(f"select count(*) from read_csv('{last}', all_varchar = true)").fetchone()[0]


def disagreements(sums: dict[str, Checksums]) -> list[str]:
    """Return a sentence for every mart whose rows are not the same in all ways."""
    return [
        f"{mart}: " + ", ".join(f"{way} has {result[mart]}" for way, result in sums.items())
        for mart in KEYS
        if len({result[mart] for result in sums.values()}) > 1 or not next(iter(sums.values()))[mart][0]
    ]


def show(plain: dict[str, float], duck: dict[str, float], ours: Build, fraud: Build, use: ServerUse) -> None:
    """Print the tables."""
    print("\n| way | seconds | against plain |\n|---|---|---|")
    ways = {
        "plain": sum(plain.values()),
        "ours: marts and their tests": ours.seconds,
        "DuckDB, the CSV read included": sum(duck.values()),
    }
    for way, seconds in ways.items():
        print(f"| {way} | {seconds:.1f} | {seconds / sum(plain.values()):.2f} |")
    print(f"\nours / DuckDB: {ours.seconds / sum(duck.values()):.0f}. The fraud stage, apart: {fraud.seconds:.1f} s.")
    print("\n| mart | plain | ours, the model alone | DuckDB |\n|---|---|---|---|")
    for mart in KEYS:
        print(f"| {mart} | {plain[mart]:.1f} | {ours.nodes[mart][1]:.1f} | {duck[mart]:.2f} |")
    others = {name: seconds for name, (kind, seconds) in ours.nodes.items() if kind == "model" and name not in KEYS}
    for name, seconds in sorted(others.items(), key=lambda item: -item[1]):
        if seconds > 0.5:
            print(f"| {name} | | {seconds:.1f} | |")
    print(f"| all tests of the stage | | {ours.seconds_of('test'):.1f} | |")
    print(
        f"\nThe server during both stages: memory {use.memory / GIB:.1f} GiB, data folder {use.disk_before / GIB:.1f} GiB before "
        f"and {use.disk / GIB:.1f} GiB at most, sort files {use.sort_files / GIB:.1f} GiB at most."
    )


def measure(file: Path, folder: Path, settings: Settings) -> int:
    """Measure the three ways on a loaded server and print; return 1 when they disagree."""
    build(settings, "--select", "path:seeds")
    _say("plain ...")
    plain, plain_sums = build_plainly(settings)
    _say("DuckDB ...")
    duck, duck_sums = build_in_duckdb(file, folder)
    _say("ours ...")
    with watched(folder / "mysql") as use:
        ours = build(settings, "--select", "tag:build")
        fraud = build(settings, "--select", "tag:fraud")
    wrong = disagreements({"plain": plain_sums, "ours": checksums_of_ours(settings), "DuckDB": duck_sums})
    show(plain, duck, ours, fraud, use)
    print(
        "\nThe three disagree:\n" + "\n".join(wrong)
        if wrong
        else "\nAll rows of all six marts are the same in all three."
    )
    return 1 if wrong else 0


def measure_increment(file: Path, folder: Path, settings: Settings) -> int:
    """Build all days but the last, then the last, then all anew; print what each cost; return 1 when the rows differ."""
    earlier, last = folder / "earlier.csv", folder / "last.csv"
    orders = without_last_day(file, earlier, last)
    load_ours(earlier, settings)
    first = build(settings, "--select", "tag:build")
    load_ours(last, settings)
    _say("increment ...")
    increment = build(settings, "--select", "tag:build")
    sums = checksums_of_ours(settings)
    full = build(settings, "--select", "tag:build", "--full-refresh")
    wrong = disagreements({"increment": sums, "full build": checksums_of_ours(settings)})
    print(f"\nThe last day has {orders:,} orders.\n\n| build | seconds | read of the orders alone |\n|---|---|---|")
    for name, each in (("all days but the last", first), ("the last day on top", increment), ("all days anew", full)):
        by_day = sum(each.nodes[model][1] for model in BY_DAY)
        print(f"| {name} | {each.seconds:.1f} | {by_day:.1f} |")
    print(
        "\nThey disagree:\n" + "\n".join(wrong)
        if wrong
        else "\nThe rows after the increment are those of the full build."
    )
    return 1 if wrong else 0


def measure_ours(settings: Settings) -> int:
    """Print what the marts and the fraud stage cost, and every model of half a second or more."""
    build(settings, "--select", "path:seeds")
    stages = {"marts": build(settings, "--select", "tag:build"), "fraud": build(settings, "--select", "tag:fraud")}
    print("\n| stage | seconds | models, summed | tests, summed |\n|---|---|---|---|")
    for stage, each in stages.items():
        print(f"| {stage} | {each.seconds:.1f} | {each.seconds_of('model'):.1f} | {each.seconds_of('test'):.1f} |")
    print("\n| model | stage | seconds |\n|---|---|---|")
    models = [
        (seconds, name, stage)
        for stage, each in stages.items()
        for name, (kind, seconds) in each.nodes.items()
        if kind == "model" and seconds >= 0.5
    ]
    for seconds, name, stage in sorted(models, reverse=True):
        print(f"| {name} | {stage} | {seconds:.1f} |")
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> int:
    """Make the file, load it, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--increment", action="store_true", help="measure one more day on top of the others instead")
    parser.add_argument("--ours", action="store_true", help="measure our build alone, model by model")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=bench_folder(), prefix="marts-") as name:
        folder = Path(name)
        file = folder / "orders.csv"
        write_sample(Plan(rows=wishes.rows, seed=7), file)
        _say(f"{wishes.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB")
        with own_server(folder) as settings:
            if wishes.increment:
                return measure_increment(file, folder, settings)
            started = time.monotonic()
            load_ours(file, settings)
            _say(f"loaded in {time.monotonic() - started:.1f} s")
            return measure_ours(settings) if wishes.ours else measure(file, folder, settings)


if __name__ == "__main__":
    sys.exit(main())
