"""The loader's behaviour around a file: told twice, moving, corrected, validated again, mended, refused, interrupted by others."""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
import time
from dataclasses import replace as changed
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.contract.outcome import FileOutcome
from campaign.db.connection import connect
from campaign.ingest import export_rejected
from campaign.ingest.export_rejected import NoSuchFileError, write_rejected_rows
from campaign.ingest.load.lock import BusyError, one_at_a_time
from campaign.ingest.load.order_loader import BulkLoader, LoadError
from campaign.ingest.revalidate import revalidate_outside_campaign
from campaign.ingest.source_files import SourceError
from campaign.ingest.validate.file import validate_file
from campaign.orchestration import run_report
from campaign.settings import Settings
from tests.fixtures.ingest_bench import CAMPAIGNS, Bench, good
from tests.fixtures.ingest_corpus import HEADER, good_values, line


@pytest.fixture
def bench(raw_connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path, monkeypatch) -> Bench:
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)
    return Bench(raw_connection, mysql_settings, tmp_path)


def test_two_days_of_a_real_campaign_are_accepted_in_full(bench: Bench, real_data: Path) -> None:
    real = [changed(CAMPAIGNS[0], starts_on=date(2019, 10, 30), ends_on=date(2019, 11, 2))]
    settings = bench.settings.model_copy(update={"allowed_roots": str(real_data)})
    outcome = bench.load(real_data / "transaction_data.csv", campaigns=real, settings=settings)
    assert (outcome.status, outcome.rows_read, outcome.rows_accepted, outcome.reasons) == ("loaded", 2022, 2022, {})
    assert bench.rows("select count(*), sum(rebate) from transaction_data") == [(2022, Decimal("32110103.00"))]


def test_every_value_is_stored_as_the_file_gives_it(bench: Bench) -> None:
    row = b"2026-06-10 23:59:59,2026-06-10 00:00:00,9223372036854775807,0,+7,007,9999999999999999.99,0.01"
    small = b"2026-06-11 00:00:00,2026-06-11,0,1,1,1,.01,0"
    in_euros = [changed(campaign, currency="EUR") for campaign in CAMPAIGNS]
    bench.load(bench.write("exact.csv", row, small), campaigns=in_euros)
    assert bench.rows("select txn_time, txn_date, order_id, uid, shop_id, shop_owner_uid, gmv, rebate from transaction_data order by gmv") == [
        (datetime_of("2026-06-11 00:00:00"), date(2026, 6, 11), 0, 1, 1, 1, Decimal("0.01"), Decimal("0.00")),
        (datetime_of("2026-06-10 23:59:59"), date(2026, 6, 10), 2**63 - 1, 0, 7, 7, Decimal("9999999999999999.99"), Decimal("0.01")),
    ]  # fmt: skip


def datetime_of(text: str):
    from datetime import datetime

    return datetime.fromisoformat(text)


def test_the_same_content_again_changes_nothing_under_any_name(bench: Bench) -> None:
    first = bench.load(bench.write("monday.csv", *good(1, 2), b"x", header=HEADER), settings=bench.settings.model_copy(update={"max_bad_share": 1.0}))  # fmt: skip
    before = bench.everything()
    again = bench.load(bench.folder / "monday.csv")
    other_name = bench.load((bench.folder / "monday.csv").rename(bench.folder / "tuesday.csv"), replace="orders")
    assert (first.status, again.status, other_name.status) == ("loaded", "known", "known")
    assert "monday.csv" in other_name.message
    assert (again.rows_read, again.rows_accepted, again.rows_rejected, again.rows_known) == (3, 0, 1, 2)
    assert again.reasons == {"wrong_column_count": 1}
    assert bench.everything() == before


def test_compressed_and_plain_content_are_two_files_of_the_same_orders(bench: Bench) -> None:
    plain = bench.write("orders.csv", *good(1, 2, 3))
    packed = bench.folder / "orders.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert bench.load(packed).rows_accepted == 3
    outcome = bench.load(plain)
    assert (outcome.status, outcome.rows_accepted, outcome.rows_known) == ("loaded", 0, 3)
    assert bench.rows("select version from source_version") == [(1,)]  # nothing new to publish


@pytest.mark.parametrize("change", ["grows", "is touched"])
def test_a_file_that_moves_between_two_looks_is_left_for_the_next_run(bench: Bench, change: str, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(1))

    def while_waiting(_: float) -> None:
        if change == "grows":
            path.open("ab").write(good(2)[0] + b"\n")
        else:
            os.utime(path, (time.time(), time.time() + 5))

    with monkeypatch.context() as patch:
        patch.setattr("campaign.ingest.ingest_file.time.sleep", while_waiting)
        outcome = bench.load(path)
    assert (outcome.status, outcome.rows_read) == ("moving", 0)
    assert bench.rows("select count(*) from ingest_file") == [(0,)]
    assert bench.load(path).status == "loaded"


def test_the_two_looks_are_one_second_apart(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 1.0)
    began = time.monotonic()
    assert bench.load(bench.write("orders.csv", *good(1))).status == "loaded"
    assert time.monotonic() - began >= 1.0


def test_a_file_that_changes_while_it_is_judged_is_left_for_the_next_run(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(1))

    def slow_validator(*arguments: object):
        scan = validate_file(*arguments)
        path.open("ab").write(good(2)[0] + b"\n")
        return scan

    with monkeypatch.context() as patch:
        patch.setattr("campaign.ingest.ingest_file.validate_file", slow_validator)
        assert bench.load(path).status == "moving"
    assert bench.rows("select count(*) from ingest_file") == [(0,)]
    assert bench.load(path).rows_accepted == 2


def test_a_file_that_is_cut_while_it_is_judged_is_left_for_the_next_run(bench: Bench, monkeypatch) -> None:
    path = bench.folder / "orders.csv.gz"
    path.write_bytes(gzip.compress(bench.write("orders.csv", *good(1)).read_bytes()))

    def slow_validator(*arguments: object):
        content = path.read_bytes()
        path.write_bytes(content[:-9])
        try:
            return validate_file(*arguments)
        finally:
            path.write_bytes(content)

    with monkeypatch.context() as patch:
        patch.setattr("campaign.ingest.ingest_file.validate_file", slow_validator)
        assert bench.load(path).status == "moving"
    assert bench.rows("select count(*) from ingest_file") == [(0,)]
    assert bench.load(path).rows_accepted == 1


def test_a_file_that_is_gone_is_no_error(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(1))
    monkeypatch.setattr("campaign.ingest.ingest_file.time.sleep", lambda _: path.unlink(missing_ok=True))
    assert bench.load(path).status == "vanished"
    assert bench.load(path).status == "vanished"
    assert bench.rows("select count(*) from ingest_file") == [(0,)]


def test_a_file_that_vanishes_while_it_is_judged_is_no_error(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(1))

    def begin(*arguments: object):
        path.unlink()
        path.open()

    monkeypatch.setattr("campaign.ingest.ingest_file.validate_file", begin)
    assert bench.load(path).status == "vanished"
    assert bench.rows("select count(*) from ingest_file") == [(0,)]


def test_a_path_outside_of_the_allowed_folders_is_refused(bench: Bench, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "orders.csv"
    outside.write_text(HEADER)
    (bench.folder / "link.csv").symlink_to(outside)
    for path in (outside, bench.folder / "link.csv", bench.folder / ".." / outside.parent.name / "orders.csv"):
        with pytest.raises(SourceError, match="CAMPAIGN_ALLOWED_ROOTS"):
            bench.load(path)


def test_another_file_of_the_same_size_and_time_that_takes_its_place_is_left_for_the_next_run(
    bench: Bench, monkeypatch
) -> None:
    path, other = bench.write("orders.csv", *good(1)), bench.write("other.csv", *good(2))
    seconds = path.stat().st_mtime
    os.utime(path, (seconds, seconds))
    os.utime(other, (seconds, seconds))
    with monkeypatch.context() as patch:
        patch.setattr("campaign.ingest.ingest_file.remove_abandoned", lambda _: other.replace(path))
        assert bench.load(path).status == "moving"
    assert bench.load(path).status == "loaded"
    assert bench.rows("select order_id from transaction_data") == [(10**9 + 2,)]


def test_a_file_whose_name_is_not_utf8_is_loaded_under_a_readable_name(bench: Bench) -> None:
    path = bench.write("orders.csv", *good(1))
    path = path.rename(os.fsdecode(os.fsencode(path.parent) + b"/caf\xe9.csv"))
    assert bench.load(path).file_name == r"caf\xe9.csv"
    assert bench.load(path).message.startswith(r"the same content was loaded as caf\xe9.csv")
    assert bench.rows("select file_name from ingest_file") == [(r"caf\xe9.csv",)]


def test_a_file_of_which_nothing_is_accepted_says_so_first(bench: Bench, caplog) -> None:
    row = line(good_values(0), txn_time="2026-07-01 10:00:00", txn_date="2026-07-01")
    outcome = bench.load(bench.write("orders.csv", row, row))
    assert outcome.message.startswith(
        "Not one of its 2 rows was accepted. 2 rows are in the window of no wanted campaign"
    )
    assert "line 2: txn_date is 2026-07-01" in outcome.message and "1 (2026-06-10 to 2026-06-11)" in outcome.message
    assert [record.levelname for record in caplog.records if "orders.csv: loaded" in record.getMessage()] == ["WARNING"]


def test_a_file_that_may_not_be_read_is_named(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(1))

    def refuse(_: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("campaign.ingest.ingest_file._sha256", refuse)
    with pytest.raises(SourceError, match=r"orders\.csv cannot be read: Permission denied"):
        bench.load(path)


def test_a_changed_order_conflicts_unless_the_run_says_replace(bench: Bench) -> None:
    settings = bench.settings.model_copy(update={"max_bad_share": 1.0})
    bench.load(bench.write("orders.csv", *good(1, 2, 3)))
    corrected = bench.write("corrected.csv", good(1)[0], line(good_values(2), gmv="99000"), good(4)[0])
    outcome = bench.load(corrected, settings=settings)
    assert (outcome.rows_accepted, outcome.rows_known, outcome.reasons) == (1, 1, {"conflicting_order": 1})
    assert "another gmv" in bench.rows("select sentence from rejected_row")[0][0]

    again = bench.write("corrected again.csv", line(good_values(2), gmv="99000"), good(3)[0])
    outcome = bench.load(again, replace="orders")
    assert (outcome.rows_accepted, outcome.rows_known, outcome.rows_rejected) == (1, 1, 0)
    assert "1 stored orders were replaced" in outcome.message
    assert bench.rows("select gmv, load_no from transaction_data where order_id = %s", 10**9 + 2) == [(99000, 3)]
    assert bench.rows("select count(*) from transaction_data") == [(4,)]


def test_rows_of_other_campaigns_are_rejected_until_they_are_wanted(bench: Bench) -> None:
    path = bench.write("orders.csv", *good(*range(8)))  # two of each of the four days
    outcome = bench.load(path, campaign_id=1)
    assert (outcome.rows_accepted, outcome.reasons, outcome.campaign_ids) == (4, {"outside_campaign": 4}, [1])
    assert bench.load(path, campaign_id=1).status == "known"
    both = bench.load(path, campaign_id=2)
    assert (both.status, both.rows_read, both.rows_accepted, both.rows_known, both.campaign_ids) == (
        "loaded",
        8,
        4,
        4,
        [2],
    )
    assert bench.rows("select count(*) from rejected_row") == [(0,)]
    assert bench.load(path).status == "known"


def test_rows_outside_of_campaigns_are_judged_again_when_campaigns_change(bench: Bench) -> None:
    rows = [
        *good(0, 1, 2, 3),
        line(good_values(6), rebate="19000", gmv="20000"),
        line(good_values(7)),
    ]
    bench.load(bench.write("before.csv", line(good_values(4), order_id=str(10**9 + 7))))
    path = bench.write("orders.csv", *rows)
    first = bench.load(path, campaigns=CAMPAIGNS[:1])
    assert (first.rows_accepted, first.reasons) == (2, {"outside_campaign": 4})
    assert revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS[:1], "unchanged") == []
    before = bench.everything()["ingest_file"]

    (outcome,) = revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS, "changed")

    assert (outcome.status, outcome.rows_read, outcome.rows_accepted, outcome.campaign_ids) == ("loaded", 4, 2, [2])
    assert outcome.reasons == {"rebate_above_terms": 1, "conflicting_order": 1}
    assert bench.rows("select line_number, reason from rejected_row order by 1") == [
        (6, "rebate_above_terms"),
        (7, "conflicting_order"),
    ]
    assert bench.rows("select count(*) from transaction_data where load_no = 2") == [(4,)]
    assert bench.rows("select version from source_version") == [(3,)]
    assert "rebate_above_terms (1): line 6: rebate 19000 is over" in outcome.message
    after = bench.everything()["ingest_file"]
    assert [row[:11] for row in after] == [row[:11] for row in before]  # counts stay those of the first load
    assert revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS, "again") == []
    assert bench.load(path).status == "known"


def test_a_header_that_an_earlier_release_took_ends_no_run(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(0, 1, 2, 3)), campaigns=CAMPAIGNS[:1])
    with bench.connection.cursor() as cursor:
        cursor.execute("update ingest_file set header = concat(header, ',Order ID')")  # it was ignored
    assert revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS, "changed") == []
    assert bench.rows("select reason, count(*) from rejected_row group by reason") == [("outside_campaign", 2)]


def test_a_row_judged_again_may_be_known_by_now(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(0, 2)), campaigns=CAMPAIGNS[:1])
    bench.load(bench.write("later.csv", *good(2, 3)), campaigns=CAMPAIGNS)
    (outcome,) = revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS, "changed")
    assert (outcome.status, outcome.rows_read, outcome.rows_known) == ("known", 1, 1)
    assert bench.rows("select count(*) from rejected_row") == [(0,)]


ITEM = {"gmv": "25000", "rebate": "0"}
BLANK = {"gmv": "", "rebate": ""}


def test_a_row_judged_again_differs_from_the_lines_that_were_rejected_before(bench: Bench) -> None:
    rows = [
        *good(*range(0, 160, 4)),  # all on the 10th
        line(good_values(200)), line(good_values(202), order_id=str(10**9 + 200)),  # an order in two campaigns
        line(good_values(206), gmv="x"), line(good_values(206)),  # a rejected line, and one outside
        line(good_values(210)), line(good_values(210), **ITEM),  # two that differ
        line(good_values(214)), line(good_values(214)), line(good_values(214), **BLANK),  # one order
    ]  # fmt: skip
    path = bench.write("orders.csv", *rows)
    first = bench.load(path, campaigns=CAMPAIGNS[:1])
    counts = {"outside_campaign": 7, "not_a_number": 1, "differing_lines": 1}
    assert (first.status, first.rows_accepted, first.reasons) == ("loaded", 40, first.reasons | counts)
    (outcome,) = revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS, "changed")
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_known) == (7, 1, 2)
    assert outcome.reasons == {"differing_lines": 4}
    assert (
        "differing_lines (4): line 43: order 1000000200 has 2 lines (42, 43), of which line 42 cannot"
        in outcome.message
    )
    ends = "select line_number, reason from rejected_row order by 1"
    assert bench.rows(ends) == [
        (42, "differing_lines"), (43, "differing_lines"), (44, "not_a_number"), (45, "differing_lines"),
        (46, "differing_lines"), (47, "differing_lines"),
    ]  # fmt: skip
    assert bench.rows("select order_id from transaction_data where order_id > %s", 10**9 + 160) == [(10**9 + 214,)]
    assert bench.load(path).status == "known"


def test_an_incomplete_row_waits_for_the_campaign_with_the_rest_of_its_order(bench: Bench) -> None:
    path = bench.write(
        "items.csv", *[text for number in (2, 3) for text in (*good(number), line(good_values(number), **BLANK))]
    )
    first = bench.load(path, campaigns=CAMPAIGNS[:1])
    assert (first.status, first.reasons) == ("loaded", {"outside_campaign": 4})
    (outcome,) = revalidate_outside_campaign(bench.connection, bench.settings, CAMPAIGNS, "changed")
    assert (outcome.rows_accepted, outcome.rows_known, outcome.reasons) == (2, 2, {})
    assert bench.rows("select count(*) from rejected_row") == [(0,)]


def test_differing_lines_are_given_back_and_loaded_when_one_is_left(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(*range(60)), line(good_values(60)), line(good_values(60), **ITEM)))
    text = io.StringIO()
    write_rejected_rows(bench.connection, bench.settings, "orders.csv", text)
    header, total, item = text.getvalue().splitlines()
    again = bench.folder / "again.csv"
    again.write_text("\n".join([header, total, item, ""]))
    assert bench.load(again).reasons == {"differing_lines": 2}
    again.write_text("\n".join([header, total, ""]))
    assert bench.load(again).rows_accepted == 1
    assert bench.rows("select gmv from transaction_data where order_id = %s", 10**9 + 60) == [(110000,)]


def test_repeats_are_known_with_and_without_the_order_being_stored(bench: Bench) -> None:
    rows = [*good(*range(3)), *good(0, 1), line(good_values(2), **BLANK)]
    first = bench.load(bench.write("orders.csv", *rows))
    assert (first.status, first.rows_read, first.rows_accepted, first.rows_known) == ("loaded", 6, 3, 3)
    assert "3 rows repeat another row's order" in first.message
    second = bench.load(bench.write("again.csv", *rows, b""))
    assert (second.rows_read, second.rows_accepted, second.rows_known, second.reasons) == (7, 0, 6, {"empty_line": 1})
    replaced = bench.write("corrected.csv", *[line(good_values(0), gmv="99000")] * 3, *good(4))
    outcome = bench.load(replaced, replace="days")
    assert (outcome.rows_accepted, outcome.rows_known, outcome.orders_replaced, outcome.orders_removed) == (2, 2, 1, 0)
    conflict = bench.load(bench.write("conflict.csv", *[line(good_values(0), gmv="98000")] * 2, *good(*range(10, 50))))
    assert (conflict.rows_known, conflict.reasons) == (1, {"conflicting_order": 1})


def test_a_loaded_files_message_names_every_reason_with_a_row(bench: Bench) -> None:
    rows = [*good(*range(80)), b"x", b"y", line(good_values(80), gmv="50.000"), b""]
    outcome = bench.load(bench.write("orders.csv", *rows))
    assert outcome.status == "loaded"
    assert outcome.message.splitlines() == [
        "4 of 84 rows were rejected:",
        "empty_line (1): line 85: the line is empty",
        "wrong_column_count (2): line 82: 1 value, 8 were expected, as in the header; if the line is a title, a note or a total, delete it",
        "out_of_range (1): line 84: gmv is '50.000', with three digits after the point: is the point a thousands separator? Then write"
        " 50000; a whole number was expected, VND has no decimals",
    ]


def test_rates_in_place_of_rebates_are_not_loaded(bench: Bench) -> None:
    outcome = bench.load(bench.write("orders.csv", *[line(good_values(n), rebate="30") for n in range(20)]))
    assert (outcome.status, outcome.reasons) == ("failed", {"file_failed": 20})
    assert "which is the rate of campaign" in outcome.message


def test_a_reason_of_an_earlier_version_still_counts(bench: Bench) -> None:
    path = bench.write("orders.csv", *good(*range(40)), b"x")
    bench.load(path)
    bench.rows("update rejected_row set reason = 'duplicate_in_file'")
    outcome = bench.load(path)
    assert (outcome.status, outcome.reasons) == ("known", {"duplicate_in_file": 1})


def test_a_store_that_cannot_be_written_does_not_fail_what_is_loaded(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr("campaign.ingest.load.swap_tables.FROM_ROWS", 1)
    (bench.folder / "file").touch()
    settings = bench.settings.model_copy(update={"engine": "duckdb", "store": bench.folder / "file"})
    outcome = bench.load(bench.write("orders.csv", *good(*range(3))), settings=settings)
    assert (outcome.status, outcome.rows_accepted) == ("loaded", 3)


def test_requeue_without_a_file_lists_what_waits(bench: Bench, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(export_rejected, "get_settings", lambda: bench.settings)
    assert export_rejected.main([]) == 0
    assert "No file waits" in capsys.readouterr().err
    bench.load(bench.write("refused.csv", b"x"))
    bench.load(bench.write("with_rows.csv", *good(*range(40)), b"x"))
    bench.load(bench.write("taken_away.csv", b"y"))
    (bench.folder / "taken_away.csv").unlink()
    assert export_rejected.main([]) == 0
    told = capsys.readouterr()
    assert told.out == ""  # it may be redirected to a file that is loaded next
    assert told.err.splitlines() == [
        "refused.csv, refused by run run 1",
        "    refused.csv: 1 of 1 rows (100.0%) are bad, 5.0% may be. Nothing was loaded.",
        "taken_away.csv (not in the inbox now), refused by run run 3",
        "    taken_away.csv: 1 of 1 rows (100.0%) are bad, 5.0% may be. Nothing was loaded.",
        "with_rows.csv, loaded without 1 rejected rows",
        export_rejected.HOW,
    ]
    bench.load(bench.write("refused.csv", *good(50)))
    export_rejected.main([])
    assert "refused.csv" not in capsys.readouterr().err


def test_requeue_takes_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert export_rejected.main(["a.csv", "b.csv"]) == 2
    assert "make requeue FILE=" in capsys.readouterr().err


def test_a_refused_file_fails_one_run_and_is_still_refused_by_later_ones(bench: Bench) -> None:
    path = bench.write("orders.csv", b"x")
    assert [bench.load(path, run_id=run).status for run in ("monday", "tuesday", "wednesday")] == [
        "failed", "still_refused", "still_refused",
    ]  # fmt: skip
    again = bench.load(path, run_id="monday")  # cleared
    assert (again.status, again.rows_rejected) == ("failed", 1)
    told = bench.load(path, run_id="thursday").message
    assert told.startswith("still refused, as by run monday: correct the file or take it away. orders.csv: 1 of 1 rows")
    assert bench.rows("select status, run_id from ingest_file") == [("failed", "monday")]
    assert bench.load(bench.write("orders.csv", b"y"), run_id="friday").status == "failed"  # another content
    facts = run_report.collect(bench.connection, bench.settings, "friday", [])
    assert facts["waiting"] == ["orders.csv"]
    bench.load(bench.write("orders.csv", *good(1)), run_id="saturday")
    assert run_report.collect(bench.connection, bench.settings, "saturday", [])["waiting"] == []


def test_rejected_rows_can_be_mended_and_loaded_again(bench: Bench) -> None:
    rows = [*good(*range(40)), line(good_values(41), gmv="7OOOO") + b',"Ph\xf2, ""hot"""']
    rows[:40] = [row + b"," for row in rows[:40]]
    bench.load(bench.write("orders.csv", *rows, header=f"{HEADER},dish"))
    text = io.StringIO()
    remarks = write_rejected_rows(bench.connection, bench.settings, "orders.csv", text)
    assert remarks == ["1 rejected rows of orders.csv."]
    header, row = text.getvalue().splitlines()
    assert header == f"rejected_line,rejected_reason,rejected_sentence,{HEADER},dish"
    assert row.startswith("42,not_a_number,\"line 42: gmv is '7OOOO', a number was expected\",2026-06-11 ")

    mended = bench.folder / "mended.csv"
    mended.write_text(text.getvalue().replace("7OOOO", "70000"))
    outcome = bench.load(mended)
    assert (outcome.rows_read, outcome.rows_accepted) == (1, 1)
    assert bench.rows("select gmv from transaction_data where order_id = %s", 10**9 + 41) == [(70000,)]
    assert write_rejected_rows(bench.connection, bench.settings, outcome.sha256, io.StringIO()) == [
        "0 rejected rows of mended.csv."
    ]
    with pytest.raises(NoSuchFileError, match=r"mended\.csv, orders\.csv"):
        write_rejected_rows(bench.connection, bench.settings, "other.csv", io.StringIO())


def test_a_failed_file_keeps_first_lines_and_all_counts_and_may_be_offered_again(bench: Bench) -> None:
    bad = [b"x"] * 250 + [b""] * 120 + [line(good_values(n), uid="u") for n in range(3)]
    path = bench.write("orders.csv", *bad, *good(10, 11))
    failed = bench.load(path)
    counts = {"empty_line": 120, "wrong_column_count": 250, "not_a_number": 3}
    assert (failed.status, failed.rows_read, failed.rows_rejected) == ("failed", 375, 375)
    assert failed.reasons == counts | {"file_failed": 2}
    assert "line 2: 1 value, 8 were expected" in failed.message
    assert "not_a_number (3): line 372: uid is 'u'" in failed.message
    kept = "select reason, count(*), min(line_number) from rejected_row group by reason order by reason"
    assert bench.rows(kept) == [("empty_line", 100, 252), ("not_a_number", 3, 372), ("wrong_column_count", 100, 2)]
    assert bench.load(path, run_id="run 1").status == "failed"  # the task was cleared

    loaded = bench.load(path, settings=bench.settings.model_copy(update={"max_bad_share": 1.0}))
    assert (loaded.status, loaded.rows_accepted, loaded.reasons) == ("loaded", 2, counts)
    assert bench.rows(kept) == [("empty_line", 120, 252), ("not_a_number", 3, 372), ("wrong_column_count", 250, 2)]
    assert bench.rows("select load_no, status from ingest_file") == [(1, "loaded")]


def test_rows_outside_of_campaigns_and_known_rows_never_fail_a_file(bench: Bench) -> None:
    bench.load(bench.write("orders.csv", *good(1)))
    row = line(good_values(2), txn_time="2020-01-01 00:00:00", txn_date="2020-01-01")
    outcome = bench.load(bench.write("mostly outside.csv", *good(1), *[row] * 20, b""))
    assert (outcome.status, outcome.reasons) == ("loaded", {"empty_line": 1, "outside_campaign": 20})
    assert "20 rows are in the window of no wanted campaign" in outcome.message


NASTY = [
    b"tab\there",
    b"back\\slash",
    b"\\N",
    b"nul\0",
    b"\xff\xfe",
    "phở ✓ 𝄞".encode(),
    b"quote'\"s",
    b"\x01\x1a\x7f",
    b"cr\rcr",
    b"%s",
]


def test_without_load_data_local_the_same_is_stored_and_the_message_says_so(bench: Bench) -> None:
    rows = [*good(*range(50)), *NASTY]
    settings = bench.settings.model_copy(update={"max_bad_share": 1.0})
    bulk = bench.load(bench.write("orders.csv", *rows), settings=settings)
    stored = bench.everything()
    assert [row[6] for row in stored["rejected_row"]] == [
        raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00") for raw in NASTY
    ]
    for table in stored:
        bench.rows(f"truncate table {table}") if table else None
    plain = {"host": settings.mysql_host, "port": settings.mysql_port, "user": settings.mysql_user, "autocommit": True}
    plain |= {"password": settings.mysql_password.get_secret_value(), "database": settings.raw_database}
    import mysql.connector

    with mysql.connector.connect(**plain) as connection:  # allow_local_infile is off
        outcome = bench.load(bench.folder / "orders.csv", settings=settings, connection=connection)
        corrected = bench.write("corrected.csv", line(good_values(2), gmv="99000"))
        replaced = bench.load(corrected, settings=settings, connection=connection, replace="orders")
    assert "LOAD DATA LOCAL is refused" in outcome.message
    assert outcome.message.endswith(f"\n{bulk.message}")
    assert changed(outcome, message=bulk.message, seconds=0) == changed(bulk, seconds=0)
    assert replaced.rows_accepted == 1
    assert bench.rows("select gmv, load_no from transaction_data where order_id = %s", 10**9 + 2) == [(99000, 2)]
    assert bench.everything()["rejected_row"] == stored["rejected_row"]


def test_by_side_tables_the_same_is_stored_and_left_overs_are_gone(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(*range(50)), b"x")
    plain = bench.load(path)
    stored = bench.everything()
    for table in stored:
        bench.rows(f"truncate table {table}")
    bench.rows("create table loading__7__transaction_data like transaction_data")
    monkeypatch.setattr("campaign.ingest.load.swap_tables.FROM_ROWS", 1)
    tables = bench.rows("show tables")
    beside = bench.load(path)
    assert changed(beside, seconds=0) == changed(plain, seconds=0)
    for table in ("transaction_data", "rejected_row", "source_version"):
        assert bench.everything()[table] == stored[table]
    assert bench.rows("show tables") == [row for row in tables if not row[0].startswith("loading__")]


def test_a_line_beyond_the_packet_limit_is_cut_with_a_mark_and_keeps_its_length(bench: Bench) -> None:
    (limit,) = bench.rows("select @@max_allowed_packet")[0]
    limit //= 4
    long, longer, escaped = b"1" * (limit - 1), b"2" * 17 * 2**20, b"\xff" * (limit // 3)
    path = bench.write("orders.csv", *good(*range(10)), long, longer, escaped)
    outcome = bench.load(path, settings=bench.settings.model_copy(update={"max_bad_share": 1.0}))
    assert outcome.reasons == {"line_too_long": 1, "wrong_column_count": 2}
    lengths = [len(long), len(longer), len(escaped)]
    rows = bench.rows(
        "select raw_length, length(raw_line), right(raw_line, 28), left(raw_line, 4) from rejected_row order by line_number"
    )
    assert [row[0] for row in rows] == lengths
    assert rows[0][1:] == (len(long), "1" * 28, "1111")
    for row, begin in zip(rows[1:], ("2222", r"\xff"), strict=True):
        assert row[1] <= limit
        assert row[2:] == ("… [cut here, see raw_length]", begin)


def test_progress_is_told_while_a_file_is_judged_and_loaded(bench: Bench, monkeypatch, caplog) -> None:
    monkeypatch.setattr("campaign.progress.SECONDS_BETWEEN_LINES", 0)
    with caplog.at_level("INFO"):
        bench.load(bench.write("orders.csv", *good(*range(100))))
    told = [record.getMessage() for record in caplog.records]
    for step in ("validated", "loaded"):
        message = next(text for text in told if f"orders.csv: {step} 100 rows, " in text)
        assert "rows/s, 100 %, 0 s to go" in message


def test_two_loads_at_once_take_turns(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(*range(30)))
    other = bench.write("overlapping.csv", *good(*range(20, 50)))
    outcomes: list[FileOutcome] = []

    def load(which: Path) -> None:
        with connect(bench.settings) as connection:
            outcomes.append(bench.load(which, connection=connection))

    threads = [threading.Thread(target=load, args=(which,)) for which in (path, path, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.status for outcome in outcomes) == ["known", "loaded", "loaded"]
    assert sum(outcome.rows_accepted for outcome in outcomes) == 50
    assert bench.rows("select count(*) from transaction_data") == [(50,)]


def test_a_load_that_waits_too_long_for_another_says_so(bench: Bench) -> None:
    path = bench.write("orders.csv", *good(1))
    hurried = bench.settings.model_copy(update={"lock_wait_seconds": 0})
    with (
        connect(bench.settings) as other,
        one_at_a_time(other, bench.settings),
        pytest.raises(BusyError, match="CAMPAIGN_LOCK_WAIT_SECONDS"),
    ):
        bench.load(path, settings=hurried)
    assert bench.load(path).status == "loaded"


def test_nothing_is_committed_if_somebody_else_writes_to_the_table(bench: Bench, monkeypatch) -> None:
    path = bench.write("orders.csv", *good(1, 2, 3))
    load_orders = BulkLoader.load_orders

    def after_somebody_else(loader: BulkLoader, *arguments: object) -> None:
        with connect(bench.settings) as other, other.cursor() as cursor:
            cursor.execute("insert into transaction_data values (%s, now(), now(), 1, 1, 1, 1, 0, 99)", (10**9 + 2,))
        load_orders(loader, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(BulkLoader, "load_orders", after_somebody_else)
        with pytest.raises(LoadError, match="nothing was committed"):
            bench.load(path)
    assert bench.rows("select order_id from transaction_data") == [(10**9 + 2,)]
    assert bench.rows("select status, rows_accepted from ingest_file") == [("loading", None)]
    bench.rows("delete from transaction_data")
    assert bench.load(path).rows_accepted == 3


def test_the_log_row_tells_the_whole_story(bench: Bench) -> None:
    outcome = bench.load(bench.write("orders.csv", *good(*range(30)), b"x"), run_id="manual__1")
    (row,) = bench.rows(
        "select sha256, file_name, bytes, status, rows_read, rows_accepted, rows_rejected, rows_known, reasons, run_id, header,"
        " finished_at >= started_at, timestampdiff(second, started_at, utc_timestamp()) < 60 from ingest_file"
    )
    size = (bench.folder / "orders.csv").stat().st_size
    assert row == (
        outcome.sha256, "orders.csv", size, "loaded", 31, 30, 1, 0, row[8], "manual__1", HEADER, 1, 1
    )  # fmt: skip
    assert json.loads(row[8]) == {"wrong_column_count": 1}
    assert json.loads(json.dumps(outcome.as_dict()))["rows_accepted"] == 30
