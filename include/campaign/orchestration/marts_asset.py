"""The assets that other teams schedule their DAGs on: what is served has changed, as a whole and of one campaign."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetAlias
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import tables_in
from campaign.settings import Settings

MARTS = Asset(name="campaign_marts", uri="mysql://campaign-mysql:3306/campaign_mart/current_generation")
# Campaigns are rows, so which assets there are is known when a generation is published.
CAMPAIGNS = AssetAlias(name="campaign_published")


def campaign_asset(campaign_id: int) -> Asset:
    """Return the asset of a campaign. Its URI is its name, so that a DAG of another team needs to know no more."""
    return Asset(name=f"campaign_{campaign_id}_published")


def emit(connection: MySQLConnectionAbstract, settings: Settings, outlet_events: Any, event: dict[str, Any]) -> None:
    """Emit the events of what is served now: ``event`` for the marts, and for each campaign that has orders one with its totals.

    ``event`` has at least ``generation``. A campaign's event has ``rolled_back`` where the marts' has.
    """
    outlet_events[MARTS].extra = event
    common = {name: event[name] for name in ("generation", "rolled_back") if name in event}
    mart = settings.mart_database
    if not tables_in(connection, mart) >= {"campaign", "campaign_summary"}:
        return  # of a generation that is served again after somebody dropped one
    with connection.cursor(dictionary=True) as cursor:
        cursor.execute(
            "select s.campaign_id, c.name, s.total_orders, s.suspects"
            f" from {mart}.campaign_summary as s join {mart}.campaign as c on c.campaign_id = s.campaign_id"
            " where s.total_orders > 0 order by s.campaign_id"
        )
        for campaign in cursor.fetchall():
            outlet_events[CAMPAIGNS].add(campaign_asset(campaign["campaign_id"]), extra={**campaign, **common})
