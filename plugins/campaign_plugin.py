"""Makes the project's timetable known to Airflow, and links its UI to the web service and the models."""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from campaign.orchestration.timetable import DailyTimetable
from campaign.settings import get_settings

RESULTS = get_settings().results_url or f"http://127.0.0.1:{get_settings().webapi_port}"
# Cosmos serves it, below Airflow's own address, and links it from the navigation only.
MODELS = f"{urlsplit(conf.get('api', 'base_url', fallback='')).path.rstrip('/')}/cosmos/campaign/dbt_docs_index.html"


class CampaignPlugin(AirflowPlugin):
    """What Airflow loads from the project besides its DAGs."""

    name = "campaign"
    timetables = [DailyTimetable]
    external_views = [
        {"name": "Campaign results (API)", "href": f"{RESULTS.rstrip('/')}/docs", "destination": destination}
        for destination in ("nav", "dag", "dag_run")
    ] + [
        {"name": "Models and lineage (dbt)", "href": MODELS, "destination": destination}
        for destination in ("dag", "dag_run")
    ]
