"""What ``transaction_data`` already holds of a file's orders and of its shops, fetched in bounded pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.db import paging
from campaign.ingest.load.replace import Replace
from campaign.ingest.staging.area import StagingArea
from campaign.ingest.validate.cross_row import CrossRowChecks
from campaign.ingest.validate.cut_ids import refuse_cut_ids
from campaign.ingest.validate.lines_of_order import settle_lines_of_orders
from campaign.settings import Settings

ID_LIST = 2_000
# Looking up one id costs about as much as reading so many neighbours in key order.
NEIGHBOURS_PER_LOOKUP = 8


def validate_against_stored(
    connection: MySQLConnectionAbstract,
    settings: Settings,
    campaigns: Sequence[Campaign],
    staging: StagingArea,
    rules: CrossRowChecks,
    replace: Replace,
) -> None:
    """Hold every cross-row check over the staged rows."""
    refuse_cut_ids(rules)
    settle_lines_of_orders(rules)
    if not staging.rows_accepted:
        return
    stored = staging.folder / "stored.csv"
    if fetch_stored_orders(connection, settings, rules, stored):
        rules.add_stored(stored)
        rules.compare_with_stored(replace)
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


def fetch_stored_orders(
    connection: MySQLConnectionAbstract, settings: Settings, rules: CrossRowChecks, target: Path
) -> int:
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
            return paging.fetch_in_pages(cursor, table, between, file) if near else 0
        found = 0
        for ids in rules.order_id_batches(ID_LIST):
            found += paging.fetch_page(
                cursor, f"select * from {table} where order_id in ({','.join(map(str, ids))})", file
            )[0]
        return found


def fetch_stored_days(
    connection: MySQLConnectionAbstract, settings: Settings, rules: CrossRowChecks, target: Path
) -> int:
    """Write all stored orders of the days of the staged rows to ``target``, as CSV; return how many."""
    days = ", ".join(f"'{day}'" for day in rules.days())
    if not days:
        return 0
    with connection.cursor() as cursor, target.open("w", encoding="ascii") as file:
        return paging.fetch_in_pages(cursor, f"{settings.raw_database}.transaction_data", f"txn_date in ({days})", file)


def fetch_stored_owners(
    connection: MySQLConnectionAbstract, settings: Settings, rules: CrossRowChecks, campaigns: Sequence[Campaign]
) -> None:
    """Tell the cross-row checks which owner each shop has in the campaigns, and on how many stored orders."""
    with connection.cursor() as cursor:
        for campaign in campaigns:
            cursor.execute(
                "select shop_id, min(shop_owner_uid), count(*)"
                f" from {settings.raw_database}.transaction_data where txn_date between %s and %s group by shop_id",
                (campaign.starts_on, campaign.ends_on),
            )
            while rows := cursor.fetchmany(paging.PAGE_ROWS):
                rules.add_stored_owners([(campaign.campaign_id, *row) for row in rows])
