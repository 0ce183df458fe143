"""Several lines of one order, against a model in plain Python; ids that a spreadsheet has cut; what the rows say of their file."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.load_warnings import remarks
from campaign.ingest.staging import sort_buffer
from campaign.ingest.validate.whole_file import (
    amounts_too_small,
    count_guests,
    count_states,
    frequent_uid,
    on_times,
    rates_for_rebates,
)
from tests.fixtures.ingest_corpus import good_values
from tests.fixtures.long_form import examples
from tests.fixtures.staged_file import outcome, staged_file

CAMPAIGN = Campaign(1, "c", date(2026, 6, 10), date(2026, 6, 13), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1)
Line = tuple[str, str, str, str, str]  # order_id, day, uid, gmv, rebate


@contextmanager
def staged(lines: list[str], *, header: str = ",".join(COLUMN_NAMES), campaign: Campaign = CAMPAIGN, **how):
    """Give what the file's own cross-row checks make of lines."""
    with staged_file("\n".join([header, *lines, ""]).encode(), [campaign], **how) as staged:
        yield staged


def as_text(line: Line) -> str:
    order_id, day, uid, gmv, rebate = line
    return f"{day and day + ' 10:00:00'},{day},{order_id},{uid},7,70,{gmv},{rebate}"


def model(lines: list[Line]) -> dict[int, str]:
    """Return what must become of each line."""
    kinds: dict[int, str] = {}
    for number, line in enumerate(lines, start=2):
        _, day, _, gmv, _ = line
        if gmv == "x":
            kinds[number] = "missing_value" if "" in line[:3] else "not_a_number"
        elif "" in line:
            kinds[number] = "incomplete"
        elif gmv == "-1":
            kinds[number] = "negative_or_zero_gmv"
        else:
            kinds[number] = "complete" if day < "2026-07" else "outside_campaign"
    result = dict(kinds)
    for order_id in {line[0] for line in lines}:
        mine = [number for number in kinds if lines[number - 2][0] == order_id]
        is_open = {n: kinds[n] in ("complete", "incomplete", "negative_or_zero_gmv") for n in mine}
        open_ones = [number for number in mine if is_open[number]]
        complete = [number for number in mine if kinds[number] == "complete"]
        values = zip(*(lines[number - 2] for number in open_ones), strict=True)
        differ = any(len(set(column) - {""}) > 1 for column in values)
        differ = (
            differ and any(kinds[n] != "incomplete" for n in open_ones) or bool(complete) and not all(is_open.values())
        )
        for number in open_ones:
            if differ:
                result[number] = "differing_lines"
            elif kinds[number] == "negative_or_zero_gmv":
                pass
            elif not complete:
                outside = "outside_campaign" in (kinds[other] for other in mine)
                first_blank = "" in lines[number - 2][:3] or lines[number - 2][3] != "-1"
                result[number] = (
                    "outside_campaign" if outside else "missing_value" if first_blank else "negative_or_zero_gmv"
                )
            else:
                result[number] = "accepted" if number == complete[0] else "known"
    return result


order_lines = st.tuples(
    st.sampled_from(["1", "2", "3"]), st.sampled_from(["2026-06-10"] * 3 + ["2026-06-11", "2026-07-01", ""]),
    st.sampled_from(["5", "5", "5", "6", ""]), st.sampled_from(["50000"] * 3 + ["60000", "-1", "x", "", ""]),
    st.sampled_from(["10000", "10000", "0", ""]),
)  # fmt: skip
FULL: Line = ("1", "2026-06-10", "5", "50000", "10000")


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(order_lines, max_size=8), st.sampled_from([64, 4096]), st.sampled_from([0, 2, 200_000]))
@example([FULL, FULL, FULL], 4096, 200_000)
@example([("1", "", "", "", ""), FULL], 64, 2)
@example([FULL, ("1", "2026-06-10", "5", "", "")], 64, 200_000)
@example([FULL, ("1", "2026-07-01", "5", "50000", "10000")], 64, 200_000)
@example([("1", "2026-07-01", "5", "50000", "10000"), ("1", "", "", "", "")], 64, 200_000)
@example([FULL, ("1", "2026-06-10", "5", "-1", "10000")], 64, 200_000)
@example([FULL, ("1", "2026-06-10", "5", "x", "10000")], 64, 200_000)
@example([("1", "2026-06-10", "5", "-1", "10000")] * 2, 64, 200_000)
@example([("1", "2026-06-10", "5", "-1", "10000"), ("1", "2026-06-10", "5", "", "")], 64, 200_000)
def test_lines_of_one_order_end_as_the_model_says(lines: list[Line], block_bytes: int, pending: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sort_buffer, "MOST_PENDING_ROWS", pending)
        with staged([as_text(line) for line in lines], block_bytes=block_bytes) as (scan, staging, rules):
            assert outcome(staging, rules) == model(lines)
            assert scan.rows_read == len(lines)


def good_lines(rows: int, changed=lambda number: {}) -> list[str]:
    return [",".join((good_values(number) | changed(number)).values()) for number in range(rows)]


def test_repeats_far_apart_are_found_whatever_way_the_rows_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = good_lines(3000)
    last = lines[0].split(",")
    for pending in (10, 200_000):
        monkeypatch.setattr(sort_buffer, "MOST_PENDING_ROWS", pending)
        for end, ends in (
            (lines[0], "known"),
            (",".join([*last[:6], "", ""]), "known"),
            (lines[0] + "1", "differing_lines"),
        ):
            with staged([*lines, end], block_bytes=5000) as (_, staging, rules):
                found = outcome(staging, rules)
                assert found.pop(3002) == ends
                assert found[2] == ("accepted" if ends == "known" else ends)


def test_differing_lines_say_where_and_what() -> None:
    line = good_lines(1)[0]
    with staged([line, line.replace(",50000,", ",25000,"), *good_lines(3)[1:]]) as (_, staging, rules):
        assert [(row.line, row.sentence) for row in rules.refused()] == [
            (
                n,
                "order 1000000000 has 2 lines (2, 3), which differ in gmv (25000 and 50000); give each order one line, with its totals",
            )
            for n in (2, 3)
        ]
    with staged([line, line.replace(",50000,", ",x,"), *good_lines(3)[1:]]) as (_, staging, rules):
        (row,) = rules.refused()
        assert "has 2 lines (2, 3), of which line 3 cannot be accepted; give" in row.sentence
    with staged([line, line.replace(",50000,", ",-5,"), *good_lines(3)[1:]]) as (_, staging, rules):
        first, second = rules.refused()
        assert first.sentence == second.sentence and "which differ in gmv (-5 and 50000); give" in first.sentence


def cut(number: int, digits: int) -> str:
    """Return an id of so many digits that only has its first 15."""
    return str(random.Random(number).randrange(10**14, 9 * 10**14)) + "0" * (digits - 15)


@pytest.mark.parametrize("column", ["order_id", "uid", "shop_id", "shop_owner_uid"])
@pytest.mark.parametrize("digits", [16, 17, 18, 19])
def test_ids_that_a_spreadsheet_cut_are_rejected(column: str, digits: int) -> None:
    with staged(good_lines(40, lambda number: {column: cut(number, digits)})) as (_, staging, rules):
        assert set(outcome(staging, rules).values()) == {"cut_id"}
        row = next(rules.refused())
        assert row.column == column and cut(0, digits) in row.sentence and "as text" in row.sentence


def test_few_rows_that_went_through_a_spreadsheet_are_found_among_many() -> None:
    whole = random.Random(1)

    def mixed(number):
        return {"order_id": cut(number, 19) if number < 5 else str(whole.randrange(10**18, 9 * 10**18))}

    with staged(good_lines(2000, mixed)) as (_, staging, rules):
        found = outcome(staging, rules)
        assert [line for line in found if found[line] == "cut_id"] == [2, 3, 4, 5, 6]


def test_cut_ids_that_collide_are_called_cut_and_not_differing() -> None:
    with staged(good_lines(40, lambda number: {"order_id": cut(number // 10, 19)})) as (_, staging, rules):
        assert set(outcome(staging, rules).values()) == {"cut_id"}


@pytest.mark.parametrize("digits", [10, 15, 16, 17, 19])
def test_long_ids_that_are_whole_are_accepted(digits: int) -> None:
    chance = random.Random(digits)

    def wide(number):
        return {
            name: str(chance.randrange(10 ** (digits - 1), min(10**digits, 2**63))) for name in ("order_id", "uid")
        } | {"shop_id": str(10**15 + 1), "shop_owner_uid": str(10**14)}

    with staged(good_lines(3000, wide)) as (_, staging, rules):
        assert set(outcome(staging, rules).values()) == {"accepted"}
        assert rules.doubtful_ids == []


def test_one_long_id_with_zeros_is_told_and_stored() -> None:
    lines = good_lines(40, lambda number: {"shop_id": cut(1, 19), "shop_owner_uid": "5"})
    with staged(lines) as (scan, staging, rules):
        assert set(outcome(staging, rules).values()) == {"accepted"}
        assert "The long ids in shop_id end in zeros" in remarks(scan, staging, rules, 40, "")


def test_guests_and_one_too_frequent_buyer_are_told() -> None:
    def buyers(number):
        return {"uid": "0" if number < 7 else "99" if number < 20 else str(number)}

    with staged(good_lines(40, buyers)) as (scan, staging, rules):
        assert count_guests(rules) == 7
        assert frequent_uid(rules, 40) == (99, 13, 13)
        told = remarks(scan, staging, rules, 40, "")
    assert "7 orders have uid 0, which stands for guests" in told
    assert "uid 99 has 13 of 40 orders, in 13 shops" in told


def test_one_buyer_of_many_orders_in_one_shop_is_not_told() -> None:
    def buyers(number):
        return {"uid": "99" if number < 20 else str(number), "shop_id": "1", "shop_owner_uid": "2"}

    with staged(good_lines(40, buyers)) as (scan, staging, rules):
        assert frequent_uid(rules, 40) is None
        assert "uid" not in remarks(scan, staging, rules, 40, "")


@pytest.mark.parametrize(
    ("name", "states", "told"),
    [
        ("Order Status", ["completed"] * 30 + ["cancelled"] * 10, "completed (30), cancelled (10)"),
        ("Trạng thái", ["Hoàn thành"] * 35 + ["Đã hủy"] * 5, "Hoàn thành (35), Đã hủy (5)"),
        ("isRefunded", ["0"] * 39 + ["1"], "0 (39), 1 (1)"),
        ("Cancelled at", [""] * 38 + ["2026-06-10"] * 2, "nothing (38), 2026-06-10 (2)"),
        ("returned", [str(number) for number in range(40)], " and others. Leave out"),
    ],
)  # fmt: skip
def test_an_ignored_state_is_told_with_its_values(name: str, states: list[str], told: str) -> None:
    lines = [f"{state},{line}" for state, line in zip(states, good_lines(40), strict=True)]
    with staged(lines, header=f"{name},{','.join(COLUMN_NAMES)}") as (scan, staging, rules):
        message = remarks(scan, staging, rules, 40, "")
    assert f"Column {name} is ignored: cancelled or returned orders count as sold. It holds " in message
    assert told in message


def test_states_are_counted_of_orders_that_are_stored() -> None:
    lines = [f"{line},paid,x" for line in good_lines(40)]
    lines += [lines[0].replace("paid", "void"), lines[1].replace(",50000,", ",-1,")]
    with staged(lines, header=f"{','.join(COLUMN_NAMES)},state,refund") as (_, _, rules):
        assert count_states(rules, 0, 5) == [("paid", 40)]
        assert count_states(rules, 1, 5) == [("x", 40)]


def test_ids_with_leading_zeros_are_told() -> None:
    lines = good_lines(40, lambda number: {"order_id": f"00{number + 1}", "uid": "07"})
    with staged([*lines, lines[0].replace(",001,", ",1,")]) as (scan, staging, rules):
        found = outcome(staging, rules)
        assert (found.pop(42), set(found.values())) == ("known", {"accepted"})
        message = remarks(scan, staging, rules, 40, "")
    assert "stored without them, 007 as 7: order_id (40, such as 001), uid (41, such as 07)." in message
    assert "1 rows repeat another row's order" in message


@pytest.mark.parametrize(
    ("currency", "rebate"), [("VND", "30"), ("EUR", "0.3"), ("EUR", "0.30"), ("EUR", "30"), ("IDR", "30.00")]
)  # fmt: skip
def test_rates_in_place_of_rebates_are_found(currency: str, rebate: str) -> None:
    lines = good_lines(40, lambda number: {"rebate": rebate if number % 4 else "0"})
    campaign = replace(CAMPAIGN, currency=currency)
    with staged(lines, campaign=campaign) as (_, _, rules):
        told = rates_for_rebates(rules, [campaign])
    assert "the rebate of all 30 orders with a voucher is " in told
    assert "the rate of campaign 1 and not an amount (line 3: gmv 51000," in told


@pytest.mark.parametrize("rebates", [["30", "31"], ["10000", "10000"], ["0", "0"]])
def test_rebates_that_are_amounts_are_let_in(rebates: list[str]) -> None:
    with staged(good_lines(40, lambda number: {"rebate": rebates[number % 2]})) as (_, _, rules):
        assert rates_for_rebates(rules, [CAMPAIGN]) == ""


def test_a_rebate_that_the_terms_give_is_an_amount_also_if_it_is_the_rates_number() -> None:
    campaign = replace(CAMPAIGN, voucher_rate=Decimal("0.10"))
    with staged(good_lines(40, lambda number: {"gmv": str(100 + number % 2), "rebate": "10"}), campaign=campaign) as (
        _,
        _,
        rules,
    ):
        assert rates_for_rebates(rules, [campaign]) == ""


def test_amounts_that_a_spreadsheet_divided_by_a_thousand_are_found() -> None:
    lines = good_lines(40, lambda number: {"gmv": str(50 + number), "rebate": str(10 + number % 5)})
    with staged(lines) as (_, _, rules):
        told = amounts_too_small(rules, [CAMPAIGN])
    assert "has a gmv of more than 89 or a rebate of more than 14, although its voucher pays up to 20000 VND" in told


@pytest.mark.parametrize("last", [{"gmv": "70000", "rebate": "20000"}, {"gmv": "900", "rebate": "0"}])
def test_small_amounts_are_let_in_where_an_order_is_of_the_usual_size_or_vouchers_are_few(last: dict[str, str]) -> None:
    few = 19 if last["rebate"] == "0" else 40
    changes = lambda number: last if number == 39 else {"gmv": "90", "rebate": "27" if number < few else "0"}  # noqa: E731
    with staged(good_lines(40, changes)) as (_, _, rules):
        assert amounts_too_small(rules, [CAMPAIGN]) == ""


@pytest.mark.parametrize(
    ("hour", "told"),
    [
        (lambda n: 0, "Every txn_time is midnight"),
        (lambda n: 1 + n % 12, "before 01:00 or after 12:59"),
        (lambda n: 1 + n % 13, ""),
    ],
)
def test_times_of_day_that_were_lost_are_reported(hour, told: str) -> None:
    lines = good_lines(40, lambda n: {"txn_time": f"2026-06-10 {hour(n):02}:00:00", "txn_date": "2026-06-10"})
    with staged(lines) as (_, _, rules):
        assert on_times(rules).count(told) >= 1 and bool(on_times(rules)) == bool(told)
