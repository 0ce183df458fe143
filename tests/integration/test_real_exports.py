"""Files as people really have them: each is loaded with the right values, or refused with a sentence that is enough to fix it.

The files are not part of the project: CAMPAIGN_REAL_EXPORTS names their folder. The corpus has cases of the same kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.contract.columns import BAD_REASONS
from campaign.db.connection import connect
from campaign.ingest.source_files import find_source_files
from campaign.settings import Settings
from tests.fixtures.ingest_bench import Bench

GMV = sum(1000 * (50 + n) for n in range(40))  # of the forty orders that most files hold
REBATES = 260_000


@dataclass(frozen=True)
class Right:
    """``gmv`` and ``rebate`` are sums of what is stored; ``told`` are patterns that the message matches."""

    accepted: int = 0
    known: int = 0
    bad: int = 0
    told: tuple[str, ...] = ()
    gmv: int = GMV
    rebate: int = REBATES
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return "loaded" if self.accepted else "failed"


COLUMNS = "txn_time,txn_date,order_id,uid,shop_id,shop_owner_uid,gmv,rebate"
COMMAS = "separated by semicolons, commas were expected"
A_TIME = "a time like 2026-06-10 13:37:00 was expected"
RIGHT = {
    "02-trailing-comma-rows/october.csv": Right(40, reasons={"empty_line": 12}),
    "05-cat-other-column-order/uid_shop_swapped.csv": Right(
        told=("line 62 is a second header", "txn_time,txn_date,order_id,shop_id,uid,shop_owner_uid,gmv,rebate", COLUMNS)
    ),
    "05-cat-other-column-order/same_header.csv": Right(
        120, gmv=120 * 50_000, rebate=120 * 10_000, told=("no rows: 1, the first is line 62",)
    ),
    "08-utf16/bom.csv": Right(told=("UTF-16", "Save it as 'CSV UTF-8")),
    "08-utf16/nobom.csv": Right(told=("UTF-16", "Save it as 'CSV UTF-8")),
    "09-zip-as-csv/october.csv": Right(told=("zip archive. Unpack it",)),
    "09-zip-as-csv/october.xlsx": Right(told=("Excel workbook", "save the sheet")),
    "09-zip-as-csv/old_xls.csv": Right(told=("old Excel workbook", "save the sheet")),
    "09-zip-as-csv/html.csv": Right(told=("HTML", "Export the orders as CSV")),
    "16-report-preamble/october.csv": Right(told=("the header is found in line 4 ", "Delete lines 1 to 3,")),
    "16-report-preamble/total.csv": Right(40, bad=1),
    "17-header-spelling/october.csv": Right(40, told=("'Txn Time' for txn_time", "'Order ID' for order_id")),
    "18-excel-dates/october.csv": Right(bad=40, told=("line 2: txn_time is '6/10/2026 8:00'", A_TIME)),
    "18-excel-dates/noseconds.csv": Right(bad=40, told=("line 2: txn_time is '2026-06-10 08:00'", A_TIME)),
    "18-excel-dates/sci.csv": Right(bad=40, told=(r"line 2: order_id is '1.42009E\+08', a whole number",)),
    "40-shopify-orders/october.csv": Right(
        told=(COLUMNS, "order_id = 'Name'", "= 'Created at'", "gmv = 'Subtotal' or 'Total'", "rebate = 'Discount Amount'")
    ),
    "41-woocommerce/october.csv": Right(
        told=(COLUMNS, "= 'order_date'", "uid = 'customer_id'", "gmv = 'order_total'", "rebate = 'discount_total'")
    ),
    "42-shopee/october.csv": Right(
        told=(COLUMNS, "order_id = 'Mã đơn hàng'", "= 'Ngày đặt hàng'", "uid = 'Người Mua'", "gmv = 'Tổng giá trị đơn hàng")
    ),
    "43-lazada/october.csv": Right(
        told=(COLUMNS, "separated by semicolons", "order_id = 'orderNumber'", "gmv = 'paidPrice'", "'sellerDiscountTotal'")
    ),
    "44-tiki-magento/october.csv": Right(
        told=(COLUMNS, "order_id = 'increment_id'", "uid = 'customer_id'", "gmv = 'base_grand_total'", "'base_discount_amount'")
    ),
    "48-semicolon/october.csv": Right(told=(COMMAS, "points before decimals")),
    "48-semicolon/sep.csv": Right(told=("the header is found in line 2 ", COMMAS)),
    "49-times/z.csv": Right(bad=40, told=("line 2: txn_time is '2026-06-10T08:00:00Z'", A_TIME)),
    "49-times/offset.csv": Right(bad=40, told=(r"line 2: txn_time is '2026-06-10 08:00:00 \+0700'", A_TIME)),
    "49-times/epoch.csv": Right(bad=40, told=("line 2: txn_time is '1781085600'", A_TIME)),
    "49-times/ampm.csv": Right(bad=40, told=("line 2: txn_time is '2026-06-10 08:00:00 AM'", A_TIME)),
    "53-hidden-companions/october.csv": Right(40),
    "53-hidden-companions/._october.csv": Right(told=("what macOS notes",)),
    # Values and lines.
    "04-excel-15-digits/unique.csv": Right(bad=40, told=("line 2: order_id", "15 digits", "spreadsheet")),
    "06-four-decimals/october.csv": Right(40),
    "06-four-decimals/micros.csv": Right(40),
    "11-thousands-dots/october.csv": Right(bad=40, told=("thousands separator",)),
    "13-line-items-blank/october.csv": Right(40, known=2),
    "13-line-items-blank/item_prices.csv": Right(
        195, bad=10, gmv=195 * 60_000, rebate=1_300_000, told=("differing_lines", "142009000"), reasons={"differing_lines": 10}
    ),
    "14-overlap-duplicates/october.csv": Right(40, known=8),
    "15-status-ignored/october.csv": Right(40, told=("order_status", "cancelled", "4")),
    "20-leading-zero/october.csv": Right(40, known=1, told=("leading zero",)),
    "45-rebate-share/october.csv": Right(bad=26, told=("'0.3'", "VND")),
}  # fmt: skip
OF_NO_LOADER = {"README.md", "54-crlf-env/dotenv"}


@pytest.fixture(scope="module")
def connection(
    real_exports: Path, mysql_settings: Settings, empty_databases: Callable[[], None]
) -> Iterator[MySQLConnectionAbstract]:
    empty_databases()
    with connect(mysql_settings) as connection:
        yield connection


@pytest.fixture
def bench(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path, real_exports: Path, monkeypatch
) -> Bench:
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)
    with connection.cursor() as cursor:
        for table in ("transaction_data", "rejected_row", "ingest_file"):  # most files hold the same orders
            cursor.execute(f"delete from {table}")
    bench = Bench(connection, mysql_settings, tmp_path)
    bench.settings = bench.settings.model_copy(update={"allowed_roots": str(real_exports)})
    return bench


def test_no_file_of_the_folder_is_left_out(real_exports: Path) -> None:
    there = {str(path.relative_to(real_exports)) for path in real_exports.rglob("*") if path.is_file()}
    assert there == set(RIGHT) | OF_NO_LOADER


def test_what_hides_in_a_folder_is_passed_over(real_exports: Path) -> None:
    settings = Settings(CAMPAIGN_ALLOWED_ROOTS=str(real_exports))
    for source in ("53-hidden-companions", "53-hidden-companions/*"):
        assert [path.name for path in find_source_files(real_exports / source, settings)] == ["october.csv"]


@pytest.mark.parametrize("file", RIGHT)
def test_a_file_is_loaded_right_or_refused_with_what_to_do(file: str, bench: Bench, real_exports: Path) -> None:
    right = RIGHT[file]

    outcome = bench.load(real_exports / file)

    assert (outcome.status, outcome.rows_accepted, outcome.rows_known) == (right.status, right.accepted, right.known), (
        outcome.message
    )
    reasons = {reason: count for reason, count in outcome.reasons.items() if reason != "file_failed"}
    assert sum(count for reason, count in reasons.items() if reason in BAD_REASONS) == right.bad
    assert right.reasons.items() <= reasons.items()
    assert [told for told in right.told if not re.search(told, outcome.message)] == [], outcome.message
    stored = bench.rows("select count(*), coalesce(sum(gmv), 0), coalesce(sum(rebate), 0) from transaction_data")
    assert stored == [(right.accepted, *((right.gmv, right.rebate) if right.accepted else (0, 0)))]
