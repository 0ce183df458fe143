"""The row validator by itself: how a row is cut out of bytes, and what it says of a bad one."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES, COLUMNS, REASON_CODES
from campaign.contract.numbers import how_to_write
from campaign.ingest.read.header import HeaderError, read_header
from campaign.ingest.validate.row import Accepted, Rejected, RowValidator, Unsettled, read_record, readable, shown

CAMPAIGN = Campaign(1, "first", date(2026, 6, 10), date(2026, 6, 13), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1)
IN_EUROS = replace(CAMPAIGN, currency="EUR")
GOOD = "2026-06-10 13:37:00,2026-06-10,1,2,3,4,70000,20000"
texts = st.text(st.sampled_from('ab,"\n\r é'), max_size=8)


def validate(
    row: str | bytes, *, header: tuple[str, ...] = COLUMN_NAMES, campaign: Campaign = CAMPAIGN, **how
) -> Accepted | Rejected:
    raw = row.encode() if isinstance(row, str) else row
    return RowValidator(header, [campaign], **how).validate(read_record(raw, 0, len(header), True), len(raw))


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
    monkeypatch.setattr("campaign.ingest.validate.row.MAX_RECORD_BYTES", 100)
    data = b'a,"' + b"x\n" * 60 + b'",c\n'
    assert read_record(data, 0, 3, True).problem == "the quote that opens value 2 is never closed"
    assert read_record(data[:90], 0, 3, False) is None
    assert read_record(data[:101], 0, 3, False).lines == 1


def test_a_good_row_is_read_exactly() -> None:
    row = "2026-06-10 13:37:05, 2026-06-10 00:00:00 , 007 ,+2,-0,9223372036854775807,70000.10,.5"
    read = Accepted(7, datetime(2026, 6, 10, 13, 37, 5), 2, 0, 2**63 - 1, 7000010, 50, 1)
    assert validate(row, campaign=IN_EUROS) == read
    zeros = row.replace(":05,", ":05.000000,").replace("00:00:00 ", "00:00:00.000").replace(".10,.5", ".1000,.50000")
    assert validate(zeros, campaign=IN_EUROS) == read


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("70000", "abc", "gmv is 'abc', a number was expected"),
        ("70000", "", "gmv is empty, a number was expected"),
        ("70000", "-5", "gmv is '-5', more than 0 was expected; leave out refunds and what was not sold"),
        ("70000", "1.0051", "gmv is '1.0051', a whole number was expected, VND has no decimals"),
        (
            "70000",
            "50.000",
            "gmv is '50.000', with three digits after the point: is the point a thousands separator? Then write 50000; a whole number"
            " was expected, VND has no decimals",
        ),
        (
            "70000",
            "50.000.000",
            "gmv is '50.000.000', a number was expected; write it without thousands separators: 50000000",
        ),
        (
            "20000",
            "0.3",
            "rebate is '0.3', a whole number was expected, VND has no decimals; is it the rate? The amount of the voucher was expected",
        ),
        ("20000", "20001", "rebate 20001 is over the campaign's cap of 20000"),
        ("70000,20000", "100,32", "rebate 32 is over 0.30 of gmv 100, rounded up, by more than 1"),
        ("70000,20000", "100,101", "rebate 101 is more than gmv 100"),
        ("2026-06-10,", "2026-06-11,", "txn_date is 2026-06-11, but txn_time is on 2026-06-10"),
        (
            "2026-06-10 13",
            "2026-06-10T13",
            "txn_time is '2026-06-10T13:37:00', a time like 2026-06-10 13:37:00 was expected; write a blank for the T",
        ),
        (",2,3", ",2.0,3", "uid is '2.0', a whole number without .0 was expected"),
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
    assert validate(row).sentence == sentence


def test_decimals_in_a_sentence_are_the_currencys() -> None:
    outcome = validate(GOOD.replace("70000,20000", "100.50,101.25"), campaign=IN_EUROS)
    assert outcome.sentence == "rebate 101.25 is more than gmv 100.50"


# Where the decimals of a currency end. Three decimals may be thousands in each; zeros at the end are no decimals.
AMOUNTS = {
    "50000": {"VND": 5000000, "EUR": 5000000, None: "outside_campaign"},
    "50000.0000": {"VND": 5000000, "EUR": 5000000, None: "outside_campaign"},
    "50000.00": {"VND": 5000000, "EUR": 5000000, None: "outside_campaign"},
    "50000.5": {"VND": "out_of_range", "EUR": 5000050, None: "outside_campaign"},
    "50000.2500": {"VND": "out_of_range", "EUR": 5000025, None: "outside_campaign"},
    "50000.2501": {"VND": "out_of_range", "EUR": "out_of_range", None: "out_of_range"},
    "50.000": {"VND": "out_of_range", "EUR": "out_of_range", None: "out_of_range"},
    "1.230": {"VND": "out_of_range", "EUR": "out_of_range", None: "out_of_range"},
    ".000": {"VND": "out_of_range", "EUR": "out_of_range", None: "out_of_range"},
}


@pytest.mark.parametrize(("amount", "currency"), [(a, c) for a in AMOUNTS for c in AMOUNTS[a]])
def test_an_amount_has_the_decimals_of_its_days_currency(amount: str, currency: str | None) -> None:
    campaign = replace(CAMPAIGN, currency=currency) if currency else replace(CAMPAIGN, ends_on=date(2026, 6, 9))
    outcome = validate(GOOD.replace("70000,20000", f"{amount},0"), campaign=campaign)
    assert getattr(outcome, "gmv", None) or outcome.reason == AMOUNTS[amount][currency]


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("1,234.50", "without thousands separators: 1234.50"),
        ("1.234,50", "without thousands separators: 1234.50"),
        ("12,34,567.00", "without thousands separators: 1234567.00"),
        ("50 000", "without thousands separators: 50000"),
        ("50'000", "without thousands separators: 50000"),
        ("50’000", "without thousands separators: 50000"),
        ("50\u00a0000", "without thousands separators: 50000"),
        ("50\u202f000", "without thousands separators: 50000"),
        ("50.000.000", "without thousands separators: 50000000"),
        ("70,000", "without thousands separators: 70000"),
        ("70000,5", "is the comma the decimal point? Then write 70000.5"),
        ("5e4", "a spreadsheet shortens long numbers so"),
        ("5,79E+18", "a spreadsheet shortens long numbers so"),
        ("₫50000", "without the currency"),
        ("50.000.000đ", "without the currency; write it without thousands separators: 50000000"),
        ("VND 50000", "without the currency"),
        ("US$5", "without the currency"),
        ("５００００", "in the digits 0 to 9: 50000"),
        ("٥٠٠٠٠", "in the digits 0 to 9: 50000"),
        ("30%", "a percentage is not an amount"),
        ("'50000", "leave out the signs around it"),
        ("50000\u00a0", "leave out the blanks around it"),
        *[
            (text, "")
            for text in ("abc", "7OOOO", "(500)", "−500", "--5", "70.000.00", "1_000", "NULL", "-", "50000.-", "1.2e")
        ],
    ],
)
def test_what_looks_like_a_number_is_refused_with_how_to_write_it(text: str, clause: str) -> None:
    for name in ("gmv", "order_id"):
        values = dict(zip(COLUMN_NAMES, GOOD.split(","), strict=True)) | {name: f'"{text}"'}
        outcome = validate(",".join(values.values()))
        assert (outcome.reason, outcome.column) == ("not_a_number", name)
        assert outcome.sentence.endswith(clause) or clause in outcome.sentence
        assert bool(clause) == (";" in outcome.sentence), outcome.sentence


@given(st.text(st.sampled_from("0123456789.,'-+ eE%đ₫$\u00a0\u202f１٥VND"), min_size=1, max_size=12))
def test_a_clause_never_offers_a_number_that_would_be_misread(text: str) -> None:
    offered = re.search(r"(?:separators|9): (\S+)$|Then write (\S+)$", how_to_write(text))
    if offered:
        digits = "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
        number = offered[1] or offered[2]
        assert re.sub("[^0-9]", "", number) == digits
        assert number.startswith("-") == text.strip().startswith("-")


@pytest.mark.parametrize(
    "row", [",,,,,,,", "  , ,", ",,,,,,,,,,,,", '"","",""', ";;;;;;;", "   ", "\t\t", "\u00a0,,,,,,,"]
)
def test_separators_and_blanks_alone_are_an_empty_line(row: str) -> None:
    assert validate(row).reason == "empty_line"


@pytest.mark.parametrize("blank", [{"gmv", "rebate"}, {"txn_time", "txn_date", "gmv", "rebate"}, {"uid"}, {"rebate"}])
def test_a_row_that_lacks_values_keeps_those_it_has(blank: set[str]) -> None:
    values = dict(zip(COLUMN_NAMES, GOOD.split(","), strict=True))
    outcome = validate(",".join("" if name in blank else value for name, value in values.items()))
    assert isinstance(outcome, Unsettled)
    assert (outcome.reason, outcome.order_id) == ("missing_value", 1)
    assert set(outcome.values) == set(COLUMN_NAMES) - blank


@pytest.mark.parametrize(
    "row", [GOOD.replace(",1,", ",,"), GOOD.replace("70000,20000", ",x"), GOOD.replace(",2,3", ",x,")]
)
def test_a_row_that_is_wrong_besides_is_not_merely_incomplete(row: str) -> None:
    outcome = validate(row)
    assert isinstance(outcome, Rejected) and not isinstance(outcome, Unsettled)


def test_a_rejected_row_says_whose_order_it_is_if_it_can() -> None:
    assert validate(GOOD.replace("70000", "-1")).order_id == 1
    assert validate(GOOD.replace(",1,", ",x,")).order_id is None
    assert validate(GOOD.replace("2026-06", "2027-06")).order_id == 1


def test_windows_in_a_sentence_are_few() -> None:
    campaigns = [
        Campaign(n, "c", date(2020, 1, n), date(2020, 1, n), "UTC", "VND", Decimal(0), Decimal(0), 1)
        for n in range(1, 31)
    ]
    outcome = RowValidator(COLUMN_NAMES, campaigns).validate(read_record(GOOD.encode(), 0, 8, True), len(GOOD))
    assert outcome.reason == "outside_campaign"
    assert outcome.sentence.endswith("5 (2020-01-05 to 2020-01-05) and 25 more")
    assert len(outcome.sentence) < 900


def test_only_wanted_campaigns_have_windows() -> None:
    assert isinstance(validate(GOOD, wanted=frozenset({1})), Accepted)
    assert validate(GOOD, wanted=frozenset({2})).reason == "outside_campaign"


@pytest.mark.parametrize("raw", [b"plain", "phở".encode(), b"\xff\0\xc3", b"back\\slash"])
def test_readable_text_keeps_every_byte_that_is_text(raw: bytes) -> None:
    assert readable(raw).encode().replace(b"\\xff", b"\xff").replace(b"\\x00", b"\0").replace(b"\\xc3", b"\xc3") == raw


def test_a_value_is_shown_on_one_line() -> None:
    assert shown(b"a\r\nb") == r"'a\r\nb'"


@given(
    st.lists(
        st.sampled_from([b"1", b"x", b"", b"-1", b"1.000", b"2026-06-10", b"2026-06-10 10:00:00", b"\xff"]),
        min_size=8,
        max_size=8,
    ).filter(any)
)
def test_a_rejection_names_a_reason_that_the_contract_gives_its_column(values: list[bytes]) -> None:
    outcome = validate(b",".join(values))
    assume(isinstance(outcome, Rejected))
    assert outcome.reason in REASON_CODES
    (column,) = [column for column in COLUMNS if column.name == outcome.column]
    assert outcome.reason in column.reasons
    assert column.name in outcome.sentence


@pytest.mark.parametrize(
    ("first_line", "told"),
    [
        ("uid,gmv", "column txn_time, txn_date, order_id, shop_id, shop_owner_uid, rebate is missing"),
        (",".join(COLUMN_NAMES).replace("gmv", "GMV ,gmv"), "column gmv is twice"),
        (";".join(COLUMN_NAMES), "separated by semicolons, .*Export the file again with commas"),
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
