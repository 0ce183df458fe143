"""The judge by itself: how a row is cut out of bytes, and what it says of a bad one."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.campaigns import Campaign
from campaign.contract import COLUMN_NAMES, COLUMNS, REASON_CODES
from campaign.header import HeaderError, read_header
from campaign.judge import Accepted, Judge, Rejected, read_record, readable, shown

CAMPAIGN = Campaign(1, "first", date(2026, 6, 10), date(2026, 6, 13), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1)
GOOD = "2026-06-10 13:37:00,2026-06-10,1,2,3,4,70000,20000"
texts = st.text(st.sampled_from('ab,"\n\r é'), max_size=8)


def judge(row: str | bytes, *, header: tuple[str, ...] = COLUMN_NAMES, **how) -> Accepted | Rejected:
    raw = row.encode() if isinstance(row, str) else row
    return Judge(header, [CAMPAIGN], **how).judge(read_record(raw, 0, len(header), True), len(raw))


@given(st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_well_formed_csv_is_cut_as_the_csv_module_cuts_it(rows: list[list[str]], end: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    data = text.getvalue().encode()
    position, found = 0, []
    while position < len(data):
        record = read_record(data, position, 3, True)
        found.append([value.decode() for value in record.fields])
        assert record.lines == data.count(b"\n", position, record.end)
        position = record.end
    assert found == rows


@given(st.binary(max_size=60), st.integers(0, 60))
def test_more_data_never_changes_a_row_that_was_cut_out(data: bytes, cut: int) -> None:
    data += b"\n"
    known = data[: data.rfind(b"\n", 0, max(cut, 1)) + 1]
    record = read_record(known, 0, 3, is_last=False) if known else None
    assert record is None or record == read_record(data, 0, 3, is_last=True)


@pytest.mark.parametrize(
    ("data", "fields", "problem"),
    [
        (b'a,"b,c",d\n', [b"a", b"b,c", b"d"], ""),
        (b'a,"b""c",""\n', [b"a", b'b"c', b""], ""),
        (b'a,b"c,d\n', [b"a", b'b"c', b"d"], ""),
        (b'a,"b\nc",d\n', [b"a", b"b\nc", b"d"], ""),
        (b'a,"b\nc","d"\r\n', [b"a", b"b\nc", b"d"], ""),
        (b'a,"b\nc\n', None, "the quote that opens value 2 is never closed"),
        (b'a,"b"c,d\n', None, "text follows the closing quote of value 2"),
        (b'a,"b\nc",d,e\n', None, "a quote spans 2 lines and then the row has 4 values instead of 3"),
    ],
)
def test_quotes(data: bytes, fields: list[bytes] | None, problem: str) -> None:
    record = read_record(data, 0, 3, True)
    assert (record.fields, record.problem) == (fields, problem)
    assert record.end == len(data) if fields else record.lines == 1


def test_a_quote_reaches_no_further_than_the_limit(monkeypatch) -> None:
    monkeypatch.setattr("campaign.judge.MAX_RECORD_BYTES", 100)
    data = b'a,"' + b"x\n" * 60 + b'",c\n'
    assert read_record(data, 0, 3, True).problem == "the quote that opens value 2 is never closed"
    assert read_record(data[:90], 0, 3, False) is None
    assert read_record(data[:101], 0, 3, False).lines == 1


def test_a_good_row_is_read_exactly() -> None:
    row = "2026-06-10 13:37:05, 2026-06-10 00:00:00 , 007 ,+2,-0,9223372036854775807,70000.10,.5"
    assert judge(row) == Accepted(7, datetime(2026, 6, 10, 13, 37, 5), 2, 0, 2**63 - 1, 7000010, 50, 1)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("70000", "abc", "gmv is 'abc', a number was expected"),
        ("70000", "", "gmv is empty, a number was expected"),
        ("70000", "-5", "gmv is '-5', more than 0 was expected"),
        ("70000", "1.005", "gmv is '1.005', at most 2 decimals were expected"),
        ("20000", "20001", "rebate 20001 is over the campaign's cap of 20000"),
        ("70000,20000", "100,32", "rebate 32 is over 0.30 of gmv 100, rounded up, by more than 1"),
        ("70000,20000", "100.50,101.25", "rebate 101.25 is more than gmv 100.50"),
        ("2026-06-10,", "2026-06-11,", "txn_date is 2026-06-11, but txn_time is on 2026-06-10"),
        (
            "2026-06-10 13",
            "2026-06-10T13",
            "txn_time is '2026-06-10T13:37:00', a time like 2026-06-10 13:37:00 was expected",
        ),
        (",2,3", ",x\ny,3", "uid is 'x', a whole number was expected"),
        (
            ",3,",
            "," + "9" * 100 + ",",
            f"shop_id is '{'9' * 60}…' (100 bytes), a whole number from 0 to 9223372036854775807 was expected",
        ),
        (",4,7", ",\0,7", r"shop_owner_uid is '\x00', which holds a NUL byte; a whole number was expected"),
    ],
)
def test_a_sentence_says_what_is_there_and_what_was_expected(old: str, new: str, sentence: str) -> None:
    row = GOOD.replace(old, new, 1)
    if "\n" in row:
        row = GOOD.replace(old, ",x,3", 1)
    assert judge(row).sentence == sentence


def test_windows_in_a_sentence_are_few() -> None:
    campaigns = [
        Campaign(n, "c", date(2020, 1, n), date(2020, 1, n), "UTC", "VND", Decimal(0), Decimal(0), 1)
        for n in range(1, 31)
    ]
    outcome = Judge(COLUMN_NAMES, campaigns).judge(read_record(GOOD.encode(), 0, 8, True), len(GOOD))
    assert outcome.reason == "outside_campaign"
    assert outcome.sentence.endswith("5 (2020-01-05 to 2020-01-05) and 25 more")
    assert len(outcome.sentence) < 900


def test_only_wanted_campaigns_have_windows() -> None:
    assert isinstance(judge(GOOD, wanted=frozenset({1})), Accepted)
    assert judge(GOOD, wanted=frozenset({2})).reason == "outside_campaign"


@pytest.mark.parametrize("raw", [b"plain", "phở".encode(), b"\xff\0\xc3", b"back\\slash"])
def test_readable_text_keeps_every_byte_that_is_text(raw: bytes) -> None:
    assert readable(raw).encode().replace(b"\\xff", b"\xff").replace(b"\\x00", b"\0").replace(b"\\xc3", b"\xc3") == raw


def test_a_value_is_shown_on_one_line() -> None:
    assert shown(b"a\r\nb") == r"'a\r\nb'"


@given(
    st.lists(
        st.sampled_from([b"1", b"x", b"", b"-1", b"2026-06-10", b"2026-06-10 10:00:00", b"\xff"]),
        min_size=8,
        max_size=8,
    )
)
def test_a_rejection_names_a_reason_that_the_contract_gives_its_column(values: list[bytes]) -> None:
    outcome = judge(b",".join(values))
    assert isinstance(outcome, Rejected)
    assert outcome.reason in REASON_CODES
    (column,) = [column for column in COLUMNS if column.name == outcome.column]
    assert outcome.reason in column.reasons
    assert column.name in outcome.sentence


@pytest.mark.parametrize(
    ("first_line", "told"),
    [
        ("uid,gmv", "column txn_time, txn_date, order_id, shop_id, shop_owner_uid, rebate is missing"),
        (",".join(COLUMN_NAMES).replace("gmv", "GMV ,gmv"), "column gmv is twice"),
        (";".join(COLUMN_NAMES), "separated by semicolons; .*txn_time,txn_date,.*Save the file with commas"),
        ('"' + '";"'.join(COLUMN_NAMES) + '"', "line 1 .* separated by semicolons"),
        ('"uid";"gmv"', "text follows the closing quote of value 1"),
        ("1,2,3", "names none of the columns"),
        ("x," * 5000, "has 10,000 bytes and 5,001 values"),
        ("", "the file is empty"),
    ],
)
def test_a_header_that_cannot_be_used_is_explained(first_line: str, told: str) -> None:
    with pytest.raises(HeaderError, match=told):
        read_header(first_line.encode(), is_last=True)
