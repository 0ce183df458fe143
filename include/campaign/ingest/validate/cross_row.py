"""The rules that need other rows, as set operations: orders already stored, second owners of a shop.

``cut_ids`` and ``lines_of_order`` hold those that need the file's rows alone, on the same tables. DuckDB does it over the
staged rows, out of core. Every row that is taken out is named by its line, with a reason and a sentence, or as known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl

from campaign.ingest.load.replace import Replace
from campaign.ingest.staging.area import StagingArea

MEMORY_LIMIT = "128MB"
CONTENT = ("txn_time", "uid", "shop_id", "shop_owner_uid", "gmv", "rebate")
STORED = {"order_id": "bigint", "txn_time": "timestamp_ms", "uid": "bigint", "shop_id": "bigint", "shop_owner_uid": "bigint",
          "gmv": "bigint", "rebate": "bigint", "load_no": "bigint"}  # fmt: skip
_CAMPAIGN_OF_STORED = "join campaign as k on s.txn_time >= k.starts_on and s.txn_time < k.ends_on + interval 1 day"


class Refused(NamedTuple):
    """A row that the cross-row checks took out."""

    line: int
    reason: str
    column: str
    sentence: str


@dataclass(frozen=True)
class Standing:
    """The rows that are to be loaded: Parquet files that follow each other in the order of order ids."""

    files: Sequence[Path]
    rows: int


class CrossRowChecks:
    """One load's staged rows as tables: ``candidate`` (all), ``stored`` (of the database), ``refused``, ``known_line``.

    ``unaccepted`` are rows with an order id that were not accepted by themselves; no row of it is a candidate. ``replaced`` and
    ``removed`` are the stored orders that the load takes out, the latter without putting others in.
    """

    def __init__(self, staging: StagingArea) -> None:
        """Open DuckDB in memory; what does not fit spills into the staging area's folder."""
        self.folder = staging.folder
        self.accepted = staging.accepted()
        self.unaccepted = staging.unaccepted
        self.repeats = 0  # rows that repeat another one of the file
        self.doubtful_ids: list[str] = []  # columns whose long ids may have been cut
        self.duck = duckdb.connect()
        self.duck.execute("set enable_progress_bar = false")
        self.duck.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        self.duck.execute(f"set temp_directory = '{self.folder / 'duckdb'}'")
        files = ", ".join(f"'{file}'" for file in self.accepted.files)
        self.duck.execute(f"create view candidate as select * from read_parquet([{files}])")
        files = ", ".join(f"'{file}'" for file in self.unaccepted.files())
        self.duck.execute(f"create view unaccepted as select * from read_parquet([{files}])")
        self.duck.execute("create table refused (line bigint, reason varchar, column_name varchar, sentence varchar)")
        self.duck.execute("create table known_line (line bigint)")
        columns = ", ".join(f"{name} {kind}" for name, kind in STORED.items())
        for table in ("stored", "replaced", "removed"):
            self.duck.execute(f"create table {table} ({columns})")
        self.duck.execute(
            "create table stored_owner (campaign_id integer, shop_id bigint, shop_owner_uid bigint, orders bigint)"
        )
        self.duck.execute("create table campaign (campaign_id integer, starts_on date, ends_on date)")

    def close(self) -> None:
        """Close DuckDB; its files go with the staging area."""
        self.duck.close()

    def order_ids(self) -> tuple[int, int, int]:
        """Return smallest and largest order id of the staged rows, and how many rows there are."""
        return self.duck.execute("select min(order_id), max(order_id), count(*) from candidate").fetchone()

    def order_id_batches(self, size: int) -> Iterator[list[int]]:
        """Yield the staged order ids, ascending, in lists of ``size``."""
        cursor = self.duck.cursor().execute("select distinct order_id from candidate order by order_id")
        while batch := cursor.fetchmany(size):
            yield [order_id for (order_id,) in batch]

    def add_stored(self, csv_file: Path) -> None:
        """Take in stored orders with a staged row's order id: a CSV file in the columns of STORED."""
        self.duck.execute(f"insert into stored select * from {_read_stored(csv_file)}")

    def remove_others(self, csv_file: Path) -> None:
        """Take in all stored orders of the file's days: those of which the file has no row are to be removed."""
        self.duck.execute(
            f"insert into removed select * from {_read_stored(csv_file)} anti join candidate using (order_id)"
        )

    def days(self) -> list[date]:
        """Return the days of rows that are not refused."""
        rows = self.duck.execute(
            "select distinct txn_time::date from candidate anti join refused using (line) order by 1"
        ).fetchall()
        return [day for (day,) in rows]

    def compare_with_stored(self, replace: Replace) -> None:
        """A row stored with the same content is known; with other content it conflicts, or replaces if the run says so."""
        same = " and ".join(f"c.{column} = s.{column}" for column in CONTENT)
        # A table, since the rows that stand become fewer while they are validated.
        self.duck.execute(
            f"create table stored_before as select * from ({self.standing_rows}) semi join stored using (order_id)"
        )
        standing = "stored_before c join stored s using (order_id) where true"
        self.duck.execute(f"insert into known_line select c.line from {standing} and {same}")
        if replace != Replace.NOTHING:
            columns = ", ".join(f"s.{name}" for name in STORED)
            self.duck.execute(f"insert into replaced select {columns} from {standing} and not ({same})")
            return
        different = " when ".join(f"c.{column} <> s.{column} then '{column}'" for column in CONTENT)
        self.duck.execute(
            "insert into refused select c.line, 'conflicting_order', 'order_id', 'order ' || order_id ||"
            f" ' is already stored, with another ' || case when {different} end ||"
            f" '; a run with replace, on a file not loaded before, would replace it' from {standing} and not ({same})"
        )

    def campaign_ids(self) -> list[int]:
        """Return the campaigns of the rows that stand."""
        rows = self.duck.execute(f"select distinct campaign_id from ({self.standing_rows}) order by 1").fetchall()
        return [campaign_id for (campaign_id,) in rows]

    def add_campaigns(self, rows: list[tuple[int, date, date]]) -> None:
        """Take in the campaigns' windows: (campaign_id, starts_on, ends_on)."""
        self._insert("campaign", rows)

    def add_stored_owners(self, rows: list[tuple[int, int, int, int]]) -> None:
        """Take in what is stored of campaigns' shops: (campaign_id, shop_id, shop_owner_uid, orders)."""
        self._insert("stored_owner", rows)

    def forget_owners_of_what_goes(self) -> None:
        """Of a file that loads as a whole or not at all, all that is replaced or removed will be gone: so is its owner."""
        self.duck.execute(
            "update stored_owner set orders = stored_owner.orders - gone.orders from ("
            " select k.campaign_id, s.shop_id, count(*) as orders"
            f" from (select * from replaced union all select * from removed) as s {_CAMPAIGN_OF_STORED} group by all) as gone"
            " where gone.campaign_id = stored_owner.campaign_id and gone.shop_id = stored_owner.shop_id"
        )
        self.duck.execute("delete from stored_owner where orders = 0")

    def move_owners_of_replaced_shops(self) -> None:
        """A file may change a stored owner only by replacing every stored order of the shop, all with one new owner.

        Otherwise orders of two owners would stay side by side.
        """
        self.duck.execute(
            "update stored_owner set shop_owner_uid = moved.owner from ("
            " select c.campaign_id, c.shop_id, min(c.shop_owner_uid) as owner, count(*) as orders"
            f" from ({self.standing_rows}) as c join replaced as s using (order_id) {_CAMPAIGN_OF_STORED}"
            " where s.shop_id = c.shop_id and k.campaign_id = c.campaign_id"
            " group by c.campaign_id, c.shop_id having min(c.shop_owner_uid) = max(c.shop_owner_uid)) as moved"
            " where moved.campaign_id = stored_owner.campaign_id and moved.shop_id = stored_owner.shop_id"
            " and moved.orders = stored_owner.orders"
        )

    def refuse_second_owners(self) -> None:
        """Within a campaign a shop has one owner: the stored one, else that of the first line that stands."""
        # Two steps, because asking every shop for its first line costs as much as everything else here.
        self.duck.execute(
            "create table disputed as select campaign_id, shop_id"
            f" from ({self.standing_rows}) anti join stored_owner using (campaign_id, shop_id)"
            " group by campaign_id, shop_id having min(shop_owner_uid) <> max(shop_owner_uid)"
        )
        self.duck.execute(
            "insert into refused select c.line, 'second_owner_of_shop', 'shop_owner_uid',"
            " 'shop ' || c.shop_id || ' belongs to ' || o.shop_owner_uid || ', as ' || o.told_by || '; ' || c.shop_owner_uid ||"
            " ' would be its second owner in campaign ' || c.campaign_id"
            f" from ({self.standing_rows}) as c join ("
            "   select campaign_id, shop_id, shop_owner_uid, 'stored orders say' as told_by from stored_owner"
            "   union all select campaign_id, shop_id, arg_min(shop_owner_uid, line), 'line ' || min(line) || ' says'"
            f"  from ({self.standing_rows}) semi join disputed using (campaign_id, shop_id) group by campaign_id, shop_id"
            " ) as o using (campaign_id, shop_id) where c.shop_owner_uid <> o.shop_owner_uid"
        )

    def refused(self) -> Iterator[Refused]:
        """Yield every refused row, by line."""
        cursor = self.duck.cursor().execute("select line, reason, column_name, sentence from refused order by line")
        while rows := cursor.fetchmany(10_000):
            yield from map(Refused._make, rows)

    def lines_in(self, table: str) -> Iterator[list[int]]:
        """Yield lists of the lines in ``known_line``, or of the rows that stand in ``standing``."""
        source = f"({self.standing_rows})" if table == "standing" else table
        cursor = self.duck.cursor().execute(f"select line from {source} order by line")
        while rows := cursor.fetchmany(2_000):
            yield [line for (line,) in rows]

    def refuse(self, rows: list[Refused]) -> None:
        """Take in rows that were refused elsewhere."""
        self._insert("refused", rows)

    def _insert(self, table: str, rows: list[tuple]) -> None:
        # By a file: DuckDB binds values one by one, which takes milliseconds a row.
        if rows:
            handed_over = self.folder / f"{table}.parquet"
            pl.DataFrame(rows, orient="row").write_parquet(handed_over)
            self.duck.execute(f"insert into {table} from read_parquet('{handed_over}')")

    def removed_orders(self, size: int) -> Iterator[list[int]]:
        """Yield the ids of the orders to be removed, ascending, in lists of ``size``."""
        cursor = self.duck.cursor().execute("select order_id from removed order by order_id")
        while rows := cursor.fetchmany(size):
            yield [order_id for (order_id,) in rows]

    def removed_per_day(self) -> list[tuple[date, int]]:
        """Return how many stored orders of each day are to be removed."""
        return self.duck.execute("select txn_time::date, count(*) from removed group by 1 order by 1").fetchall()

    def loads_of_what_goes(self) -> list[int]:
        """Return the numbers of the loads that brought what is replaced or removed."""
        gone = f"select load_no from replaced semi join ({self.standing_rows}) using (order_id) union select load_no from removed"
        return [load_no for (load_no,) in self.duck.execute(f"select * from ({gone}) order by 1").fetchall()]

    def count_replaced(self) -> int:
        """Return how many stored orders the rows that stand replace."""
        return self._count(f"({self.standing_rows}) where order_id in (select order_id from replaced)")

    def count(self, table: str) -> int:
        """Return the rows of one of the tables."""
        return self._count(table)

    @property
    def standing_rows(self) -> str:
        """The rows that stand so far, as a query in the columns of the staging area's SCHEMA."""
        return "select * from candidate anti join refused using (line) anti join known_line using (line)"

    def standing(self) -> Standing:
        """Return the rows that stand, as files ordered by order id: InnoDB takes in ordered keys several times faster."""
        rows = self._count(f"({self.standing_rows})")
        if self.accepted.in_order and rows == self.accepted.rows:
            return Standing(self.accepted.files, rows)
        ordered = self.folder / "standing.parquet"
        self.duck.execute(
            f"copy (select * from ({self.standing_rows}) order by order_id) to '{ordered}' (compression lz4)"
        )
        return Standing([ordered], rows)

    def _count(self, source: str) -> int:
        return self.duck.execute(f"select count(*) from {source}").fetchone()[0]


def _read_stored(csv_file: Path) -> str:
    return f"read_csv('{csv_file}', header = false, auto_detect = false, delim = ',', columns = {STORED})"
