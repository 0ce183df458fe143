"""Three ways to get the same file into the same table of the same server, one after the other in one run.

1. bare: one ``LOAD DATA LOCAL INFILE``; nothing is checked, nothing is accounted for.
2. pandas: ``read_csv`` and ``to_sql(chunksize=5000)``, as most pipelines do it.
3. ours: ``ingest_file``, with every row judged, a quarantine, an account per file, and one change for readers.

Every way starts on an empty table of a server of its own that runs with the demo's settings. What counts are the ratios:
machines differ, and so does the same machine from hour to hour. ``make bench-ingest [ROWS=10000000]``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign.database import connect
from campaign.schema import ensure_kept_tables, kept_tables
from campaign.settings import Settings
from campaign_sample import Plan, write_sample
from scripts.mysql_access import grant_access
from scripts.mysql_binary import resolve_server
from scripts.mysql_server import PrivateServer, free_port
from scripts.stack_settings import read_settings

PROCESSES = multiprocessing.get_context("spawn")
COLUMNS = "txn_time, @txn_date, order_id, uid, shop_id, shop_owner_uid, gmv, rebate"


@contextmanager
def own_server(folder: Path) -> Iterator[Settings]:
    """Start a server in ``folder`` with databases, users and kept tables."""
    given = read_settings()
    server = PrivateServer(resolve_server(given), folder / "mysql", free_port(), given.mysql_buffer_pool)
    root_password, password = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    server.initialise(root_password)
    server.start()
    try:
        settings = Settings(
            MYSQL_HOST="127.0.0.1",
            MYSQL_PORT=server.port,
            MYSQL_USER="campaign_loader",
            MYSQL_PASSWORD=password,
            CAMPAIGN_STATE=folder / "state",
            CAMPAIGN_ALLOWED_ROOTS=str(folder),
        )
        with server.connect_as_root(root_password) as administrator:
            grant_access(administrator, settings, password, secrets.token_urlsafe(16))
        with connect(settings) as connection:
            ensure_kept_tables(connection, settings)
        yield settings
    finally:
        server.stop()


def load_bare(file: Path, settings: Settings) -> None:
    """Let the server read the file, in the file's order, into the table as it is."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"load data local infile '{file}' into table {settings.raw_database}.transaction_data"
            " fields terminated by ',' optionally enclosed by '\"' ignore 1 lines"
            f" ({COLUMNS}) set txn_date = date(@txn_date), load_no = 1"
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
    from campaign.ingest import ingest_file

    with connect(settings) as connection:
        outcome = ingest_file(connection, file, settings, campaigns=load_campaigns(), run_id="bench")
    if outcome.status != "loaded" or outcome.rows_rejected:
        raise RuntimeError(f"not a clean load: {outcome}")


WAYS: dict[str, Callable[[Path, Settings], None]] = {
    "bare LOAD DATA": load_bare,
    "pandas to_sql": load_by_pandas,
    "ours": load_ours,
}


def _timed(way: str, file: Path, settings: Settings, tells) -> None:
    import campaign.ingest  # noqa: F401  (imports are not part of a load, and idle memory counts with them)

    idle = _memory("VmRSS")
    started = time.monotonic()
    WAYS[way](file, settings)
    tells.send((time.monotonic() - started, _memory("VmHWM") - idle))


def _memory(figure: str) -> float:
    """Return VmRSS (now) or VmHWM (the most so far) of this process, MiB. Not getrusage: it counts what forked us."""
    (kilobytes,) = (line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if figure in line)
    return int(kilobytes) / 1024


def measure(way: str, file: Path, settings: Settings, rows: int) -> tuple[float, float]:
    """Empty the tables and load the file in a process of its own; return seconds, and MiB over the idle process."""
    with connect(settings) as connection, connection.cursor() as cursor:
        for table in kept_tables(settings):
            cursor.execute(f"truncate table {table}")
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
        raise RuntimeError(f"{way}: {stored:,} of {rows:,} rows are in the table")
    return measured


def main() -> int:
    """Make the file, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    wishes = parser.parse_args()
    state = read_settings().state_folder.resolve() / "bench"
    state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=state, prefix="ingest-") as name:
        folder = Path(name)
        file = folder / "orders.csv"
        started = time.monotonic()
        write_sample(Plan(rows=wishes.rows, seed=7), file)
        print(f"{wishes.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB, made in {time.monotonic() - started:.1f} s")
        with own_server(folder) as settings:
            results = {}
            for way in wishes.ways:
                print(f"{way} ...", file=sys.stderr, flush=True)
                results[way] = measure(way, file, settings, wishes.rows)
    bare = results.get("bare LOAD DATA", (float("nan"),))[0]
    print("\n| way | seconds | rows/s | speed against bare | memory over idle, MiB |\n|---|---|---|---|---|")
    for way, (seconds, memory) in results.items():
        print(f"| {way} | {seconds:.1f} | {wishes.rows / seconds:,.0f} | {bare / seconds:.2f} | {memory:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
