"""Corrections: what a run that says replace does to stored orders, and that it leaves the account of every load whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.ingest.load.order_loader import BulkLoader, LoadError
from campaign.settings import Settings
from tests.fixtures.ingest_bench import Bench, good
from tests.fixtures.ingest_corpus import good_values, line

FIRST = 10**9  # the order id of row 0; the rows' days go round: 10 to 13 June
DAYS_STORED = "select day(txn_date), count(*) from transaction_data group by 1 order by 1"


@pytest.fixture
def bench(raw_connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path, monkeypatch) -> Bench:
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)
    return Bench(raw_connection, mysql_settings, tmp_path)


def test_days_of_the_file_become_exactly_the_files(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(20))))
    first = bench.write("10th.csv", *good(0), line(good_values(4), gmv="99000"), *good(100))  # not 8, 12, 16
    outcome = bench.load(first, replace="days")
    assert (outcome.status, outcome.rows_read, outcome.rows_accepted, outcome.rows_known) == ("loaded", 3, 2, 1)
    assert (outcome.orders_replaced, outcome.orders_removed) == (1, 3)
    assert "3 stored orders were removed, because the file lacks them on its days: 2026-06-10 (3)." in outcome.message
    assert "They were of load_no 1." in outcome.message
    assert bench.rows("select order_id, gmv, load_no from transaction_data where txn_date = '2026-06-10' order by 1") == [
        (FIRST, 50000, 1), (FIRST + 4, 99000, 2), (FIRST + 100, 150000, 2)
    ]  # fmt: skip
    assert bench.rows(DAYS_STORED) == [(10, 3), (11, 5), (12, 5), (13, 5)]
    assert bench.rows("select version from source_version")[0][0] > 1
    assert bench.rows("select rows_accepted, message from ingest_file where load_no = 2") == [(2, outcome.message)]


def test_a_file_that_only_lacks_orders_removes_them(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(8))))
    outcome = bench.load(bench.write("fewer.csv", *good(0, 1)), replace="days")
    assert (outcome.status, outcome.rows_accepted, outcome.rows_known, outcome.orders_removed) == ("loaded", 0, 2, 2)
    assert bench.rows(DAYS_STORED) == [(10, 1), (11, 1), (12, 2), (13, 2)]
    assert bench.rows("select version from source_version") == [(2,)]


@pytest.mark.parametrize(
    ("bad", "reason", "rows"),
    [
        (line(good_values(201), gmv="-1"), "negative_or_zero_gmv", 1),
        (line(good_values(0), gmv="1"), "differing_lines", 2),
        (b"x", "wrong_column_count", 1),
    ],
)
def test_a_bad_row_keeps_the_whole_file_from_replacing_days(bench: Bench, bad: bytes, reason: str, rows: int) -> None:
    bench.load(bench.write("orders.csv", *good(*range(20))))
    before = {
        table: rows for table, rows in bench.everything().items() if table in ("transaction_data", "source_version")
    }
    outcome = bench.load(bench.write("10th.csv", *good(*range(0, 200, 4)), bad), replace="days")
    assert (outcome.status, outcome.reasons[reason]) == ("failed", rows)
    assert "a file that replaces whole days must have none" in outcome.message
    assert before.items() <= bench.everything().items()
    loaded = bench.load(bench.folder / "10th.csv", replace="orders")  # 1 or 2 of 51 are within the allowed share
    assert (loaded.status, loaded.orders_removed) == ("loaded", 0)


def test_empty_lines_and_other_campaigns_rows_do_not_keep_it(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(8))))
    outside = line(good_values(200), txn_time="2020-01-01 00:00:00", txn_date="2020-01-01")
    outcome = bench.load(bench.write("10th.csv", *good(0), outside, b""), replace="days")
    assert (outcome.status, outcome.orders_removed) == ("loaded", 1)
    assert outcome.reasons == {"empty_line": 1, "outside_campaign": 1}


def test_days_of_campaigns_that_are_not_wanted_stay(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(8))))
    outcome = bench.load(bench.write("fewer.csv", *good(0, 1, 2, 3)), replace="days", campaign_id=2)
    assert (outcome.reasons, outcome.rows_known, outcome.orders_removed) == ({"outside_campaign": 2}, 2, 2)
    assert bench.rows(DAYS_STORED) == [(10, 2), (11, 2), (12, 1), (13, 1)]


def test_an_order_that_moves_to_another_day_leaves_the_old_one(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(8))))
    moved = line(good_values(1) | {"order_id": str(FIRST)})  # order 0 was of the 10th
    outcome = bench.load(bench.write("11th.csv", moved), replace="days")
    assert (outcome.orders_replaced, outcome.orders_removed) == (1, 2)
    assert bench.rows(DAYS_STORED) == [(10, 1), (11, 1), (12, 2), (13, 2)]


def test_a_shop_may_change_hands_with_all_its_orders_and_not_with_some(bench: Bench) -> None:
    shop = {"shop_id": "5", "shop_owner_uid": "50"}
    stored = [line(good_values(number) | shop) for number in (0, 4, 1)]  # two on the 10th, one on the 11th
    bench.load(bench.write("orders.csv", *stored, *good(20, 21)))
    new = {"shop_id": "5", "shop_owner_uid": "51"}
    some = bench.load(bench.write("10th.csv", line(good_values(0) | new)), replace="days")
    assert (some.status, some.reasons) == ("failed", {"second_owner_of_shop": 1})
    rows = [line(good_values(number) | new) for number in (8, 5)]
    whole = bench.load(bench.write("10th and 11th.csv", *rows), replace="days")
    assert (whole.status, whole.rows_accepted, whole.orders_removed) == ("loaded", 2, 5)
    assert bench.rows("select distinct shop_owner_uid from transaction_data where shop_id = 5") == [(51,)]


def test_a_content_that_was_loaded_changes_nothing_again_and_tells_how_to(bench: Bench) -> None:
    original = bench.write("orders.csv", *good(*range(8)))
    bench.load(original)
    stored = bench.rows("select order_id, gmv from transaction_data order by 1")
    bench.load(bench.write("wrong.csv", line(good_values(0), gmv="99000"), *good(100)), replace="days")
    before = bench.everything()
    outcome = bench.load(original, replace="days")
    assert outcome.status == "known" and "an empty line more will do" in outcome.message
    assert bench.everything() == before

    original.write_bytes(original.read_bytes() + b"\n")
    outcome = bench.load(original, replace="days")
    assert (outcome.status, outcome.orders_replaced, outcome.orders_removed) == ("loaded", 1, 1)
    assert bench.rows("select order_id, gmv from transaction_data order by 1") == stored


def test_a_content_with_conflicting_orders_tells_how_they_replace(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(8))))
    conflicting = bench.write("conflict.csv", line(good_values(0), gmv="99000"), *good(*range(1, 40)))
    assert bench.load(conflicting).reasons == {"conflicting_order": 1}
    outcome = bench.load(conflicting, replace="orders")
    assert (outcome.status, outcome.orders_replaced) == ("known", 0)
    assert "make requeue" in outcome.message


@pytest.mark.parametrize("replace", ["orders", "days"])
def test_two_files_of_one_run_that_contradict_each_other_do_not_take_turns(bench: Bench, replace: str) -> None:
    first = bench.write("part 1.csv", *good(0, 4))
    second = bench.write("part 2.csv", line(good_values(4), gmv="99000"), *good(8))
    assert bench.load(first, replace=replace, run_id="one").status == "loaded"
    refused = bench.load(second, replace=replace, run_id="one")
    assert refused.status == "failed"
    assert "orders that this very run loaded from part 1.csv. Give a day's orders in one file" in refused.message
    assert bench.rows("select order_id from transaction_data order by 1") == [(FIRST,), (FIRST + 4,)]
    first.write_bytes(first.read_bytes() + good(12)[0])  # a task cleared after its file was mended is the same run
    assert bench.load(first, replace=replace, run_id="one").rows_accepted == 1
    assert bench.load(second, replace=replace, run_id="two").orders_replaced == 1


def test_nothing_is_committed_if_an_order_to_be_removed_is_gone(bench: Bench, monkeypatch) -> None:
    bench.load(bench.write("orders.csv", *good(*range(8))))
    remove_orders = BulkLoader.remove_orders

    def after_somebody_else(loader: BulkLoader, *arguments: object) -> None:
        with connect(bench.settings) as other, other.cursor() as cursor:
            cursor.execute("delete from transaction_data where order_id = %s", (FIRST + 4,))
        remove_orders(loader, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(BulkLoader, "remove_orders", after_somebody_else)
        with pytest.raises(LoadError, match="nothing was committed"):
            bench.load(bench.write("10th.csv", *good(0)), replace="days")
    assert bench.rows("select count(*) from transaction_data") == [(7,)]
    assert bench.load(bench.folder / "10th.csv", replace="days").orders_removed == 0


def test_a_word_that_is_no_way_to_replace_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="weeks"):
        bench.load(bench.write("orders.csv", *good(1)), replace="weeks")
