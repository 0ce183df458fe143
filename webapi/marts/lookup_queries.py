"""The SQL of the open lookups. As in ``queries``, an answer is one statement that starts from ``current_generation``.

Lookups are most of all requests, so these statements are kept light. Measured at two million customers, microseconds of CPU per
statement, driver and server together: 1,270 as written first, 305 now.

- A row comes as one JSON array: the driver reads one column instead of thirty (420 to 150).
- The number of ranks is read from ``campaign_class``. The end of an index costs MySQL 500: it first looks into ten pages of it,
  to guess how many rows there are.
- No ORDER BY: sorting the two or three rows costs the server 150, and Python nothing.
"""

from __future__ import annotations

import json
from decimal import Decimal

from webapi.marts.database import MartDatabase, NothingPublished, Row


class JsonRows:
    """A statement with one ``{number}`` in it, whose rows are read as dicts: column name or alias -> value.

    Amounts are Decimal; dates and times are ISO text, as MySQL and MariaDB put them into JSON.
    """

    def __init__(self, columns: str, source: str) -> None:
        """Take the select list, one column per line, as ``expression`` or ``expression as alias``."""
        lines = [line.strip().rstrip(",") for line in columns.strip().splitlines()]
        self._names = [line.rpartition(" as ")[2].rpartition(".")[2] for line in lines]
        expressions = ", ".join(line.partition(" as ")[0] for line in lines)
        self._sql = f"select json_array({expressions}) {' '.join(source.split())}"

    def read(self, database: MartDatabase, number: int) -> list[Row]:
        """Return the rows, one at least; raises NothingPublished where there is none, and what the database raises."""
        found = database.texts(self._sql.format(number=int(number)))
        if not found:
            raise NothingPublished("current_generation is empty")
        return [dict(zip(self._names, json.loads(text, parse_float=Decimal), strict=True)) for text in found]


ANSWER_AND_CAMPAIGN = """
    g.generation
    g.published_at
    c.campaign_id
    c.name as campaign_name
    c.starts_on
    c.ends_on
    c.time_zone
    c.currency
"""

HIT = """
    s.fraud_note
    s.txn_date
    s.severity
    s.order_count
    s.money_at_risk
    s.reason
    s.evidence
    f.title
    f.does_not_prove
"""

CUSTOMER = JsonRows(
    f"""
    {ANSWER_AND_CAMPAIGN.strip()}
    r.customer_id
    r.total_orders
    r.total_spending
    r.total_rebate
    r.vouchers_used
    r.spending_rank
    r.customer_class
    b.ranks as spending_ranks
    k.band
    s.subject_type
    s.subject_id
    {HIT.strip()}
    """,
    """
    from current_generation g
    left join (
        customer_pending_rank r
        join campaign c on c.campaign_id = r.campaign_id
        join campaign_class b on b.campaign_id = r.campaign_id and b.ranked = 'customers' and b.class = 'Bronze'
    ) on r.customer_id = {number}
    left join customer_risk k on k.campaign_id = r.campaign_id and k.customer_id = r.customer_id
    left join suspected_fraud_customers s on s.campaign_id = r.campaign_id and s.customer_id = r.customer_id
    left join fraud_rule f on f.rule_id = s.fraud_note
    """,
)

SHOP_FIGURES = """
    r.shop_id
    r.shop_owner_uid
    r.total_orders
    r.total_gmv
    r.total_rebate
    r.vouchers_used
    r.gmv_rank
    r.orders_rank
    r.shop_class
    b.ranks as gmv_ranks
    b.orders_ranks
    k.band
"""

SHOP_RANKS = """
    from current_generation g
    left join (
        shop_selling_rank r
        join campaign c on c.campaign_id = r.campaign_id
        join campaign_class b on b.campaign_id = r.campaign_id and b.ranked = 'shops' and b.class = 'Bronze'
    )
"""

SHOP = JsonRows(
    f"""
    {ANSWER_AND_CAMPAIGN.strip()}
    {SHOP_FIGURES.strip()}
    'shop' as subject_type
    '' as subject_id
    {HIT.strip()}
    """,
    f"""
    {SHOP_RANKS.strip()} on r.shop_id = {{number}}
    left join shop_risk k on k.campaign_id = r.campaign_id and k.shop_id = r.shop_id
    left join suspected_fraud_shop s on s.campaign_id = r.campaign_id and s.shop_id = r.shop_id
    left join fraud_rule f on f.rule_id = s.fraud_note
    """,
)

# The owner in that campaign, not the latest one: a shop that changed hands shows each owner their own campaigns.
SHOPS_OF_OWNER = JsonRows(
    f"""
    {ANSWER_AND_CAMPAIGN.strip()}
    {SHOP_FIGURES.strip()}
    d.first_order_time
    d.last_order_time
    """,
    f"""
    {SHOP_RANKS.strip()} on r.shop_owner_uid = {{number}}
    left join dim_shop_owner d on d.shop_id = r.shop_id
    left join shop_risk k on k.campaign_id = r.campaign_id and k.shop_id = r.shop_id
    """,
)
