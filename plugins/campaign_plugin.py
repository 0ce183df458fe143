"""Makes the project's timetable known to Airflow, and links its UI to the web service."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from campaign.daily_timetable import DailyTimetable
from campaign.settings import get_settings

RESULTS = get_settings().results_url or f"http://127.0.0.1:{get_settings().webapi_port}"


class CampaignPlugin(AirflowPlugin):
    """What Airflow loads from the project besides its DAGs."""

    name = "campaign"
    timetables = [DailyTimetable]
    external_views = [
        {"name": "Campaign results (API)", "href": f"{RESULTS.rstrip('/')}/docs", "destination": destination}
        for destination in ("nav", "dag")
    ]
