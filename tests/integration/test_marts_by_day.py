"""Tables kept by day: after anything that changes orders they are what a full build makes, and unchanged days are not read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import load_campaigns
from campaign.db.connection import connect
from campaign.ingest.ingest_file import ingest_file
from campaign.ingest.load.replace import Replace
from campaign.ingest.revalidate import revalidate_outside_campaign
from campaign.settings import Settings
from tests.integration.marts_harness import (
    ROWS_ONLY,
    build,
    build_database,
    project_with_seeds,
    read_seed,
    run_dbt,
    statuses,
)

# Whose tables are kept by day. What stage fraud makes of them is made anew each time; one test here builds it as well.
STAGE = "--select", "tag:build"
# All are made by the one materialization; how their rows differ shows in the other tests.
BY_DAY = (
    "int_customer_shop_day",
    *(
        pytest.param(name, marks=pytest.mark.long)
        for name in ("int_shop_day", "int_campaign_hour", "int_day_customers")
    ),
)
HEADER = "txn_time,txn_date,order_id,uid,shop_id,shop_owner_uid,gmv,rebate"


Tables = dict[str, tuple[str, list[tuple]]]  # qualified name -> definition, rows


class Stack:
    """Files in, builds, and what the tables hold."""

    def __init__(self, connection: MySQLConnectionAbstract, settings: Settings, query: Callable, folder: Path) -> None:
        self.connection, self.query, self.folder = connection, query, folder
        self.settings = settings.model_copy(update={"allowed_roots": str(folder), "state_folder": folder / "state"})
        self.files = 0

    def load(self, *orders: str, replace: Replace = Replace.NOTHING, campaigns: list | None = None) -> str:
        """Load orders written as ``id day hour uid shop gmv rebate`` from a file of their own."""
        self.files += 1
        path = self.folder / f"{self.files}.csv"
        path.write_text("\n".join([HEADER, *map(self._line, orders), ""]))
        outcome = ingest_file(
            self.connection, path, self.settings,
            campaigns=campaigns or load_campaigns(), run_id=f"run {self.files}", replace=replace,
        )  # fmt: skip
        return outcome.status

    def _line(self, order: str) -> str:
        order_id, day, hour, uid, shop, gmv, rebate = order.split()
        return f"{day} {hour}:00:00,{day},{order_id},{uid},{shop},{int(shop) + 5_000},{gmv},{rebate}"

    def build(self, *arguments: str, stage: tuple[str, ...] = STAGE, **how) -> None:
        build(self.folder / "target", *stage, *arguments, **how)

    def build_rows(self, **how) -> None:
        """Build the stage for its rows, which are compared with those of a full build."""
        self.build(*ROWS_ONLY, **how)

    def content(self) -> dict[str, list[str]]:
        """Return every table's rows, without the notes of when a day's orders changed."""
        tables = [row["name"] for row in self.query(
            "select table_name as name from information_schema.tables"
            " where table_schema = database() and table_type = 'BASE TABLE' and table_name <> 'built_day'"
        )]  # fmt: skip
        return {table: sorted(str(row) for row in self.query(f"select * from {table}")) for table in tables}

    def days_of_builds(self) -> dict[str, str]:
        """Return day -> state of its orders that int_customer_shop_day was built from."""
        rows = self.query("select txn_date, changed_at from built_day where model = 'int_customer_shop_day'")
        return {str(row["txn_date"]): str(row["changed_at"]) for row in rows}

    def assert_is_as_built_in_full(self, stage: tuple[str, ...] = STAGE, **how) -> None:
        """Make the stage anew, or with an empty one everything, and compare."""
        kept = self.content()
        assert kept["int_customer_shop_day"], "nothing was compared"
        result = run_dbt("run", self.folder / "target", "--full-refresh", *stage, **how)
        assert set(statuses(result).values()) == {"success"}
        assert self.content() == kept

    def tables(self) -> Tables:
        """Return all tables of the raw and the build database."""
        found = self.query(
            "select table_schema as folder, table_name as name from information_schema.tables"
            f" where table_schema in ('{self.settings.raw_database}', database()) and table_type = 'BASE TABLE'"
        )
        names = [f"{table['folder']}.{table['name']}" for table in found]
        with self.connection.cursor() as cursor:
            tables = {}
            for name in names:
                cursor.execute(f"show create table {name}")
                definition = cursor.fetchone()[1].split("(", 1)[1]
                cursor.execute(f"select * from {name}")
                tables[name] = definition, cursor.fetchall()
        return tables

    def put_back(self, tables: Tables) -> None:
        """Make the tables anew as ``tables`` returned them."""
        with self.connection.cursor() as cursor:
            for name, (definition, rows) in tables.items():
                cursor.execute(f"drop table if exists {name}")
                cursor.execute(f"create table {name} ({definition}")
                if rows:
                    cursor.executemany(f"insert into {name} values ({', '.join(['%s'] * len(rows[0]))})", rows)


THREE_DAYS = [
    "101 2026-06-10 09 1 10 60000 18000",
    "102 2026-06-10 10 1 10 60000 18000",
    "103 2026-06-10 10 2 11 900 270",
    "201 2026-06-11 09 1 10 50000 15000",
    "202 2026-06-11 23 3 12 40000 0",
    "301 2026-06-12 00 2 11 30000 9000",
]


@pytest.fixture(scope="module", autouse=True)
def no_wait_between_looks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)
        yield


@pytest.fixture(scope="module")
def three_days(mysql_settings: Settings, empty_databases, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Load and build three days; return what all tables then are."""
    empty_databases()
    with connect(mysql_settings) as connection, build_database(mysql_settings) as query:
        stack = Stack(connection, mysql_settings, query, tmp_path_factory.mktemp("three days"))
        assert stack.load(*THREE_DAYS) == "loaded"
        stack.build(stage=())
        return stack.tables()


@pytest.fixture
def stack(three_days: Tables, raw_connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path):
    """Give the three days, as if they had just been built."""
    with build_database(mysql_settings) as query:
        stack = Stack(raw_connection, mysql_settings, query, tmp_path)
        stack.put_back(three_days)
        stack.files = 1
        yield stack


def test_one_more_day_is_added_and_orders_of_earlier_days_are_not_read_again(stack: Stack) -> None:
    assert stack.load("401 2026-06-13 12 1 10 20000 6000", "402 2026-06-13 12 4 13 70000 20000") == "loaded"
    # Behind the loader's back: whoever reads the first day's orders sees 5 more customers.
    with stack.connection.cursor() as cursor:
        cursor.execute(
            "update transaction_data set uid = uid + 1000, txn_time = txn_time + interval 5 hour where order_id < 200"
        )
    result = run_dbt("run", stack.folder / "target")
    assert set(statuses(result).values()) == {"success"}
    assert stack.query("select count(*) as found from int_customer_shop_day where customer_id > 1000") == [{"found": 0}]
    assert stack.query("select sum(total_orders) as orders from int_campaign_hour where txn_hour > 13") == [
        {"orders": 1}
    ]
    assert stack.query("select total_orders as orders from campaign_summary") == [{"orders": 8}]
    with stack.connection.cursor() as cursor:
        cursor.execute(
            "update transaction_data set uid = uid - 1000, txn_time = txn_time - interval 5 hour where order_id < 200"
        )
    stack.build(stage=())
    stack.assert_is_as_built_in_full(stage=())


def test_orders_changed_behind_the_loaders_back_stop_the_build(stack: Stack) -> None:
    with stack.connection.cursor() as cursor:
        cursor.execute("delete from transaction_data where order_id = 102")
    result = run_dbt("build", stack.folder / "target", *STAGE)
    assert statuses(result)["assert_every_order_in_a_window_is_counted"] == "fail"
    stack.build("--full-refresh")


def test_nothing_new_builds_no_day(stack: Stack) -> None:
    before = stack.days_of_builds()
    assert list(before) == ["2026-06-10", "2026-06-11", "2026-06-12"]
    stack.build_rows()
    assert stack.days_of_builds() == before
    stack.assert_is_as_built_in_full()


def test_late_orders_of_an_earlier_day_are_added(stack: Stack) -> None:
    before = stack.days_of_builds()
    assert stack.load("104 2026-06-10 22 7 10 60000 0", "90 2026-06-10 01 7 10 60000 0") == "loaded"
    stack.build_rows()
    after = stack.days_of_builds()
    assert {day for day in after if after[day] != before[day]} == {"2026-06-10"}
    stack.assert_is_as_built_in_full()


def test_replaced_orders_leave_their_old_day_and_a_day_may_lose_all(stack: Stack) -> None:
    assert (
        stack.load("301 2026-06-11 11 2 11 30000 9000", "103 2026-06-10 10 9 11 800 240", replace=Replace.ORDERS)
        == "loaded"
    )
    stack.build_rows()
    assert stack.query("select * from int_customer_shop_day where txn_date = '2026-06-12'") == []
    assert stack.query("select total_orders as orders from campaign_daily where txn_date = '2026-06-11'") == [
        {"orders": 3}
    ]
    stack.assert_is_as_built_in_full()


def test_a_file_that_replaces_a_whole_day_takes_orders_out_of_it(stack: Stack) -> None:
    before = stack.days_of_builds()
    assert stack.load("202 2026-06-11 23 3 12 40000 0", replace=Replace.DAYS) == "loaded"
    stack.build_rows()
    assert stack.query("select total_orders as orders from campaign_daily where txn_date = '2026-06-11'") == [
        {"orders": 1}
    ]
    assert stack.days_of_builds()["2026-06-10"] == before["2026-06-10"]
    stack.assert_is_as_built_in_full()


def test_rows_that_find_a_campaign_later_are_added(stack: Stack, tmp_path: Path) -> None:
    wider = [row | {"ends_on": "2026-06-14"} if row["campaign_id"] == "2" else row for row in read_seed("campaign")]
    assert stack.load("501 2026-06-13 10 1 10 60000 0", "502 2026-06-14 10 1 10 60000 0") == "loaded"
    stack.build_rows()
    project = project_with_seeds(tmp_path, {"campaign": wider})
    campaigns = [
        each if each.campaign_id != 2 else each.__class__(**{**each.__dict__, "ends_on": date(2026, 6, 14)})
        for each in load_campaigns()
    ]
    assert revalidate_outside_campaign(stack.connection, stack.settings, campaigns, "test")
    stack.build_rows(project=project)
    assert "2026-06-14" in stack.days_of_builds()
    stack.assert_is_as_built_in_full(project=project)


def test_days_that_change_their_campaign_are_built_again(stack: Stack, tmp_path: Path) -> None:
    moved = [row | {"ends_on": "2026-06-11"} if row["campaign_id"] == "2" else row for row in read_seed("campaign")]
    moved.append(moved[-1] | {"campaign_id": "3", "name": "later", "starts_on": "2026-06-12", "ends_on": "2026-06-12"})
    project = project_with_seeds(tmp_path, {"campaign": moved})
    stack.build_rows(project=project)
    assert {row["campaign_id"] for row in stack.query("select campaign_id from int_customer_shop_day")} == {2, 3}
    stack.assert_is_as_built_in_full(project=project)


@pytest.mark.parametrize("table", BY_DAY)
def test_a_build_that_fails_halfway_leaves_the_day_as_it_was_and_the_next_one_mends_it(
    stack: Stack, table: str
) -> None:
    before = stack.content()[table]
    assert stack.load("104 2026-06-10 22 7 10 60000 0", "401 2026-06-13 12 1 10 20000 6000") == "loaded"
    stack.query(
        f"create trigger refuse before insert on {table} for each row"
        " begin if new.txn_date = '2026-06-13' then signal sqlstate '45000'; end if; end"
    )
    assert statuses(run_dbt("run", stack.folder / "target", *STAGE))[table] == "error"
    assert stack.content()[table] == before
    stack.query("drop trigger refuse")
    stack.build_rows()
    stack.assert_is_as_built_in_full()


@pytest.mark.parametrize("table", BY_DAY)
def test_a_table_that_was_lost_is_made_anew(stack: Stack, table: str) -> None:
    before = stack.content()
    stack.query(f"drop table {table}")
    stack.build_rows()
    assert stack.content() == before


def test_orders_stored_before_days_were_noted_are_noted_by_the_next_load(stack: Stack) -> None:
    with stack.connection.cursor() as cursor:
        cursor.execute("truncate table order_day")
    assert stack.load("401 2026-06-13 12 1 10 20000 6000") == "loaded"
    stack.build_rows()
    assert list(stack.days_of_builds()) == ["2026-06-10", "2026-06-11", "2026-06-12", "2026-06-13"]
    stack.assert_is_as_built_in_full()
