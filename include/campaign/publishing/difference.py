"""What differs between two sets of marts: totals, suspects that are new or dropped, money at risk, by campaign and by rule.

A rollback shows it before it happens, and the gate asks people to approve it. A suspect is a customer or shop in band review or
breach. The marts must be those of one release: columns that one set lacks are an IncomparableError.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.errors import UserError

SHOWN = 10  # suspects of each kind, those with most money first

SUMMARY = """
select s.campaign_id, c.name, c.currency, s.total_orders, s.total_gmv, s.suspects, s.money_at_risk
from {campaign_summary} as s join {campaign} as c on c.campaign_id = s.campaign_id
"""
SUSPECTS = """
select campaign_id, 'customer' as kind, customer_id as id, money_at_risk from {customer_risk} where band in ('review', 'breach')
union all
select campaign_id, 'shop' as kind, shop_id as id, money_at_risk from {shop_risk} where band in ('review', 'breach')
"""
ONLY_THERE = """
from ({there}) as there
left join ({here}) as here on here.campaign_id = there.campaign_id and here.kind = there.kind and here.id = there.id
where here.id is null
"""
COUNTED = "select there.campaign_id, count(*) {only_there} group by there.campaign_id"
LISTED = (
    "select there.campaign_id, there.kind, there.id, there.money_at_risk {only_there}"
    f" order by there.money_at_risk desc, there.campaign_id, there.kind, there.id limit {SHOWN}"
)
RULES = """
select m.campaign_id, m.rule_id, m.money_at_risk_counted_once,
       (select count(*) from {fraud_signal} as h where h.campaign_id = m.campaign_id and h.rule_id = m.rule_id and h.listed = 1)
from {money_at_risk} as m
"""
MARTS = ("campaign_summary", "campaign", "customer_risk", "shop_risk", "fraud_signal", "money_at_risk")


class IncomparableError(UserError):
    """The two sets have other tables or columns. The message says which."""


@dataclass(frozen=True)
class Place:
    """Where a set of marts is: a database, and what stands before each table's name."""

    database: str
    prefix: str = ""

    def fill(self, statement: str) -> str:
        """Put the qualified names of the marts into a statement."""
        return statement.format(**{mart: f"{self.database}.{self.prefix}{mart}" for mart in MARTS})


@dataclass(frozen=True)
class Figures:
    """A campaign's totals in one set."""

    orders: int = 0
    gmv: Decimal = Decimal(0)
    suspects: int = 0
    money: Decimal = Decimal(0)


@dataclass
class CampaignChange:
    """A campaign in both sets; ``rules`` holds rule -> hits and money before, hits and money after, where they differ."""

    campaign_id: int
    name: str
    currency: str
    before: Figures
    after: Figures
    new: int = 0
    dropped: int = 0
    rules: dict[str, tuple[int, Decimal, int, Decimal]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Return how much changed, as a share of what was: of suspects or of money, whichever is more. Infinite from nothing."""
        return max(
            _share(self.new + self.dropped, self.before.suspects),
            _share(abs(self.after.money - self.before.money), self.before.money),
        )


@dataclass
class Difference:
    """All campaigns of either set, and the suspects with most money: ``customer 7 of campaign 1: 20,000 VND``."""

    campaigns: list[CampaignChange]
    new: list[str]
    dropped: list[str]

    @property
    def share(self) -> float:
        """Return the largest share of any campaign."""
        return max((campaign.share for campaign in self.campaigns), default=0.0)

    def lines(self) -> Iterator[str]:
        """Say it in words, a line each; Markdown and plain text alike."""
        for one in self.campaigns:
            before, after = one.before, one.after
            yield f"- Campaign {one.campaign_id}, {one.name}"
            yield f"    - orders {_change(before.orders, after.orders)}; GMV {_change(before.gmv, after.gmv, one.currency)}"
            yield (
                f"    - suspects {_change(before.suspects, after.suspects)}: {one.new:,} new, {one.dropped:,} dropped; "
                f"money at risk {_change(before.money, after.money, one.currency)}"
            )
            for rule, (hits, money, hits_now, money_now) in sorted(one.rules.items()):
                yield f"    - {rule}: hits {_change(hits, hits_now)}; money at risk {_change(money, money_now, one.currency)}"
        for word, names in (("new", self.new), ("dropped", self.dropped)):
            total = sum(getattr(campaign, word) for campaign in self.campaigns)
            if names:
                yield f"- {total:,} {word}" + (f", the first {len(names)}:" if total > len(names) else ":")
                yield from (f"    - {name}" for name in names)
        if not any(campaign.share or campaign.before != campaign.after for campaign in self.campaigns):
            yield "- No total, no suspect and no money at risk changes."


def difference(connection: MySQLConnectionAbstract, before: Place, after: Place) -> Difference:
    """Compare two sets of marts. Raises IncomparableError."""
    try:
        return _compare(connection, before, after)
    except mysql.connector.Error as error:
        if error.errno in (errorcode.ER_NO_SUCH_TABLE, errorcode.ER_BAD_FIELD_ERROR):
            raise IncomparableError(f"the two generations cannot be compared: {error.msg}") from None
        raise


def _compare(connection: MySQLConnectionAbstract, before: Place, after: Place) -> Difference:
    was, now = ({row[0]: row[1:] for row in _rows(connection, each.fill(SUMMARY))} for each in (before, after))
    campaigns = {
        key: CampaignChange(
            key,
            *(now.get(key) or was[key])[:2],
            *(Figures(*each[key][2:]) if key in each else Figures() for each in (was, now)),
        )
        for key in sorted(was.keys() | now.keys())
    }
    rules_before, rules_after = (
        {row[:2]: row[2:] for row in _rows(connection, each.fill(RULES))} for each in (before, after)
    )
    for key in rules_before.keys() | rules_after.keys():
        (money, hits), (money_now, hits_now) = (each.get(key, (Decimal(0), 0)) for each in (rules_before, rules_after))
        if (hits, money) != (hits_now, money_now):
            campaigns[key[0]].rules[key[1]] = (hits, money, hits_now, money_now)
    names = {}
    for word, there, here in (("new", after, before), ("dropped", before, after)):
        only_there = ONLY_THERE.format(there=there.fill(SUSPECTS), here=here.fill(SUSPECTS))
        for campaign_id, count in _rows(connection, COUNTED.format(only_there=only_there)):
            setattr(campaigns[campaign_id], word, count)
        names[word] = [
            f"{kind} {number} of campaign {campaign_id}: {_amount(money)} {campaigns[campaign_id].currency}"
            for campaign_id, kind, number, money in _rows(connection, LISTED.format(only_there=only_there))
        ]
    return Difference(list(campaigns.values()), names["new"], names["dropped"])


def _rows(connection: MySQLConnectionAbstract, statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def _share(change: Any, of: Any) -> float:
    return float(change / of) if of else float("inf") if change else 0.0


def _amount(number: Any) -> str:
    return f"{int(number) if number == int(number) else number:,}"


def _change(before: Any, after: Any, unit: str = "") -> str:
    amounts = _amount(after) if before == after else f"{_amount(before)} → {_amount(after)}"
    return f"{amounts} {unit}".rstrip()
