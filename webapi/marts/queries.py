"""The SQL of everything but the lookups, parameterised; every answer is one statement, so it can't mix two generations.

Each statement starts from ``current_generation``, which is swapped with the marts, and joins what was asked for to it from the
left: one row at least comes back whenever something is published, with ``generation`` and ``published_at``, and what is unknown
comes back as NULL. Functions return those rows; ``answers`` makes an answer of them. Portable between MySQL and MariaDB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from flask import current_app, g

from webapi.marts.database import MartDatabase, NothingPublished, Row
from webapi.protocol.paging import After, Amount, WholeNumber

DATABASE = "webapi_database"

CAMPAIGN = "c.campaign_id, c.name as campaign_name, c.starts_on, c.ends_on, c.time_zone, c.currency"

GENERATION = "select generation, published_at from current_generation"

CAMPAIGNS = f"""
select
    g.generation, g.published_at, {CAMPAIGN}, c.voucher_rate, c.voucher_cap, c.vouchers_per_customer_per_day,
    coalesce(t.total_orders, 0) as total_orders, coalesce(t.total_gmv, 0) as total_gmv
from current_generation g
left join campaign c on 1 = 1
left join campaign_summary t on t.campaign_id = c.campaign_id
order by c.starts_on desc, c.campaign_id desc
"""

SUMMARY = f"""
select
    g.generation, g.published_at, {CAMPAIGN}, c.voucher_rate, c.voucher_cap, c.vouchers_per_customer_per_day,
    t.total_orders, t.total_customers, t.total_shops, t.total_gmv, t.vouchers_used, t.total_rebate,
    t.suspects, t.watched, t.money_at_risk, t.money_watched,
    t.total_orders - coalesce((
        select sum(b.total_orders) from campaign_class b where b.campaign_id = t.campaign_id and b.ranked = 'customers'
    ), 0) as guest_orders,
    e.grain, e.voucher_limit, e.most_per_day, e.breaches, e.excess_money, e.held
from current_generation g
left join campaign c on c.campaign_id = %(campaign_id)s
left join campaign_summary t on t.campaign_id = c.campaign_id
left join enforcement_grain e on e.campaign_id = c.campaign_id
order by e.grain
"""

OUTCOME = """
    o.check_name as `check`, o.kind, o.status, o.failing_rows, o.failing_since, o.checked_at, o.run_id, o.seconds, s.statement
from check_outcome o
left join check_statement s on s.statement_id = o.statement_id"""

CHECKS = f"""
select {OUTCOME}
join (select check_name, max(checked_at) as checked_at from check_outcome group by check_name) newest
    on newest.check_name = o.check_name and newest.checked_at = o.checked_at
where %(status)s is null or o.status = %(status)s
order by o.status = 'pass', o.check_name
"""

OUTCOMES = f"""
select {OUTCOME}
where o.check_name = %(check)s
order by o.checked_at desc
limit 1000
"""

DAILY = """
select
    txn_date, total_orders, total_customers, total_shops, total_gmv, vouchers_used, total_rebate
from campaign_daily
where campaign_id = %(campaign_id)s
"""

HOURLY = """
select
    txn_date, txn_hour, total_orders, total_customers, total_shops, total_gmv, vouchers_used, total_rebate
from campaign_hourly
where campaign_id = %(campaign_id)s
"""

CLASSES = """
select
    ranked, class, members, total_orders, total_gmv
from campaign_class
where campaign_id = %(campaign_id)s
"""

TOP_CUSTOMERS = """
select
    r.customer_id, r.spending_rank, r.customer_class, r.total_spending, r.total_orders, r.vouchers_used, r.total_rebate,
    k.band
from customer_pending_rank r
left join campaign_class b on b.campaign_id = %(campaign_id)s and b.ranked = 'customers' and b.class = 'Bronze'
left join customer_risk k on k.campaign_id = r.campaign_id and k.customer_id = r.customer_id
where r.campaign_id = %(campaign_id)s
"""

TOP_SHOPS = """
select
    r.shop_id, r.shop_owner_uid, r.gmv_rank, r.orders_rank, r.shop_class, r.total_gmv, r.total_orders, r.vouchers_used,
    r.total_rebate, k.band
from shop_selling_rank r
left join campaign_class b on b.campaign_id = %(campaign_id)s and b.ranked = 'shops' and b.class = 'Bronze'
left join shop_risk k on k.campaign_id = r.campaign_id and k.shop_id = r.shop_id
where r.campaign_id = %(campaign_id)s
"""

# Only what is active: a shadow rule is being tried out and accuses nobody yet.
RULES = """
select
    f.rule_id, f.version, f.title, f.subject, f.kind, f.severity, f.proves, f.does_not_prove,
    coalesce(h.hits, 0) as hits, coalesce(h.subjects, 0) as subjects,
    m.money_naive, m.money_at_risk_counted_once, m.money_unique, m.money_watched
from fraud_rule f
left join (
    select s.rule_id, count(*) as hits, count(distinct s.subject_id) as subjects
    from fraud_signal s
    where s.campaign_id = %(campaign_id)s and s.listed = 1
    group by s.rule_id
) h on h.rule_id = f.rule_id
left join money_at_risk m on m.campaign_id = %(campaign_id)s and m.rule_id = f.rule_id
where f.status = 'active'
"""

RULE_SUBJECTS = """
select g.generation, g.published_at, f.rule_id, f.subject
from current_generation g
join fraud_rule f on f.status = 'active'
order by f.rule_id
"""

SUSPECTED_CUSTOMERS = """
select
    s.customer_id, s.fraud_note, s.txn_date, s.severity, s.subject_type, s.subject_id, s.order_count, s.money_at_risk,
    s.reason, s.evidence, f.title, f.does_not_prove, k.band, k.score,
    k.money_at_risk as subject_money_at_risk, k.money_watched as subject_money_watched, r.customer_class
from suspected_fraud_customers s
left join fraud_rule f on f.rule_id = s.fraud_note
left join customer_risk k on k.campaign_id = s.campaign_id and k.customer_id = s.customer_id
left join customer_pending_rank r on r.campaign_id = s.campaign_id and r.customer_id = s.customer_id
where s.campaign_id = %(campaign_id)s
"""

SUSPECTED_SHOPS = """
select
    s.shop_id, s.shop_owner_uid, s.fraud_note, s.txn_date, s.severity, s.order_count, s.money_at_risk,
    s.reason, s.evidence, f.title, f.does_not_prove, k.band, k.score,
    k.money_at_risk as subject_money_at_risk, k.money_watched as subject_money_watched, r.shop_class
from suspected_fraud_shop s
left join fraud_rule f on f.rule_id = s.fraud_note
left join shop_risk k on k.campaign_id = s.campaign_id and k.shop_id = s.shop_id
left join shop_selling_rank r on r.campaign_id = s.campaign_id and r.shop_id = s.shop_id
where s.campaign_id = %(campaign_id)s
"""

RANKED_CUSTOMERS = """
select
    k.customer_id, k.band, k.score, k.orders, k.money_at_risk, k.money_watched, r.spending_rank as place,
    r.customer_class as class, r.total_spending as total_gmv, r.total_orders, r.vouchers_used, r.total_rebate,
    (
        select group_concat(distinct h.fraud_note order by h.fraud_note) from suspected_fraud_customers h
        where h.campaign_id = k.campaign_id and h.customer_id = k.customer_id
    ) as rule_ids
from customer_risk k
left join customer_pending_rank r on r.campaign_id = k.campaign_id and r.customer_id = k.customer_id
where k.campaign_id = %(campaign_id)s
"""

RANKED_SHOPS = """
select
    k.shop_id, r.shop_owner_uid, k.band, k.score, k.orders, k.money_at_risk, k.money_watched, r.gmv_rank as place,
    r.shop_class as class, r.total_gmv, r.total_orders, r.vouchers_used, r.total_rebate,
    (
        select group_concat(distinct h.fraud_note order by h.fraud_note) from suspected_fraud_shop h
        where h.campaign_id = k.campaign_id and h.shop_id = k.shop_id
    ) as rule_ids
from shop_risk k
left join shop_selling_rank r on r.campaign_id = k.campaign_id and r.shop_id = k.shop_id
where k.campaign_id = %(campaign_id)s
"""

LOOKED_UP_CUSTOMERS = """
select
    r.customer_id, r.spending_rank as place, r.customer_class as class, r.total_spending as total_gmv, r.total_orders,
    r.vouchers_used, r.total_rebate, k.band, k.score, k.money_at_risk
from customer_pending_rank r
left join customer_risk k on k.campaign_id = r.campaign_id and k.customer_id = r.customer_id
where r.campaign_id = %(campaign_id)s
"""

LOOKED_UP_SHOPS = """
select
    r.shop_id, r.shop_owner_uid, r.gmv_rank as place, r.shop_class as class, r.total_gmv, r.total_orders, r.vouchers_used,
    r.total_rebate, k.band, k.score, k.money_at_risk
from shop_selling_rank r
left join shop_risk k on k.campaign_id = r.campaign_id and k.shop_id = r.shop_id
where r.campaign_id = %(campaign_id)s
"""

SHOP_DAILY = """
select
    shop_id, shop_owner_uid, txn_date, total_orders, total_gmv, vouchers_used, total_rebate, first_order_time, last_order_time
from sale_analysis_by_shop_daily
where campaign_id = %(campaign_id)s and shop_id = %(shop_id)s
"""

ORDER = f"""
select
    g.generation, g.published_at, {CAMPAIGN}, e.order_id, e.order_time, e.shop_id, r.shop_owner_uid, e.customer_id,
    e.gmv, e.rebate, e.rule_id, e.subject_type, e.subject_id, e.txn_date, s.severity, s.order_count, s.money_at_risk, s.reason,
    f.title, f.does_not_prove
from current_generation g
left join campaign c on c.campaign_id = %(campaign_id)s
left join evidence_order e on e.campaign_id = c.campaign_id and e.order_id = %(order_id)s
left join shop_selling_rank r on r.campaign_id = e.campaign_id and r.shop_id = e.shop_id
left join fraud_signal s
    on s.campaign_id = e.campaign_id and s.rule_id = e.rule_id and s.subject_type = e.subject_type
    and s.subject_id = e.subject_id and s.txn_date = e.txn_date
left join fraud_rule f on f.rule_id = e.rule_id
order by e.txn_date, e.rule_id, e.subject_type, e.subject_id
"""

COMPARISON = f"""
select
    g.generation, g.published_at, {CAMPAIGN}, c.voucher_rate, c.voucher_cap, c.vouchers_per_customer_per_day,
    t.total_orders, t.total_customers, t.total_shops, t.total_gmv, t.vouchers_used, t.total_rebate, t.suspects, t.money_at_risk
from current_generation g
left join campaign c on 1 = 1
left join campaign_summary t on t.campaign_id = c.campaign_id
order by c.starts_on desc, c.campaign_id desc
"""

# What the last of a class has: the smallest amount of a rank, by the index that ends with the rank.
CLASS_EDGE = """
select g.generation, min(r.{amount}) as least
from current_generation g
left join {table} r on r.campaign_id = %(campaign_id)s and r.{rank} = %(rank)s
group by g.generation
"""
CLASS_EDGES = {
    "customers": CLASS_EDGE.format(table="customer_pending_rank", rank="spending_rank", amount="total_spending"),
    "shops": CLASS_EDGE.format(table="shop_selling_rank", rank="gmv_rank", amount="total_gmv"),
}

THIRD_OF_RANKS = "{rank} > b.ranks * {third} div 3 and {rank} <= b.ranks * ({third} + 1) div 3"
# What a filter of a list means. A class is a third of the ranks: by the rank, not by the class, an index finds where it begins.
FILTERS = {
    "rule": "s.fraud_note = %(rule)s",
    "severity": "s.severity = %(severity)s",
    "day": "s.txn_date = %(day)s",
    "band": "k.band = %(band)s",
    "least_money": "k.money_at_risk >= %(least_money)s",
    "customer_class": "r.customer_class = %(customer_class)s",
    "shop_class": "r.shop_class = %(shop_class)s",
    "customer_third": THIRD_OF_RANKS.format(rank="r.spending_rank", third="%(customer_third)s"),
    "shop_third": THIRD_OF_RANKS.format(rank="r.gmv_rank", third="%(shop_third)s"),
}
THIRDS = {"Gold": 0, "Silver": 1, "Bronze": 2}


def fetch_generation() -> Row:
    """Return generation and published_at of what is served now."""
    return _rows(GENERATION)[0]


def list_campaigns() -> list[Row]:
    """Return a row per campaign, newest first."""
    return _rows(CAMPAIGNS)


def fetch_summary(campaign_id: int) -> list[Row]:
    """Return the campaign's totals, once per grain at which the voucher limit was looked at."""
    return _rows(SUMMARY, campaign_id=campaign_id)


def fetch_class_edge(ranked: str, campaign_id: int, rank: int) -> list[Row]:
    """Return in one row, as ``least``, the amount at this rank of customers or shops; NULL where nobody has it."""
    return _rows(CLASS_EDGES[ranked], campaign_id=campaign_id, rank=rank)


def list_rule_subjects() -> list[Row]:
    """Return id and subject of every active rule."""
    return _rows(RULE_SUBJECTS)


class Key(NamedTuple):
    """A column that a list is sorted by, as its statement names it, and the type by which a cursor is read."""

    column: str
    type: Any
    direction: Literal["asc", "desc"] = "asc"

    @property
    def name(self) -> str:
        """What the column is called in the result."""
        return self.column.rpartition(".")[2]


class CampaignList:
    """A list inside one campaign: its statement, the order that makes it pageable, and the filters it was given.

    The columns of ``order`` are together unique. A page starts after the last row of the page before by comparing them, so
    nothing is skipped or shown twice however deep one pages. ``counts`` names the column whose different values can be counted
    beside all rows.
    """

    def __init__(
        self,
        sql: str,
        order: tuple[Key, ...],
        counts: str | None = None,
        named: Mapping[str, Any] | None = None,
        **filters: Any,
    ) -> None:
        """Take the filters of FILTERS, and ``named``, those that the statement itself names."""
        self.counts = counts
        self.order = order
        self._sql = sql
        self._conditions = [name for name, value in filters.items() if value is not None]
        given = {**(named or {}), **filters}
        self.filters = {name: value for name, value in given.items() if value is not None}

    def statement(
        self, campaign_id: int, after: After = None, limit: int | None = None, counted: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """Return the whole statement and its parameters; without ``limit`` it gives the list to its end.

        ``counted`` adds the columns ``hits`` and ``subjects``, of the whole list, where it can be counted.
        """
        parameters: dict[str, Any] = {"campaign_id": campaign_id, **self.filters}
        filters = "".join(f"    and {FILTERS[name]}\n" for name in self._conditions)
        listed = self._sql + filters
        columns, counting = "listed.*", ""
        if counted and self.counts:
            columns, counting = "counted.*, listed.*", f"left join ({self._count(filters)}) counted on 1 = 1\n"
        if after is not None:
            keys = {f"after_{number}": value for number, value in enumerate(after)}
            listed += f"    and ({self._beyond(list(keys))})\n"
            parameters |= keys
        if limit is not None:
            listed += f"order by {', '.join(f'{key.column} {key.direction}' for key in self.order)}\nlimit {limit:d}\n"
        order = ", ".join(f"listed.{key.name} {key.direction}" for key in self.order)
        sql = (
            f"select g.generation, g.published_at, {CAMPAIGN}, {columns}\nfrom current_generation g\n"
            f"left join campaign c on c.campaign_id = %(campaign_id)s\n{counting}"
            f"left join (\n{listed}) listed on c.campaign_id is not null\norder by {order}"
        )
        return sql, parameters

    def keys(self, row: Row) -> list[Any]:
        """Return the sort keys of a row: the next page starts after them."""
        return [row[key.name] for key in self.order]

    def _count(self, filters: str) -> str:
        """Return the statement that counts the list, without the joins that no filter looks at: each costs a read per row."""
        source = self._sql[self._sql.index("\nfrom ") + 1 :].splitlines()
        needed = [line for line in source if not line.startswith("left join ") or f" {line.split()[3]}." in filters]
        return "\n".join((f"select count(*) as hits, count(distinct {self.counts}) as subjects", *needed, filters))

    def _beyond(self, keys: list[str]) -> str:
        """Return the condition "sorts after these keys", spelt out because the directions differ.

        The part with the equality beside the OR says nothing new, but only that makes MySQL start at that place of an index.
        """
        column, _, direction = self.order[len(self.order) - len(keys)]
        sign = "<" if direction == "desc" else ">"
        beyond = f"{column} {sign} %({keys[0]})s"
        if len(keys) == 1:
            return beyond
        whole = f"{beyond} or ({column} = %({keys[0]})s and ({self._beyond(keys[1:])}))"
        return f"{column} {sign}= %({keys[0]})s and ({whole})" if len(keys) == len(self.order) else whole


MOST_MONEY_FIRST = Key("s.money_at_risk", Amount, "desc")
RISK_FIRST = Key("k.money_at_risk", Amount, "desc")
SORTS = {
    "money": (RISK_FIRST, Key("k.money_watched", Amount, "desc")),
    "score": (Key("k.score", WholeNumber, "desc"), RISK_FIRST),
}


def daily() -> CampaignList:
    """Orders, people and money per day."""
    return CampaignList(DAILY, (Key("txn_date", date),))


def hourly() -> CampaignList:
    """Orders, people and money per hour that has orders."""
    return CampaignList(HOURLY, (Key("txn_date", date), Key("txn_hour", WholeNumber)))


def classes() -> CampaignList:
    """How many customers and shops are in each class."""
    return CampaignList(CLASSES, (Key("ranked", str), Key("class", str)))


def top_customers(customer_class: str | None = None) -> CampaignList:
    """Customers by spending, all or those of a class."""
    order = (Key("r.spending_rank", WholeNumber), Key("r.customer_id", WholeNumber))
    return CampaignList(TOP_CUSTOMERS, order, customer_third=THIRDS.get(customer_class))


def top_shops(by: str, shop_class: str | None = None) -> CampaignList:
    """Shops by ``gmv`` or by ``orders``, all or those of a class."""
    order = (Key(f"r.{by}_rank", WholeNumber), Key("r.shop_id", WholeNumber))
    return CampaignList(TOP_SHOPS, order, shop_third=THIRDS.get(shop_class))


def rules() -> CampaignList:
    """Active rules with what they hit in the campaign."""
    return CampaignList(RULES, (Key("f.rule_id", str),))


def suspected_customers(**filters: Any) -> CampaignList:
    """Hits on customers, most money at risk first."""
    hit = (
        Key("s.customer_id", WholeNumber),
        Key("s.fraud_note", str),
        Key("s.txn_date", date),
        Key("s.subject_id", str),
    )
    return CampaignList(SUSPECTED_CUSTOMERS, (MOST_MONEY_FIRST, *hit), "s.customer_id", **filters)


def suspected_shops(**filters: Any) -> CampaignList:
    """Hits on shops, most money at risk first."""
    hit = (Key("s.shop_id", WholeNumber), Key("s.fraud_note", str), Key("s.txn_date", date))
    return CampaignList(SUSPECTED_SHOPS, (MOST_MONEY_FIRST, *hit), "s.shop_id", **filters)


def ranked_customers(sort: str, rule: str | None, day: date | None, **filters: Any) -> CampaignList:
    """Suspected customers, one row each, by ``money`` or by ``score``."""
    sql = RANKED_CUSTOMERS + _with_hit("suspected_fraud_customers", "customer_id", rule, day)
    order = (*SORTS[sort], Key("k.customer_id", WholeNumber))
    return CampaignList(sql, order, "k.customer_id", {"rule": rule, "day": day}, **filters)


def ranked_shops(sort: str, rule: str | None, day: date | None, **filters: Any) -> CampaignList:
    """Suspected shops, one row each, by ``money`` or by ``score``."""
    sql = RANKED_SHOPS + _with_hit("suspected_fraud_shop", "shop_id", rule, day)
    order = (*SORTS[sort], Key("k.shop_id", WholeNumber))
    return CampaignList(sql, order, "k.shop_id", {"rule": rule, "day": day}, **filters)


def looked_up_customers(ids: Sequence[int]) -> CampaignList:
    """Those of the customers who have orders in the campaign."""
    wanted = {f"id_{number}": one for number, one in enumerate(ids)}
    return CampaignList(
        LOOKED_UP_CUSTOMERS + _one_of("r.customer_id", wanted), (Key("r.customer_id", WholeNumber),), named=wanted
    )


def looked_up_shops(ids: Sequence[int]) -> CampaignList:
    """Those of the shops that have orders in the campaign."""
    wanted = {f"id_{number}": one for number, one in enumerate(ids)}
    return CampaignList(LOOKED_UP_SHOPS + _one_of("r.shop_id", wanted), (Key("r.shop_id", WholeNumber),), named=wanted)


def shop_daily(shop_id: int) -> CampaignList:
    """What a shop sold, per day that has orders."""
    return CampaignList(SHOP_DAILY, (Key("txn_date", date),), named={"shop_id": shop_id})


def fetch_order(campaign_id: int, order_id: int) -> list[Row]:
    """Return the order, once for every hit that it is evidence of."""
    return _rows(ORDER, campaign_id=campaign_id, order_id=order_id)


def list_compared() -> list[Row]:
    """Return a row per campaign with its totals, newest first."""
    return _rows(COMPARISON)


def list_checks(status: str | None) -> list[Row]:
    """Return each check with its last outcome; none before the first run."""
    return _logged(CHECKS, status=status)


def list_outcomes(check: str) -> list[Row]:
    """Return the outcomes of a check, newest first; none where no run has had it."""
    return _logged(OUTCOMES, check=check)


def _logged(sql: str, **parameters: Any) -> list[Row]:
    """Ask the log of checks, which is there whether anything is published or not, and is empty where there is none yet."""
    database: MartDatabase = current_app.extensions[DATABASE]
    try:
        return database.rows(sql, parameters)
    except NothingPublished:
        return []


def _with_hit(table: str, key: str, rule: str | None, day: date | None) -> str:
    """Return the condition that one hit is of this rule and on this day, as far as they are given."""
    if rule is None and day is None:
        return ""
    of_rule = " and h.fraud_note = %(rule)s" if rule is not None else ""
    on_day = " and h.txn_date = %(day)s" if day is not None else ""
    same = f"h.campaign_id = k.campaign_id and h.{key} = k.{key}"
    return f"    and exists (select 1 from {table} h where {same}{of_rule}{on_day})\n"


def _one_of(column: str, wanted: Mapping[str, int]) -> str:
    return f"    and {column} in ({', '.join(f'%({name})s' for name in wanted)})\n"


def list_of_campaign(
    campaign_id: int, wanted: CampaignList, after: After = None, limit: int | None = None, counted: bool = False
) -> list[Row]:
    """Return rows of the list, each with the campaign; one row with NULLs in the list's columns where it is empty."""
    sql, parameters = wanted.statement(campaign_id, after, limit, counted)
    return _rows(sql, **parameters)


def _rows(sql: str, **parameters: Any) -> list[Row]:
    database: MartDatabase = current_app.extensions[DATABASE]
    rows = database.rows(sql, parameters)
    if not rows:
        raise NothingPublished("current_generation is empty")
    g.generation = rows[0]["generation"]
    return rows
