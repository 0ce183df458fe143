"""What ``transaction_data`` already holds of a file's orders and of its shops, fetched in bounded pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.ingest.load.replace import Replace
from campaign.ingest.staging.area import Spool
from campaign.ingest.validate.cross_row import SetRules
from campaign.ingest.validate.cut_ids import refuse_cut_ids
from campaign.ingest.validate.lines_of_order import settle_lines_of_orders
from campaign.settings import Settings

PAGE_ROWS = 10_000
ID_LIST = 2_000
# Looking up one id costs about as much as reading so many neighbours in key order.
NEIGHBOURS_PER_LOOKUP = 8
# What a line of a page holds; money in hundredths.
COLUMNS = ("order_id", "txn_time", "uid", "shop_id", "shop_owner_uid", "gmv", "rebate", "load_no")
_ROW = (
    "concat_ws(',', order_id, date_format(txn_time, '%Y-%m-%d %H:%i:%s'), uid, shop_id, shop_owner_uid,"
    " cast(gmv * 100 as signed), cast(rebate * 100 as signed), load_no)"
)


def judge_against_stored(
    connection: MySQLConnectionAbstract,
    settings: Settings,
    campaigns: Sequence[Campaign],
    spool: Spool,
    rules: SetRules,
    replace: Replace,
) -> None:
    """Hold every set rule over the staged rows."""
    refuse_cut_ids(rules)
    settle_lines_of_orders(rules)
    if not spool.rows_accepted:
        return
    stored = spool.folder / "stored.csv"
    if fetch_stored_orders(connection, settings, rules, stored):
        rules.add_stored(stored)
        rules.judge_stored(replace)
    if replace == Replace.DAYS and fetch_stored_days(connection, settings, rules, stored):
        rules.remove_others(stored)
    rules.add_campaigns([(each.campaign_id, each.starts_on, each.ends_on) for each in campaigns])
    touched = set(rules.campaign_ids())
    fetch_stored_owners(connection, settings, rules, [each for each in campaigns if each.campaign_id in touched])
    if replace == Replace.DAYS:
        rules.forget_owners_of_what_goes()
    else:
        rules.move_owners_of_replaced_shops()
    rules.refuse_second_owners()


def fetch_stored_orders(connection: MySQLConnectionAbstract, settings: Settings, rules: SetRules, target: Path) -> int:
    """Write the stored orders that may have a staged row's order id to ``target``, as CSV; return how many.

    Asks by range of order ids where few stored ones lie between the staged ones, else by lists of ids. Rows come packed a
    page per result row: the driver spends its time per row.
    """
    smallest, largest, rows = rules.order_ids()
    if not rows:
        return 0
    table = f"{settings.raw_database}.transaction_data"
    with connection.cursor() as cursor, target.open("w", encoding="ascii") as file:
        cursor.execute("set session group_concat_max_len = 4194304")
        cursor.execute(
            f"select count(*) from (select 1 from {table} where order_id between %s and %s limit %s) as near",
            (smallest, largest, NEIGHBOURS_PER_LOOKUP * rows + 1),
        )
        (near,) = cursor.fetchone()
        if near <= NEIGHBOURS_PER_LOOKUP * rows:
            between = f"order_id between {smallest} and {largest}"
            return fetch_in_pages(cursor, table, between, file) if near else 0
        found = 0
        for ids in rules.order_id_batches(ID_LIST):
            found += _fetch_page(cursor, f"select * from {table} where order_id in ({','.join(map(str, ids))})", file)[
                0
            ]
        return found


def fetch_stored_days(connection: MySQLConnectionAbstract, settings: Settings, rules: SetRules, target: Path) -> int:
    """Write all stored orders of the days of the staged rows to ``target``, as CSV; return how many."""
    days = ", ".join(f"'{day}'" for day in rules.days())
    if not days:
        return 0
    with connection.cursor() as cursor, target.open("w", encoding="ascii") as file:
        return fetch_in_pages(cursor, f"{settings.raw_database}.transaction_data", f"txn_date in ({days})", file)


def fetch_in_pages(cursor, table: str, condition: str, file: TextIO) -> int:
    """Write the orders of ``table`` that fulfil the condition to ``file``, in the order of their ids; return how many."""
    cursor.execute("set session group_concat_max_len = 4194304")
    found, after = 0, -1
    while True:
        page = f"select * from {table} where order_id > {after} and {condition} order by order_id limit {PAGE_ROWS}"
        rows, last = _fetch_page(cursor, page, file)
        found += rows
        if rows < PAGE_ROWS:
            return found
        after = last


def _fetch_page(cursor, page: str, file: TextIO) -> tuple[int, int]:
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


def fetch_stored_owners(
    connection: MySQLConnectionAbstract, settings: Settings, rules: SetRules, campaigns: Sequence[Campaign]
) -> None:
    """Tell the set rules which owner each shop has in the campaigns, and on how many stored orders."""
    with connection.cursor() as cursor:
        for campaign in campaigns:
            cursor.execute(
                "select shop_id, min(shop_owner_uid), count(*)"
                f" from {settings.raw_database}.transaction_data where txn_date between %s and %s group by shop_id",
                (campaign.starts_on, campaign.ends_on),
            )
            while rows := cursor.fetchmany(PAGE_ROWS):
                rules.add_stored_owners([(campaign.campaign_id, *row) for row in rows])
