"""Where the header stands, in which spelling, and what is said when it cannot be used."""

from __future__ import annotations

import pytest

from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.read.header import SEARCHED_BYTES, HeaderError, read_header

HEADER = ",".join(COLUMN_NAMES)
ROW = "2026-06-10 13:37:00,2026-06-10,7,1,2,3,70000,20000"
TITLES = "Txn Time,Txn Date,Order ID,UID,Shop ID,Shop Owner UID,GMV,Rebate"
SPELLINGS = (
    TITLES, TITLES.upper(), TITLES.replace(" ", "-"), TITLES.replace(" ", "."), TITLES.replace(" ", ""), TITLES.replace(" ", "\u00a0"),
    TITLES.replace(" ", "  "), "txnTime,txnDate,orderId,uid,shopId,shopOwnerUid,gmv,rebate", TITLES.replace(",", " , "),
    TITLES.replace(",", "\u200b,"), '"' + TITLES.replace(",", '","') + '"', f"\ufeff{TITLES}", f'\ufeff"{TITLES.replace(",", chr(34) + "," + chr(34))}"',
)  # fmt: skip


def explained(text: str | bytes) -> str:
    with pytest.raises(HeaderError) as raised:
        read_header(text if isinstance(text, bytes) else text.encode(), is_last=True)
    return str(raised.value)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_names_are_taken_in_another_spelling_and_reported(spelling: str) -> None:
    header = read_header(f"{spelling}\n{ROW}\n".encode(), is_last=True)
    assert header.names == list(COLUMN_NAMES)
    assert header.raw.decode() == f"{spelling}\n"
    assert any("for txn_time" in told for told in header.spellings)


def test_names_as_promised_need_no_report() -> None:
    assert read_header(f"{HEADER.replace(',', ' , ')}\n".encode(), is_last=False).spellings == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_ignored_name_may_span_lines(end: str) -> None:
    header = read_header(f'"a{end}b",{HEADER}{end}x,{ROW}{end}'.encode(), is_last=True)
    assert header.names == [f"a{end}b", *COLUMN_NAMES]


@pytest.mark.parametrize("other", ["Order ID", "ORDER_ID", "orderId", "order-id", "order_id"])
def test_two_names_for_one_column_are_refused(other: str) -> None:
    assert f"column order_id is twice in the first line ('order_id', '{other}')" in explained(
        f"{HEADER},{other}\n{ROW},8\n"
    )


@pytest.mark.parametrize(
    ("name", "other"),
    [("rebate", "Rebate %"), ("gmv", "GMV (USD)"), ("uid", "#uid"), ("order_id", "order id 2"), ("rebate", "rebates")],
)
def test_a_name_that_may_mean_something_else_is_not_taken_but_offered(name: str, other: str) -> None:
    told = explained(
        f"{HEADER.replace(name, other, 1) if name != 'uid' else HEADER.replace(',uid', ',' + other)}\n{ROW}\n"
    )
    assert f"column {name} is missing" in told
    assert f"{name} = '{other}'" in told


PLACES = {
    "report_title": "Voucher report,,,,,,,\nExported 2026-06-14,,,,,,,\n,,,,,,,\n",
    "title_and_blank_line": "Orders of October\n\n",
    "empty_line": "\n",
    "windows_lines": "Report\r\n\r\n",
    "quoted_title": '"Report, of\r\nOctober"\n',
    "separator_mark": "sep=,\n",
    "comment": "# made by the portal; do not edit\n",
    "dashes": "-- orders of October --\n",
    "brackets": "[orders]\n{October}\n",
    "a_quote_that_never_closes": '"Orders\n',
    "thousands_of_lines": "note,made\n" * 5000,
    "one_order": ROW + "\n",
}


@pytest.mark.parametrize(
    "header", [HEADER, TITLES, f"id,{HEADER}", f"\ufeff{HEADER}", '"' + HEADER.replace(",", '","') + '"']
)
@pytest.mark.parametrize("place", PLACES)
def test_a_header_further_down_is_found_and_its_line_named(place: str, header: str) -> None:
    above = PLACES[place]
    number = above.count("\n") + 1
    told = explained(f"{above}{header}\n{ROW}\n")
    assert f"the header is found in line {number} " in told
    assert ("Delete line 1," if number == 2 else f"Delete lines 1 to {number - 1},") in told


@pytest.mark.parametrize("above", ["", "sep={}\n", "Report\n\n"])
@pytest.mark.parametrize(
    ("separator", "name"),
    [
        (";", "semicolons"),
        ("\t", "tabs"),
        ("|", "bars"),
        ("^", "carets"),
        ("~", "tildes"),
        ("\x01", "control"),
        ("，", "full-width commas"),
    ],
)
@pytest.mark.parametrize("header", [HEADER, TITLES, '"' + HEADER.replace(",", '","') + '"', f"{HEADER},"])
def test_another_separator_is_named_with_the_next_step(above: str, separator: str, name: str, header: str) -> None:
    row = ROW.replace(",", separator).replace("70000", "70000,50")
    told = explained(f"{above.format(separator)}{header.replace(',', separator)}\n{row}\n")
    assert f"its values are separated by {name}" in told
    assert "commas between the values and points before decimals" in told
    assert f"line {above.count(chr(10)) + 1} " in told


@pytest.mark.parametrize("header", [f'"{HEADER}"', '"' + HEADER.replace("uid", '""uid""') + '"', f'\ufeff"{TITLES}"'])
def test_lines_that_are_one_quoted_value_are_named(header: str) -> None:
    assert "each line is one quoted value. Save the file without" in explained(f'{header}\n"{ROW}"\n')


@pytest.mark.parametrize("extra", ["", ",note", "note,"])
def test_lines_that_end_with_a_carriage_return_alone_are_named(extra: str) -> None:
    header = f"{extra}{HEADER}" if extra.endswith(",") else f"{HEADER}{extra}"
    told = explained("\r".join([header, *[f"{ROW},x"] * 50, ""]))
    assert "end with a carriage return alone" in told
    assert "Save the file with line ends of Windows or Unix" in told


PLATFORMS = {
    "shopify": ("Name,Email,Financial Status,Paid at,Total,Discount Code,Discount Amount,Created at,Vendor,Refunded Amount",
                {"order_id": "'Name'", "txn_time": "'Created at'", "uid": "'Email'", "gmv": "'Total'", "rebate": "'Discount Amount'", "shop_id": "'Vendor'"}),
    "woocommerce": ("order_id,order_date,status,shipping_total,discount_total,order_total,customer_id",
                    {"txn_time": "'order_date'", "uid": "'customer_id'", "gmv": "'order_total'", "rebate": "'discount_total'"}),
    "shopee": ("Mã đơn hàng,Ngày đặt hàng,Trạng Thái,Mã giảm giá của Shop,Tổng giá trị đơn hàng (VND),Người Mua",
               {"order_id": "'Mã đơn hàng'", "txn_time": "'Ngày đặt hàng'", "uid": "'Người Mua'", "gmv": "'Tổng giá trị đơn hàng (VND)'"}),
    "shopee_in_indonesian": ("No. Pesanan;Status Pesanan;Waktu Pesanan Dibuat;Username (Pembeli);Total Pembayaran;Voucher Penjual",
                             {"order_id": "'No. Pesanan'", "txn_time": "'Waktu Pesanan Dibuat'", "rebate": "'Voucher Penjual'"}),
    "lazada": ("orderItemId;orderType;lazadaId;createTime;updateTime;orderNumber;paidPrice;sellerDiscountTotal;status",
               {"order_id": "'orderNumber'", "txn_time": "'createTime'", "gmv": "'paidPrice'", "rebate": "'sellerDiscountTotal'"}),
    "magento": ("increment_id,created_at,status,customer_id,store_id,base_grand_total,base_discount_amount",
                {"order_id": "'increment_id'", "uid": "'customer_id'", "shop_id": "'store_id'", "gmv": "'base_grand_total'"}),
    "amazon": ("amazon-order-id\tpurchase-date\tlast-updated-date\tbuyer-email\titem-price\titem-promotion-discount\tsku",
               {"order_id": "'amazon-order-id'", "txn_time": "'purchase-date'", "uid": "'buyer-email'", "rebate": "'item-promotion-discount'"}),
    "prestashop": ("id_order,reference,id_customer,total_paid,total_discounts,date_add",
                   {"order_id": "'id_order'", "uid": "'id_customer'", "txn_date": "'date_add'", "gmv": "'total_paid'"}),
    "with_slips": ("txn_tme,txn_dat,ordr_id,user_id,shopid,shop_owner,gmv_vnd,rebate_amount",
                   {"txn_time": "'txn_tme'", "order_id": "'ordr_id'", "uid": "'user_id'", "shop_owner_uid": "'shop_owner'", "gmv": "'gmv_vnd'"}),
}  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_shop_platforms_columns_are_told_by_what_they_look_like(platform: str) -> None:
    header, looks_like = PLATFORMS[platform]
    told = explained(f"{header}\n{'x,' * 6}\n")
    assert HEADER in told
    parts: dict[str, str] = {}
    for part in told.split("What may hold them: ")[1].split("; "):
        columns, near = part.split(" = ", 1)
        parts |= dict.fromkeys(columns.split(", "), near)
    assert {column: name for column, name in looks_like.items() if name not in parts[column]} == {}


def test_columns_in_another_language_are_to_be_renamed() -> None:
    assert "Rename the columns; if the line is an order, put a header above it" in explained("日時,注文番号,金額\n")


@pytest.mark.parametrize("encoding", ["cp1258", "latin-1"])
def test_a_header_in_an_old_encoding_is_named(encoding: str) -> None:
    told = explained("Numéro,Date de création,Montant,Acheteur\n".encode(encoding))
    assert "which is not UTF-8" in told
    assert "Save the file as CSV UTF-8" in told


def test_what_a_file_is_does_not_depend_on_how_much_of_it_is_read_at_once() -> None:
    beginning = ("note\n" * 100_000 + f"{HEADER}\n{ROW}\n").encode()
    assert read_header(beginning[: SEARCHED_BYTES // 4], is_last=False) is None
    assert "line 100001 " in explained(beginning)
    late = b"note\n" * SEARCHED_BYTES + HEADER.encode()
    with pytest.raises(HeaderError, match="names none of the columns"):
        read_header(late[:SEARCHED_BYTES], is_last=False)


@pytest.mark.parametrize(
    "second",
    [
        "Order time,Order date,Buyer,Order no,Shop,Owner,Total,Discount",
        "Thời gian,Ngày,Người mua,Mã đơn,Gian hàng,Chủ,Tiền hàng,Giảm giá",
    ],
)
def test_words_in_every_column_are_a_second_header(second: str) -> None:
    header = read_header(f"{HEADER}\n".encode(), is_last=True)
    with pytest.raises(HeaderError, match="line 32 holds words in every column"):
        header.is_repeated_by(second.encode(), 32)


@pytest.mark.parametrize(
    "line", ["Total,,,,,,,", "a,b,c", ROW, ROW.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))]
)
def test_other_lines_are_no_header(line: str) -> None:
    assert not read_header(f"{HEADER}\n".encode(), is_last=True).is_repeated_by(line.encode(), 32)
