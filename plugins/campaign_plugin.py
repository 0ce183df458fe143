"""Makes the project's timetable known to Airflow."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from campaign.daily_timetable import DailyTimetable


class CampaignPlugin(AirflowPlugin):
    """What Airflow loads from the project besides its DAGs."""

    name = "campaign"
    timetables = [DailyTimetable]
