"""The input contract of ``transaction_data.csv`` as data: which columns, what each must hold, and how a line may fail.

The row validator, the vectorized validator, their tests and the data dictionary all read it here. ``python -m campaign.contract.columns`` prints the
dictionary (``include/data_sample/README.md``).
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_ID = 2**63 - 1
MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_RECORD_BYTES = 1024 * 1024  # of a row that spans lines, and of the header
MAX_COLUMNS = 1000


@dataclass(frozen=True)
class Column:
    """One column of the file: its kind decides the parser, its reasons are the ways in which a value of it can fail."""

    name: str
    kind: str
    form: str
    rule: str
    meaning: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """One way to be rejected. ``is_bad`` reasons count against the share of bad rows that a file may have."""

    code: str
    meaning: str
    is_bad: bool = True


_ID = ("missing_value", "bad_encoding", "not_a_number", "out_of_range")
_TIME = ("missing_value", "bad_encoding", "not_a_time")

# In the order in which values are validated, which is the order of the columns in the promised file.
COLUMNS = (
    Column(
        "txn_time",
        "time",
        "`YYYY-MM-DD HH:MM:SS`, with zeros for fractions of a second if any",
        "",
        "when the order was placed, in the campaign's local time",
        _TIME,
    ),
    Column(
        "txn_date",
        "date",
        "`YYYY-MM-DD`, or the same with ` 00:00:00`",
        "the date of txn_time",
        "the day of the order",
        (*_TIME, "date_mismatch", "outside_campaign"),
    ),
    Column(
        "order_id",
        "id",
        "integer",
        "0 to 2^63-1, unique",
        "the order",
        (*_ID, "differing_lines", "cut_id", "conflicting_order"),
    ),
    Column("uid", "id", "integer", "0 to 2^63-1", "the buyer; 0 = a guest", (*_ID, "cut_id")),
    Column("shop_id", "id", "integer", "0 to 2^63-1", "the shop that sold", (*_ID, "cut_id")),
    Column(
        "shop_owner_uid",
        "id",
        "integer",
        "0 to 2^63-1, one owner per shop within a campaign",
        "the shop's owner; owners may have many shops and may be buyers too",
        (*_ID, "cut_id", "second_owner_of_shop"),
    ),
    Column(
        "gmv",
        "money",
        "number, with no more decimals than the currency has",
        "more than 0, below 10^16",
        "value of the order before the rebate, in units of the campaign's currency",
        (*_ID, "negative_or_zero_gmv"),
    ),
    Column(
        "rebate",
        "money",
        "number, with no more decimals than the currency has",
        "0 to gmv, and within the campaign's terms",
        "the voucher's discount; 0 = no voucher",
        (*_ID, "negative_rebate", "rebate_above_gmv", "rebate_above_terms"),
    ),
)
COLUMN_NAMES = tuple(column.name for column in COLUMNS)

# In the order of judgement: the first that holds is the line's reason.
REASONS = (
    Reason("empty_line", "the line holds nothing, or nothing but separators and blanks", is_bad=False),
    Reason("line_too_long", f"the line is longer than {MAX_LINE_BYTES // 2**20} MiB"),
    Reason("bad_quotes", "a quote is opened and not closed, or text follows a closing quote"),
    Reason("wrong_column_count", "the line has more or fewer values than the header"),
    Reason("missing_value", "a value is empty, and no complete line of the same order says the same besides"),
    Reason("bad_encoding", "a value holds bytes that are not UTF-8, or a NUL byte"),
    Reason("not_a_time", "txn_time or txn_date is not a time or date of the calendar, in the form above"),
    Reason("not_a_number", "a value is not written as a number of plain digits"),
    Reason(
        "out_of_range",
        "an id below 0 or above 2^63-1, money of 10^16 or more, with more decimals than its currency has by ISO 4217 (zeros at"
        " the end do not count), or with exactly three, which may be thousands",
    ),
    Reason("negative_or_zero_gmv", "gmv is not more than 0"),
    Reason("negative_rebate", "rebate is below 0"),
    Reason("date_mismatch", "txn_date is not the date of txn_time"),
    Reason("rebate_above_gmv", "rebate is more than gmv"),
    Reason("outside_campaign", "no campaign, or not the wanted one, has txn_date in its window", is_bad=False),
    Reason("rebate_above_terms", "rebate is over the campaign's cap, or over ceil(rate x gmv) by more than 1 unit"),
    Reason(
        "cut_id",
        "an id of more than 15 digits that ends in zeros from the 16th on, in a column where that is beyond chance: a spreadsheet cut it",
    ),
    Reason(
        "differing_lines",
        "the order has several lines, and they differ in a value that both have, or one of them cannot be accepted",
    ),
    Reason(
        "conflicting_order",
        "the order is stored with other content, and the run does not say to replace orders or days",
    ),
    Reason(
        "second_owner_of_shop",
        "within the campaign the shop already has another owner: a stored one, else the first in the file",
    ),
    Reason("file_failed", "the row may be good, but its file has too many bad rows and loads nothing"),
)
REASON_CODES = tuple(reason.code for reason in REASONS)
BAD_REASONS = frozenset(reason.code for reason in REASONS if reason.is_bad)


def data_dictionary() -> str:
    """Return the contract for a person, as Markdown."""
    return "\n".join(
        [
            "# transaction_data.csv: the input contract",
            "",
            "<!-- Made by `python -m campaign.contract.columns` from include/campaign/contract/columns.py; change it there. -->",
            "",
            "One line per order, after a header line. Columns may stand in any order; unknown ones are ignored with a remark; a missing",
            "one fails the file. A name may be in capitals or have blanks, dashes, points or nothing for its underscores (`Order ID`,",
            "`orderId`). The header may come again, as in files that were joined, and is then no row; with its columns in another order it",
            "fails the file. Values may be quoted; a quoted value may hold commas, doubled quotes and line ends. UTF-8 with or without",
            "byte order mark, line ends LF or CRLF, plain or gzip. Blanks around a value are ignored.",
            "",
            *_table(
                ("column", "form", "rule", "meaning"), [(f"`{c.name}`", c.form, c.rule, c.meaning) for c in COLUMNS]
            ),
            "",
            "`transaction_data.csv` beside this file is a sample without a real person in it: campaign 2, four days, made by",
            "`tools/generate_sample.py`.",
            "",
            "## What becomes of a line",
            "",
            "Every line after the header is accepted, rejected (a row in `campaign_raw.rejected_row`: line number, the line, reason, a sentence)",
            "or known: the same order with the same content is stored already, or stands on another line of the file, this one having the",
            "same values or blanks. Its reason is the first that holds, going down this list;",
            "the reasons of a single value, from missing_value to negative_rebate, column by column as above:",
            "",
            *_table(
                ("reason", "columns", "meaning", "bad"),
                [(f"`{r.code}`", _columns_of(r.code), r.meaning, "yes" if r.is_bad else "no") for r in REASONS],
            ),
            "",
            "Lines of one order that differ are `differing_lines`, also where an amount is negative or against the terms besides. Lines that",
            "agree with a complete one and lack the rest, as further totals are blank in an export by item, are known.",
            "",
            "A file of which more than `CAMPAIGN_MAX_BAD_SHARE` (5 %) of the rows are bad loads nothing: its status is `failed`, the first",
            "100 rows of each reason are kept, all are counted, and its good rows count as `file_failed`. Known rows are not bad.",
            "In `raw_line`, bytes that are not UTF-8, and NUL, are written as `\\xNN`.",
            "",
        ]
    )


def _columns_of(code: str) -> str:
    return ", ".join(f"`{column.name}`" for column in COLUMNS if code in column.reasons)


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]


if __name__ == "__main__":
    print(data_dictionary(), end="")
