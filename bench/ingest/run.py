"""Three ways to get the same file into the same table of the same server, one after the other in one run.

1. bare: one ``LOAD DATA LOCAL INFILE``; nothing is checked, nothing is accounted for.
2. ours: ``ingest_file``, with every row validated, a quarantine, an account per file, and one change for readers.
3. pandas: ``read_csv`` and ``to_sql(chunksize=5000)``, as most pipelines do it.

Every way starts on an empty table, or one with ``--onto`` rows, of a server of its own that runs with the demo's settings.
What counts are the ratios: machines differ, and so does the same machine from hour to hour.
``make bench-ingest [ROWS=10000000] [ARGS="--order shuffled --onto 1000000 --ways ours"]``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench.own_server import bench_folder, own_server
from campaign.db.connection import connect
from campaign.db.schema import kept_tables
from campaign.settings import Settings
from campaign_sample import Plan, write_sample

PROCESSES = multiprocessing.get_context("spawn")
COLUMNS = "txn_time, txn_date, order_id, uid, shop_id, shop_owner_uid, gmv, rebate"
SECONDS_TO_SETTLE = 10  # the server still writes out what the way before left in its buffers


def load_bare(file: Path, settings: Settings) -> None:
    """Let the server read the file, in the file's order, into the table as it is."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"load data local infile '{file}' into table {settings.raw_database}.transaction_data"
            " fields terminated by ',' optionally enclosed by '\"' ignore 1 lines"
            f" ({COLUMNS}) set load_no = 1"
        )


def load_by_pandas(file: Path, settings: Settings) -> None:
    """Read the file into memory and insert it in chunks."""
    import pandas
    import sqlalchemy

    password = settings.mysql_password.get_secret_value()
    engine = sqlalchemy.create_engine(
        f"mysql+mysqlconnector://{settings.mysql_user}:{password}@127.0.0.1:{settings.mysql_port}/{settings.raw_database}"
    )
    frame = pandas.read_csv(file, parse_dates=["txn_time", "txn_date"])
    frame["load_no"] = 1
    frame.to_sql("transaction_data", engine, if_exists="append", index=False, chunksize=5000)


def load_ours(file: Path, settings: Settings) -> None:
    """Ingest the file."""
    from campaign.campaigns import load_campaigns
    from campaign.ingest.ingest_file import ingest_file

    with connect(settings) as connection:
        outcome = ingest_file(connection, file, settings, campaigns=load_campaigns(), run_id="bench")
    if outcome.status != "loaded" or outcome.rows_rejected:
        raise RuntimeError(f"not a clean load: {outcome}")


ORDERS = {"time": "", "id": "order_id", "shop": "shop_id, hash(order_id)", "shuffled": "hash(order_id)"}

WAYS: dict[str, Callable[[Path, Settings], None]] = {
    "bare": load_bare,
    "ours": load_ours,
    "pandas": load_by_pandas,
}


def _timed(way: str, file: Path, settings: Settings, tells) -> None:
    import campaign.ingest.ingest_file  # noqa: F401  (imports are not part of a load, and idle memory counts with them)

    idle = _memory("VmRSS")
    started = time.monotonic()
    WAYS[way](file, settings)
    tells.send((time.monotonic() - started, _memory("VmHWM") - idle))


def _memory(figure: str) -> float:
    """Return VmRSS (now) or VmHWM (the most so far) of this process, MiB. Not getrusage: it counts what forked us."""
    (kilobytes,) = (line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if figure in line)
    return int(kilobytes) / 1024


def measure(way: str, file: Path, settings: Settings, rows: int, before: Path | None) -> tuple[float, float]:
    """Empty the tables and load the file in a process of its own; return seconds, and MiB over the idle process.

    ``before`` is a file whose rows are there already.
    """
    with connect(settings) as connection, connection.cursor() as cursor:
        for table in kept_tables(settings):
            cursor.execute(f"truncate table {table}")
    if before:
        load_ours(before, settings)
    time.sleep(SECONDS_TO_SETTLE)
    says, tells = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_timed, args=(way, file, settings, tells))
    process.start()
    tells.close()
    measured = says.recv()
    process.join()
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {settings.raw_database}.transaction_data")
        (stored,) = cursor.fetchone()
    if stored != rows:
        raise RuntimeError(f"{way}: {stored:,} rows are in the table instead of {rows:,}")
    return measured


def rearranged(file: Path, order: str, order_id: str = "order_id") -> Path:
    """Return a copy of the file with its lines in another order, and perhaps other order ids."""
    import duckdb

    copy = file.with_name(f"rearranged-{file.name}")
    rows = f"select * replace ({order_id} as order_id) from read_csv('{file}')"
    duckdb.execute(f"copy (select * from ({rows}) order by {order}) to '{copy}'")
    file.unlink()
    return copy


def main() -> int:
    """Make the file, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--order", choices=ORDERS, default="time", help="of the lines; as exported they are by time")
    parser.add_argument("--onto", type=int, default=0, help="rows that are in the table before")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=bench_folder(), prefix="ingest-") as name:
        folder = Path(name)
        file = folder / "orders.csv"
        started = time.monotonic()
        write_sample(Plan(rows=wishes.rows, seed=7), file)
        print(
            f"{wishes.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB, made in {time.monotonic() - started:.1f} s",
            flush=True,
        )
        if wishes.order != "time":
            file = rearranged(file, ORDERS[wishes.order])
        before = folder / "before.csv" if wishes.onto else None
        if before:
            write_sample(Plan(rows=wishes.onto, seed=8, start=date(2019, 10, 30)), before)  # another campaign's days
            before = rearranged(before, "order_id", "order_id + 10000000000")
        with own_server(folder) as settings:
            print("\n| way | seconds | rows/s | speed against bare | memory over idle, MiB |\n|---|---|---|---|---|")
            bare = float("nan")
            for way in wishes.ways:
                seconds, memory = measure(way, file, settings, wishes.rows + wishes.onto, before)
                bare = seconds if way == "bare" else bare
                speed = f"{wishes.rows / seconds:,.0f} | {bare / seconds:.2f}"
                print(f"| {way} | {seconds:.1f} | {speed} | {memory:.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
