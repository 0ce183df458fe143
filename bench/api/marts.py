"""Marts of two million customers, with the definitions that the tests of the web service use.

Campaign 1 has every customer 1 … n, campaign 2 every tenth of them. One in fifty is suspected, some by two rules.
"""

from __future__ import annotations

from contextlib import closing

from campaign.db.connection import connect
from campaign.settings import PROJECT_ROOT, Settings

DEFINITIONS = PROJECT_ROOT / "tests/integration/test_webapi/marts.sql"
TABLES_OF_THE_BENCH = (
    "customer_pending_rank",
    "shop_selling_rank",
    "suspected_fraud_customers",
    "suspected_fraud_shop",
    "customer_risk",
    "shop_risk",
    "campaign_summary",
    "campaign_class",
)
# 5,000 different amounts, as a campaign of prices in thousands has them: so many ranks.
CUSTOMERS = """
insert into customer_pending_rank
with recursive number (n) as (select 1 union all select n + 1 from number where n < {last} - {first} + 1)
select
    {campaign}, customer_id, 1 + customer_id % 7, 1000 * (5001 - spending_rank), 1000 * (customer_id % 61), customer_id % 4,
    spending_rank, case when 3 * spending_rank <= 5000 then 'Gold' when 3 * spending_rank <= 10000 then 'Silver' else 'Bronze' end
from (
    select (n + {first} - 1) * {every} as customer_id, 1 + crc32((n + {first} - 1) * {every}) % 5000 as spending_rank from number
) numbered
"""
HIT = """
insert into suspected_fraud_customers
select
    campaign_id, '2019-10-31', customer_id, '{rule}', 'customer', customer_id, 'medium', 3, 40000,
    '3 vouchers on 31 Oct; the terms allow 1.',
    json_object('order_ids', json_array(customer_id * 10, customer_id * 10 + 1, customer_id * 10 + 2), 'orders_total', 3,
        'members', json_array(), 'numbers', json_object('vouchers', 3))
from customer_pending_rank where customer_id % {every} = 0
"""
RISK = """
insert into customer_risk
select campaign_id, customer_id, 55, 'breach', 1, 3, 40000, 0 from customer_pending_rank where customer_id % 50 = 0
"""
SUMMARY = """
insert into campaign_summary
select campaign_id, sum(total_orders), count(*), 0, sum(total_spending), sum(vouchers_used), sum(total_rebate), 0, 0, 0, 0
from customer_pending_rank group by campaign_id
"""
CLASSES = """
insert into campaign_class
select
    campaign_id, 'customers', customer_class, count(*), sum(total_orders), sum(total_spending),
    max(max(spending_rank)) over (partition by campaign_id), 0
from customer_pending_rank group by campaign_id, customer_class
"""
PIECE = 500_000


def make_marts(settings: Settings, customers: int) -> None:
    """Fill the marts' database, as loader."""
    with closing(connect(settings, settings.mart_database)) as connection, connection.cursor() as cursor:
        for statement in DEFINITIONS.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        for table in TABLES_OF_THE_BENCH:
            cursor.execute(f"truncate table {table}")
        cursor.execute(f"set session cte_max_recursion_depth = {PIECE}")
        for campaign, every in ((1, 1), (2, 10)):
            count = customers // every
            for first in range(1, count + 1, PIECE):
                last = min(first + PIECE - 1, count)
                cursor.execute(CUSTOMERS.format(campaign=campaign, every=every, first=first, last=last))
                connection.commit()
        for rule, every in (("use_more_than_1_voucher_per_day", 50), ("have_orders_under_1000", 150)):
            cursor.execute(HIT.format(rule=rule, every=every))
        cursor.execute(RISK)
        cursor.execute(SUMMARY)
        cursor.execute(CLASSES)
        connection.commit()
        cursor.execute("analyze table customer_pending_rank, suspected_fraud_customers, customer_risk")
        cursor.fetchall()
