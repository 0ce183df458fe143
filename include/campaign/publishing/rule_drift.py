"""A rule that suddenly finds far more, or far less, than in the generation before: said in the report, never a red run.

Hits are compared per 1,000 orders, so that a campaign may grow. A jump has a reason (a threshold was edited, another kind of
file came in, somebody began to farm vouchers): whoever reads the report should know that there was one.
"""

from __future__ import annotations

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.settings import Settings

# Below so many hits before and after, a factor means nothing.
FEWEST_HITS = 10

TABLES = {"campaign_summary", "fraud_rule", "fraud_signal"}
HITS = """
select s.campaign_id, s.total_orders, r.rule_id, r.version, count(h.rule_id) as hits
from {database}.campaign_summary as s
join {database}.fraud_rule as r on r.status <> 'retired' and r.kind <> 'control'
left join {database}.fraud_signal as h on h.campaign_id = s.campaign_id and h.rule_id = r.rule_id
group by s.campaign_id, s.total_orders, r.rule_id, r.version
"""


def rule_jumps(connection: MySQLConnectionAbstract, settings: Settings) -> list[str]:
    """Return a sentence per campaign and rule whose share of hits changed by more than the set factor since the last generation.

    Empty where there is no generation before, and for campaigns and rules that are new in this one.
    """
    if not all(tables_in(connection, each) >= TABLES for each in (settings.mart_database, settings.previous_database)):
        return []
    now = _hits(connection, settings.mart_database)
    before = _hits(connection, settings.previous_database)
    return [
        sentence
        for key in sorted(now.keys() & before.keys())
        if (sentence := _in_words(key, before[key], now[key], settings.rule_jump_factor))
    ]


def _in_words(key: tuple[int, str], before: tuple[int, int, int], now: tuple[int, int, int], factor: float) -> str:
    (orders_before, hits_before, version_before), (orders, hits, version) = before, now
    if max(hits_before, hits) < FEWEST_HITS:
        return ""
    # One hit more on both sides, so that from none to many is a factor too.
    change = ((hits + 1) / orders) / ((hits_before + 1) / orders_before)
    if 1 / factor <= change <= factor:
        return ""
    campaign_id, rule_id = key
    why = "" if version == version_before else f"; the rule went from version {version_before} to {version}"
    return (
        f"Campaign {campaign_id}, {rule_id}: {hits_before:,} hits in {orders_before:,} orders before, "
        f"{hits:,} in {orders:,} now{why}."
    )


def _hits(connection: MySQLConnectionAbstract, database: str) -> dict[tuple[int, str], tuple[int, int, int]]:
    """Campaign and rule -> orders of the campaign, hits of the rule, its version."""
    with connection.cursor() as cursor:
        cursor.execute(HITS.format(database=database))
        return {
            (campaign, rule): (orders, hits, version) for campaign, orders, rule, version, hits in cursor.fetchall()
        }
