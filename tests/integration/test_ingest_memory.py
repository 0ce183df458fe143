"""The loader adds at most 300 MB to an idle process that has imported everything, whatever the file is like."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.contract.columns import COLUMN_NAMES
from campaign.settings import Settings
from tests.fixtures.load_in_a_process import Load

MOST_MEGABYTES = 300
HEADER = ",".join(COLUMN_NAMES)
PROCESSES = multiprocessing.get_context("spawn")


def order(number: int, shop: int, order_id: int | None = None, day: int = 10) -> str:
    order_id = number * 7919 % 1_000_003 if order_id is None else order_id
    return f"2026-06-{day} 10:00:{number % 60:02},2026-06-10,{order_id},{number % 999},{shop},{shop},70000,20000"


def lines(count: int, line: Callable[[int], str]) -> Callable[[Path], None]:
    return lambda path: path.write_text("\n".join([HEADER, *map(line, range(count))]))


FILES = {
    "unordered orders": lines(600_000, lambda n: order(n, n % 1000)),
    "a shop per order": lines(300_000, lambda n: order(n, n)),
    "every order twice": lines(300_000, lambda n: order(n, n % 1000, n % 150_000)),
    "an owner per order": lines(200_000, lambda n: order(n, n).replace(f",{n},{n},", f",{n % 100},{n},")),
    "bad rows only": lines(200_000, lambda n: order(n, n, day=11)),
    "empty lines only": lines(500_000, lambda n: ""),
    "lines of 15 MB": lines(6, lambda n: "9" * 15_000_000 if n % 2 else "x," * 7_500_000),
    "one line of 200 MB": lines(1, lambda n: "9" * 200_000_000),
    "900,000 line ends in quotes": lines(1, lambda n: '"' + "\n" * 900_000 + '"'),
}


def measure(load: Load, says) -> None:
    idle = _megabytes("VmRSS")
    outcome = load.run()
    says.send((outcome.rows_read, _megabytes("VmHWM") - idle))


def _megabytes(what: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) // 1024


@pytest.mark.parametrize("kind", FILES)
def test_memory_is_bounded_for(
    kind: str, raw_connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    FILES[kind](path)
    settings = mysql_settings.model_copy(
        update={"allowed_roots": str(tmp_path), "state_folder": tmp_path / "state", "max_bad_share": 1.0}
    )
    says, tells = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=measure, args=(Load(path, settings), tells))
    process.start()
    tells.close()
    rows_read, added = says.recv()
    process.join()
    assert rows_read > 0
    assert added <= MOST_MEGABYTES, f"{added} MB"
