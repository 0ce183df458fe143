"""The marts as one writes them first: a view over the raw table, and every mart by its own pass over it.

The same queries run in MySQL and in DuckDB. In MySQL each table is made with the keys that ours has, because without them
it could not be served.
"""

from __future__ import annotations

from pathlib import Path

QUERIES = Path(__file__).with_name("plain")
VIEW = "orders"

# Mart -> its keys, the primary one first.
KEYS = {
    "dim_shop_owner": ("shop_id", "shop_owner_uid"),
    "sale_analysis_by_shop_daily": ("campaign_id, txn_date, shop_id", "campaign_id, shop_id", "shop_id"),
    "customer_pending_rank": ("campaign_id, customer_id", "customer_id", "campaign_id, spending_rank"),
    "shop_selling_rank": (
        "campaign_id, shop_id", "shop_id", "shop_owner_uid", "campaign_id, gmv_rank", "campaign_id, orders_rank",
    ),
    "campaign_daily": ("campaign_id, txn_date",),
    "campaign_hourly": ("campaign_id, txn_date, txn_hour",),
}  # fmt: skip
COLUMNS = {
    "dim_shop_owner": "shop_id, shop_owner_uid, shops_of_owner, first_order_time, last_order_time",
    "sale_analysis_by_shop_daily": "campaign_id, txn_date, shop_id, shop_owner_uid, total_orders, total_gmv, vouchers_used, "
    "total_rebate, first_order_time, last_order_time",
    "customer_pending_rank": "campaign_id, customer_id, total_orders, total_spending, total_rebate, vouchers_used, "
    "spending_rank, customer_class",
    "shop_selling_rank": "campaign_id, shop_id, shop_owner_uid, total_orders, orders_rank, total_gmv, gmv_rank, shop_class, "
    "vouchers_used, total_rebate",
    "campaign_daily": "campaign_id, txn_date, total_orders, total_customers, total_shops, total_gmv, vouchers_used, "
    "total_rebate",
    "campaign_hourly": "campaign_id, txn_date, txn_hour, total_orders, total_customers, total_shops, total_gmv, "
    "vouchers_used, total_rebate",
}


def query(name: str) -> str:
    """Return the query of the view or of a mart."""
    return (QUERIES / f"{name}.sql").read_text().strip()


def mysql_statement(mart: str) -> str:
    """Return the statement that makes a mart with its keys."""
    primary, *others = KEYS[mart]
    keys = ", ".join([f"primary key ({primary})", *(f"key ({columns})" for columns in others)])
    return f"create table {mart} ({keys}) as {query(mart)}"


def checksum(mart: str, table: str, *, duckdb: bool = False) -> str:
    """Return a query for the rows of a table and a number that changes with any value of any of them, in any order."""
    columns = ", ".join(f"cast({column} as {'varchar' if duckdb else 'char'})" for column in COLUMNS[mart].split(", "))
    row = f"concat_ws('|', {columns})"
    digits = (
        f"cast('0x' || substr(sha256({row}), 1, 15) as bigint)"
        if duckdb
        else f"cast(conv(substr(sha2({row}, 256), 1, 15), 16, 10) as unsigned)"
    )
    return f"select count(*), cast(sum({digits}) as {'varchar' if duckdb else 'char'}) from {table}"
