"""Stored orders in bounded pieces: a page per result row, since the driver spends its time per row."""

from __future__ import annotations

from typing import TextIO

PAGE_ROWS = 10_000
# What a line of a page holds; money in hundredths.
COLUMNS = ("order_id", "txn_time", "uid", "shop_id", "shop_owner_uid", "gmv", "rebate", "load_no")
_ROW = (
    "concat_ws(',', order_id, date_format(txn_time, '%Y-%m-%d %H:%i:%s'), uid, shop_id, shop_owner_uid,"
    " cast(gmv * 100 as signed), cast(rebate * 100 as signed), load_no)"
)


def fetch_in_pages(cursor, table: str, condition: str, file: TextIO) -> int:
    """Write the orders of ``table`` that fulfil the condition to ``file``, in the order of their ids; return how many."""
    cursor.execute("set session group_concat_max_len = 4194304")
    found, after = 0, -1
    while True:
        page = f"select * from {table} where order_id > {after} and {condition} order by order_id limit {PAGE_ROWS}"
        rows, last = fetch_page(cursor, page, file)
        found += rows
        if rows < PAGE_ROWS:
            return found
        after = last


def fetch_page(cursor, page: str, file: TextIO) -> tuple[int, int]:
    """Write the orders that the query ``page`` finds to ``file``; return how many, and the largest id (0 if none)."""
    cursor.execute(f"select count(*), max(order_id), group_concat({_ROW} separator '\\n') from ({page}) as page")
    rows, last, text = cursor.fetchone()
    if rows:
        text = text.decode() if isinstance(text, (bytes, bytearray)) else text
        if text.count("\n") != rows - 1:
            raise RuntimeError(
                f"group_concat gave {text.count(chr(10)) + 1} of {rows} stored rows: group_concat_max_len is too low"
            )
        file.write(text + "\n")
    return rows, last or 0
