"""Rows in, dbt, rows out: what the tests of the dbt project share. dbt runs in this process, on the real test server."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult

from campaign.db.connection import connect
from campaign.settings import PROJECT_ROOT, Settings
from tests.fixtures.long_form import LONG

DBT_PROJECT = PROJECT_ROOT / "dbt"
# Project and engine -> what dbt keeps of parsing it, which takes longer than building it; of a copy, dbt then parses only what
# differs. (A manifest can't serve twice: dbt alters it.)
_PARSED: dict[tuple[Path, str | None], bytes] = {}
# For a build whose rows are compared with those of one whose tests have passed.
WITHOUT_TESTS = "--exclude", "resource_type:test"
# For a build whose rows are what a test is about. dbt's tests run on the rows of other modules; `make test-long` runs them on these, too.
ROWS_ONLY = () if LONG else WITHOUT_TESTS
WRITTEN_BY_DBT = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")


@dataclass(frozen=True)
class Order:
    """One row of campaign_raw.transaction_data. The owner of a shop is its id plus 5,000 unless said otherwise."""

    order_id: int
    time: str
    uid: int
    shop_id: int
    gmv: str | int
    rebate: str | int = 0
    owner: int | None = None

    def as_row(self) -> tuple:
        """Return the row's values, in the order of the table's columns."""
        owner = self.shop_id + 5_000 if self.owner is None else self.owner
        return (self.order_id, self.time, self.time[:10], self.uid, self.shop_id, owner, self.gmv, self.rebate, 1)


def store(settings: Settings, rows: Iterable[tuple]) -> None:
    """Make these rows, in the order of the table's columns, the only accepted orders."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("truncate table transaction_data")
        cursor.execute("truncate table order_day")
        cursor.executemany("insert into transaction_data values (%s, %s, %s, %s, %s, %s, %s, %s, %s)", list(rows))


def run_dbt(command: str, target: Path, *arguments: str, project: Path = DBT_PROJECT) -> dbtRunnerResult:
    """Run one dbt command; what it writes goes below ``target``, so that the project's own folder stays as it is."""
    folders = {"project-dir": project, "profiles-dir": project, "target-path": target, "log-path": target / "logs"}
    options = [part for name, folder in folders.items() for part in (f"--{name}", str(folder))]
    parsed, engine = target / "partial_parse.msgpack", os.environ.get("CAMPAIGN_ENGINE")
    known = _PARSED.get((project, engine)) or _PARSED.get((DBT_PROJECT, engine))
    if known and not parsed.exists():
        target.mkdir(parents=True, exist_ok=True)
        parsed.write_bytes(known)
    result = dbtRunner().invoke([command, *arguments, *options, "--quiet", "--no-use-colors"])
    if parsed.exists():
        _PARSED.setdefault((project, engine), parsed.read_bytes())
    return result


def statuses(result: dbtRunnerResult) -> dict[str, str]:
    """Return node name -> pass, success, fail, error or skipped. Raises what dbt itself ended with, if it did."""
    if result.exception:
        raise result.exception
    return {each.node.name: str(each.status) for each in result.result.results}


def build(target: Path, *arguments: str, project: Path = DBT_PROJECT) -> dbtRunnerResult:
    """Build, with all tests unless ``arguments`` leave them out, and require that everything is right."""
    result = run_dbt("build", target, *arguments, project=project)
    wrong = {name: status for name, status in statuses(result).items() if status in ("fail", "error")}
    assert result.success and not wrong, f"dbt build: {wrong}"
    return result


@contextmanager
def build_database(settings: Settings) -> Iterator[Any]:
    """Yield a function that runs a query in the build database and returns its rows as dictionaries."""
    with connect(settings, settings.build_database) as connection:

        def query(statement: str, parameters: Sequence = ()) -> list[dict[str, Any]]:
            with connection.cursor(dictionary=True) as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.with_rows else []

        yield query


@contextmanager
def built_from(settings: Settings, orders: Iterable[Order], target: Path, *arguments: str) -> Iterator[Any]:
    """Make these the only orders, build, and yield what ``build_database`` does."""
    store(settings, [order.as_row() for order in orders])
    build(target, *arguments)
    with build_database(settings) as query:
        yield query


def project_with_seeds(folder: Path, seeds: Mapping[str, Sequence[Mapping[str, object]]]) -> Path:
    """Copy the dbt project into ``folder`` with other rows in some of its seeds. Columns left out are empty."""
    project = folder / "dbt"
    shutil.copytree(DBT_PROJECT, project, ignore=WRITTEN_BY_DBT)
    for seed, rows in seeds.items():
        path = project / "seeds" / f"{seed}.csv"
        columns = path.read_text().splitlines()[0].split(",")
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    return project


def read_seed(seed: str) -> list[dict[str, str]]:
    """Return the rows of a seed of the project."""
    with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(newline="") as file:
        return list(csv.DictReader(file))
