"""The vectorized validator may only agree with the row validator: on any bytes, both validators together give what the row validator alone gives.

Also that nothing depends on where a file is cut into blocks, and that no line is lost or counted twice.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.read.header import HeaderError
from campaign.ingest.staging.area import SCHEMA
from campaign.ingest.validate.file import validate_file
from campaign.ingest.validate.row import Rejected, Unsettled
from tests.fixtures.long_form import examples

CAMPAIGNS = [
    Campaign(1, "first", date(2026, 6, 10), date(2026, 6, 13), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1),
    Campaign(2, "second", date(2026, 7, 1), date(2026, 7, 1), "UTC", "EUR", Decimal("0.125"), Decimal("7.50"), 1),
]


class Staged:
    """Stands where a StagingArea does, and keeps everything in memory."""

    def __init__(self) -> None:
        self.frames: list[pl.DataFrame] = []
        self.rejected: list[tuple] = []

    def accept(self, frame: pl.DataFrame) -> None:
        assert dict(frame.schema) == SCHEMA
        self.frames.append(frame)

    def reject(self, line: int, rejected: Rejected, raw: bytes, raw_length: int | None = None) -> None:
        self.rejected.append((line, rejected, raw, len(raw) if raw_length is None else raw_length))

    def set_aside(self, line: int, row: Unsettled) -> None:
        self.rejected.append((line, row, row.values, 0))

    def accepted(self) -> list[tuple]:
        return sorted(pl.concat(self.frames).rows()) if self.frames else []


def scan(content: bytes, campaigns: list[Campaign] = CAMPAIGNS, **how) -> tuple:
    staged = Staged()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        try:
            seen = validate_file(path, staged, campaigns, **how)
        except HeaderError as error:
            return str(error)
    accepted = staged.accepted()
    lines = [row[0] for row in accepted] + [row[0] for row in staged.rejected]
    assert len(lines) == len(set(lines)) == seen.rows_read, "every row exactly once"
    return accepted, sorted(staged.rejected, key=lambda row: row[0]), seen.rows_read, seen.rows_of_several_lines


GOOD = {
    "txn_time": "2026-06-10 13:37:00", "txn_date": "2026-06-10", "order_id": "1", "uid": "2", "shop_id": "3",
    "shop_owner_uid": "4", "gmv": "70000", "rebate": "20000",
}  # fmt: skip
HEADER = ",".join(COLUMN_NAMES)
ROW = ",".join(GOOD.values())
ids = st.sampled_from(
    ["0", "1", "7", "007", "123456789012345678", "9223372036854775807", "9223372036854775808", "99999999999999999999", "+5", "-5",
     "-0", " 8", "8 ", "\t8", "8\t", "8\x0b", "", " ", "1.0", "1e3", "0x10", "1_000", "１", "NULL", '"9"', '""', '"', '"9', '9"', "9\r"]
)  # fmt: skip
money = st.sampled_from(
    ["1", "999", "70000", "70000.0", "70000.00", "70000.5", "70000.05", "70000.50", "50.000", "50.0000", "70000.1200", "70000.1201", "0.01", ".5", "5.", "0", "-1", "-0.0", "1.234", "1.230",
     "9999999999999999", "9999999999999999.99", "10000000000000000", "123456789012345", "123456789012345.67", "1e5", "1,000", '"1,000"', '"80"',
     '"80.25"', "inf", "nan", "$5", "5 ", " 5", ".", "-", "", "20001", "20000", "21001", "21000.01", "21002"]
)  # fmt: skip
times = st.sampled_from(
    ["2026-06-10 13:37:00", "2026-06-10 00:00:00", "2026-06-13 23:59:59", "2026-06-14 00:00:00", "2026-06-09 23:59:59",
     "2026-07-01 12:00:00", "2026-07-01 12:00:60", "2026-06-10 24:00:00", "2026-06-10 23:60:00", "2026-02-30 10:00:00", "0000-00-00 00:00:00",
     "2026-6-10 13:37:00", "2026-06-10T13:37:00", "2026-06-10  13:37", "2026-06-10 13:37", "2026-06-10 13:37:00.0", "2026-06-10 13:37:00.000000", "2026-06-10 13:37:00.01", "2026-06-10 13:37:00Z",
     '"2026-06-10 13:37:00"', '"2026-06-10 13:37:00', "", " 2026-06-10 13:37:00"]
)  # fmt: skip
dates = st.sampled_from(
    ["2026-06-10", "2026-06-13", "2026-06-14", "2026-07-01", "2026-06-10 00:00:00", "2026-06-10 00:00:01", '"2026-06-10 00:00:00"',
     '"2026-06-10"', "10/06/2026", "2026-02-30", "", "2026-06-10 ", "20260610", "2026-07-01 00:00:00"]
)  # fmt: skip
extras = st.sampled_from(
    [
        "",
        "x",
        "a b",
        '"a,b"',
        '"a""b"',
        '"a\nb"',
        '"a\r\nb"',
        '"',
        '""',
        '"""',
        'in 5" pipe',
        "é",
        "Đã hủy",
        "?",
        '"Hủy, trả"',
        "\r",
        "a\0b",
        "x\x01",
    ]
)
values = {
    "txn_time": times, "txn_date": dates, "order_id": ids, "uid": ids, "shop_id": ids, "shop_owner_uid": ids, "gmv": money,
    "rebate": money,
}  # fmt: skip


HEADERS_AGAIN = (
    "as it is",
    "as it is",
    "in capitals",
    "in words",
    "quoted",
    "after a byte order mark",
    "reversed",
    "one more",
)


def header_again(names: list[str], how: str) -> bytes:
    """The header as it stands in a second file that was joined to the first."""
    if how == "reversed":
        return ",".join(reversed(names)).encode()
    line = ",".join(names) + (",x" if how == "one more" else "")
    line = line.upper() if how == "in capitals" else line.replace("_", " ").title() if how == "in words" else line
    line = '"' + line.replace(",", '","') + '"' if how == "quoted" else line
    return (b"\xef\xbb\xbf" if how == "after a byte order mark" else b"") + line.encode()


@st.composite
def row(draw: st.DrawFn, names: list[str]) -> bytes:
    """One line, mostly good, with some values drawn from the odd ones, sometimes raw garbage."""
    if draw(st.integers(0, 19)) == 0:
        return header_again(names, draw(st.sampled_from(HEADERS_AGAIN)))
    if draw(st.integers(0, 19)) == 0:
        return draw(st.one_of(st.binary(max_size=40), st.text(alphabet='1,"\n\r .-', max_size=40).map(str.encode)))
    odd = draw(st.sets(st.sampled_from(COLUMN_NAMES), max_size=2)) if draw(st.booleans()) else set()
    parts = [draw(values[name]) if name in odd else GOOD.get(name) or draw(extras) for name in names]
    if draw(st.integers(0, 9)) == 0:
        parts = [f'"{part}"' for part in parts]
    if draw(st.integers(0, 29)) == 0:
        parts = draw(st.sampled_from([parts[:-1], [*parts, ""], [*parts, "1"], parts[1:]]))
    line = ",".join(parts).encode()
    if draw(st.integers(0, 29)) == 0:
        position = draw(st.integers(0, len(line)))
        line = (
            line[:position]
            + draw(st.sampled_from([b"\xff", b"\0", b'"', b"\r", b"\n", b",", b" ", b"\xef\xbb\xbf", b"\\"]))
            + line[position:]
        )
    return line


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """A whole file: any column order, extra columns, either line end, a last line with or without one."""
    names = draw(st.permutations(COLUMN_NAMES)) if draw(st.booleans()) else list(COLUMN_NAMES)
    for extra in draw(st.lists(st.sampled_from(["note", "channel", "note", "Order Status", "cancelled"]), max_size=2)):
        names.insert(draw(st.integers(0, len(names))), extra)
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    rows = draw(st.lists(row(names), max_size=12))
    head = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + ",".join(names).encode()
    return end.join([head, *rows]) + draw(st.sampled_from([end, b"", end + end]))


BLOCKS = [64, 257, 16 * 1024 * 1024]
PARTS = {
    "plain": (HEADER, ROW), "quoted": ('"' + HEADER.replace(",", '","') + '"', '"' + ROW.replace(",", '","') + '"'),
    "ignored columns": (f"note,{HEADER},x", f'"a, b",{ROW},'), "quoted commas in names": (f'"a, b",{HEADER}', f"x,{ROW}"),
    "a name of two lines": (f'"a\nb",{HEADER}', f"x,{ROW}"),
}  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(contents(), st.sampled_from(BLOCKS))
def test_both_lanes_give_what_the_judge_alone_gives(content: bytes, block_bytes: int) -> None:
    alone = scan(content, with_fast_lane=False)
    assert scan(content, with_fast_lane=True, block_bytes=block_bytes) == alone


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=300).map(lambda tail: f"{HEADER}\n".encode() + tail), st.sampled_from(BLOCKS))
def test_any_bytes_after_the_header_are_judged_alike(content: bytes, block_bytes: int) -> None:
    alone = scan(content, with_fast_lane=False)
    assert scan(content, with_fast_lane=True, block_bytes=block_bytes) == alone


TRAPS = {
    "a text that looks like a zlib stream": ["x\x01", ROW],
    "a comma too many balances one too few": [f"{ROW},", f"{ROW},,", ROW],
    "a value too many balances an empty last one": [f"{ROW},x,y", ROW, f"{ROW},"],
    "a good row inside of a quoted value": [f'{ROW},"a', f"{ROW},x", 'b"', f"{ROW},y"],
    "a good row inside of a quoted value that makes too many values": [f'{ROW},"a', f"{ROW},x", 'b",c', f"{ROW},y"],
    "a good row between two stray quotes": [f'{ROW},"a', f"{ROW},x", f'{ROW},"b', f"{ROW},y"],
    "a good row after a quote that never closes": [f'{ROW},"a', f"{ROW},x"],
    "quotes that balance across lines": [f'{ROW},5"', f'{ROW},"x', f"{ROW},y", f'z",{ROW},'],
    "a quoted value that holds good rows' commas": [f'{ROW},"{ROW},"', f'"{ROW}",{ROW}', f'{ROW},"a""{ROW}"'],
    "quotes that are almost in order": [f'{ROW},"a"b",', f'{ROW},a"b"', f'{ROW},"a,b', f'{ROW},"a" ', f'{ROW}," "","'],
    "a contract value in quotes that hold a comma": [
        ROW.replace("70000", '"70,000"') + ",",
        ROW.replace(",3,", ',"3,3",') + ",",
    ],
    "a contract value in quotes that hold quotes": [
        ROW.replace("70000", '"70""000"') + ',"a,b"',
        ROW.replace(",3,", ',"""3",') + ",",
    ],
    "a quoted value that begins like a good one": [
        ROW.replace("70000", '"70000"",5"') + ',"a,b"',
        ROW.replace(",3,", ',"3"",",') + ",",
    ],
    "more rebate than gmv, though the rate's rounding allows it": [
        f"{ROW.replace('70000,20000', '0.5,1')},",
        f"{ROW},",
    ],
}


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_catches_neither_lane(trap: str, block_bytes: int) -> None:
    content = "\n".join([f"{HEADER},note", *TRAPS[trap], ""]).encode()
    alone = scan(content, with_fast_lane=False)
    assert scan(content, block_bytes=block_bytes) == alone


@pytest.mark.parametrize("gmv", ["0.01", "3.33", "3.34", "3333", "3334", "3334.01", "66665", "66666.67"])
def test_the_rate_is_rounded_up_once_and_alike(gmv: str) -> None:
    limit = -(-3 * int(Decimal(gmv) * 100) // 1000) * 100 + 100  # ceil(0.30 x gmv) + 1, in hundredths
    rebates = [Decimal(limit + step) / 100 for step in (-101, -100, -1, 0, 1, 100)]
    rows = [ROW.replace("70000,20000", f"{gmv},{rebate}") for rebate in rebates]
    campaigns = [replace(CAMPAIGNS[0], currency="EUR")]
    content = "\n".join([HEADER, *rows]).encode()
    accepted, rejected, _, _ = scan(content, campaigns)
    allowed = [rebate for rebate in rebates if 0 <= rebate <= min(Decimal(gmv), Decimal(limit) / 100, 20000)]
    assert [row[7] for row in accepted] == [int(rebate * 100) for rebate in allowed]
    assert (accepted, rejected) == scan(content, campaigns, with_fast_lane=False)[:2]


@pytest.mark.parametrize("quote", ["{}", '"{}"'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("currency", "decimals"), [("EUR", ".5"), ("VND", ""), ("VND", ".00"), ("VND", ".0000")])
def test_the_fast_lane_takes_every_plain_row(
    quote: str, end: str, currency: str, decimals: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "campaign.ingest.validate.row.RowValidator.validate", None
    )  # the row validator must not be asked
    rows = [
        ",".join(quote.format(value) for value in GOOD.values()).replace("70000", f"{70000 + n}{decimals}")
        for n in range(50)
    ]
    campaigns = [replace(CAMPAIGNS[0], currency=currency)]
    accepted, rejected, rows_read, _ = scan(end.join([HEADER, *rows, ""]).encode(), campaigns)
    assert (len(accepted), rejected, rows_read) == (50, [], 50)


@pytest.mark.parametrize("note", ['"a, b"', '""', '"a"', '","', '"a b"'])
def test_the_fast_lane_takes_quoted_commas_in_ignored_columns(note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "campaign.ingest.validate.row.RowValidator.validate", None
    )  # the row validator must not be asked
    quoted = ",".join(f'"{value}"' for value in GOOD.values())
    rows = [f"{note},{ROW},{note}", f"{note},{quoted},x", f"x,{quoted},y", f",{ROW},{note}"]
    accepted, rejected, _, _ = scan("\n".join([f"a,{HEADER},b", *rows]).encode())
    assert ([row[0] for row in accepted], rejected) == ([2, 3, 4, 5], [])
    assert len({row[1:] for row in accepted}) == 1


@pytest.mark.parametrize("status", ["completed", "Đã hủy", '"Đã giao"', " paid "])
def test_the_fast_lane_takes_plain_states_in_any_script(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "campaign.ingest.validate.row.RowValidator.validate", None
    )  # the row validator must not be asked
    accepted, rejected, _, _ = scan(f"{HEADER},Trạng thái\n{ROW},{status}\n{ROW},{status}\n".encode())
    assert ([row[-1] for row in accepted], rejected) == ([status.strip(' "')] * 2, [])


def test_a_state_is_the_one_in_the_file_in_both_lanes() -> None:
    states = ["paid", '"paid, then cancelled"', "?", "", '""', "x\x01", "\t", "a" * 50, '"a ""b"""', "é" * 50, "\xa0"]
    content = "\n".join(
        [f"status,{HEADER},note,Cancelled at", *(f'{state},{ROW},"a,b",{state}' for state in states)]
    ).encode()
    for text in (content, content + b"\n\xff"):
        alone = scan(text, with_fast_lane=False)
        assert scan(text) == alone
        assert [row[-1] for row in alone[0]][:2] == ["paid,paid", "paid; then cancelled,paid; then cancelled"]


@pytest.mark.parametrize("name", COLUMN_NAMES)
def test_every_odd_value_is_judged_alike_in_every_column(name: str) -> None:
    odd = [value for strategy in (ids, money, times, dates, extras) for value in strategy.elements]
    lines = [",".join(({**GOOD, name: value}).values()) for value in odd]
    for text in ["\n".join([HEADER, line, ""]) for line in lines] + ["\n".join([HEADER, *lines, ""])]:
        assert scan(text.encode()) == scan(text.encode(), with_fast_lane=False)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    # A quote behind a byte order mark does not join lines: that is one bad row, and then the header.
    ("part", "mark"), [(part, mark) for part in PARTS for mark in ("", "\ufeff") if not (mark and "\n" in PARTS[part][0])]
)  # fmt: skip
def test_a_header_again_is_no_row_wherever_blocks_end(part: str, mark: str, end: str) -> None:
    header, line = PARTS[part]
    first = f"{mark}{header}{end}" + f"{line}{end}" * 3
    content = (first * 3 + mark + header).encode()  # the last line is one too, without a line end
    again = 1 + header.count("\n")
    lines = [again + 1 + n + part * (again + 3) for part in range(3) for n in range(3)]
    for how in ({"with_fast_lane": False}, *({"block_bytes": size} for size in (61, 97, 158, BLOCKS[-1]))):
        accepted, rejected, rows_read, _ = scan(content, **how)
        assert ([row[0] for row in accepted], rejected, rows_read) == (lines, [], 9)


SECOND_HEADERS = {
    "buyer and shop exchanged": HEADER.replace("uid", "X", 1).replace("shop_id", "uid").replace("X", "shop_id"),
    "reversed": ",".join(reversed(COLUMN_NAMES)),
    "a column more in front": f"note,{HEADER}",
    "a column more at the end": f"{HEADER},note",
    "a column less": HEADER.replace(",uid", ""),
    "a column of another name": HEADER.replace("gmv", "amount"),
    "another spelling and order": "Txn Date,Txn Time,Order ID,UID,Shop ID,Shop Owner UID,GMV,Rebate",
    "quoted": '"' + '","'.join(reversed(COLUMN_NAMES)) + '"',
    "after a byte order mark": "\ufeff" + ",".join(reversed(COLUMN_NAMES)),
}


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("second", SECOND_HEADERS)
def test_a_second_header_of_other_columns_ends_the_file(second: str, last: bool) -> None:
    header = SECOND_HEADERS[second]
    content = "\n".join([HEADER, *[ROW] * 5, header, *([] if last else [ROW] * 5)]).encode()
    for how in ({"with_fast_lane": False}, {"block_bytes": 67}, {"block_bytes": BLOCKS[-1]}):
        told = scan(content, **how)
        assert "line 7 is a second header" in told
        assert HEADER in told
        assert header.strip('"\ufeff').replace('","', ",") in told


@pytest.mark.parametrize(
    "blank", [",,,,,,,", ", , ,\t,,,,", ",", ",,,,,,,,,,,", '"","",,,,,,', '" ",,,,,,,', "  ", "\t", "\u00a0,,,,,,,"]
)
def test_a_row_of_separators_and_blanks_is_as_empty_as_an_empty_line(blank: str) -> None:
    content = "\n".join([HEADER, ROW, blank, ROW, blank]).encode()
    accepted, rejected, _, _ = scan(content)
    assert [row[0] for row in accepted] == [2, 4]
    assert [(line, row.reason) for line, row, *_ in rejected] == [(3, "empty_line"), (5, "empty_line")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'"{ROW}"', "the whole line is one quoted value"),
        (ROW.replace(",", ";"), "separated by semicolons"),
        (ROW.replace(",", "\t").replace("70000", "70000,50"), "separated by tabs"),
        (ROW.replace("70000", "70,000"), "a value that holds a comma needs quotes"),
        ("\0" * 50, "NUL bytes"),
        ("\ufeff" + ROW, r"txn_time is '\ufeff2026-06-10 13:37:00'"),
        (ROW.replace("70000", "70000\u00a0"), r"gmv is '70000\xa0'"),
        ("Total,,,,,,2780000,260000", "txn_time is 'Total', a time like 2026-06-10 13:37:00 was expected"),
        ("Tổng cộng,,,,,,2780000,260000", "txn_time is 'Tổng cộng'"),
        (",,,,,,2780000,260000", "txn_time is empty"),
        ("Total,,,,,,2780000,260000", "; if the line is a title, a note or a total, delete it"),
        (",,,,,,2780000,260000", "; if the line is a title, a note or a total, delete it"),
        (
            "40 rows",
            "1 value, 8 were expected, as in the header; if the line is a title, a note or a total, delete it",
        ),
    ],
)
def test_a_line_of_another_form_says_what_it_suffers_from(line: str, told: str) -> None:
    _, rejected, _, _ = scan("\n".join([HEADER, ROW, line]).encode())
    assert told in rejected[0][1].sentence
