"""What a person gets at the end of ``make demo``: the campaign summary as the web service tells it, and where to look."""

from __future__ import annotations

from typing import Any

from campaign.settings import PROJECT_ROOT
from scripts.airflow_home import ADMIN
from scripts.console import Problem, last_lines
from scripts.http_client import Refused, basic, call
from scripts.sample import SAMPLE_CAMPAIGN, served_subjects
from scripts.secrets_file import WEB_USER
from scripts.services import wait_until
from scripts.stack_settings import StackSettings
from webapi.settings import read_web_settings

ANSWER_SECONDS = 30


def show_answer(settings: StackSettings, secrets: dict[str, str], how_to_stop: str) -> None:
    """Fetch the summary over HTTP and print it to standard output. Raises Problem when it is not served."""
    password = secrets["WEBAPI_MARCOM_PASSWORD"]
    url = f"{settings.webapi_url}/api/v1/campaigns/{SAMPLE_CAMPAIGN}/summary"
    summary = _fetch(url, basic(WEB_USER, password), settings)
    customer, shop = served_subjects(settings)
    print(f"\nCampaign summary, from {url}\n")
    for name, value in summary.items():
        if not isinstance(value, (dict, list)):
            print(f"  {name.replace('_', ' '):<24} {_readable(value)}")
    signed_in = f"curl -u {WEB_USER}:{password}"
    closed = read_web_settings().lookups == "token"
    lookup = signed_in if closed else "curl"
    token = f"\n  a token          make token UID={customer}  (opens that customer's own records)" if closed else ""
    print(
        f"""
Where to look
  Airflow          {settings.airflow_url}  (user {ADMIN}, password {secrets["AIRFLOW_ADMIN_PASSWORD"]})
  API, documented  {settings.webapi_url}/docs  (user {WEB_USER}, password {password})
  a customer       {lookup} {settings.webapi_url}/api/v1/customers/{customer}
  a shop           {lookup} {settings.webapi_url}/api/v1/shops/{shop}{token}
  the summary      {signed_in} {url}
  SQL              make sql Q="select * from campaign_summary"
  your own file    copy it into {_shown(settings.inbox)}, or make run SOURCE=<file or folder>
  logs             {_shown(settings.logs)}, requests in logs/transaction_analytics_api.log
  to stop          {how_to_stop}

This is a demo: one machine, and SQLite behind Airflow. For real use: docs/how-to/docker-compose.md.
""",
        flush=True,
    )


def _fetch(url: str, authorization: str, settings: StackSettings) -> dict[str, Any]:
    said: list[Exception] = []
    answers: list[dict[str, Any]] = []

    def answered() -> bool:
        try:
            answers.append(call(url, authorization=authorization))
        except (OSError, Refused) as error:
            said.append(error)
        return bool(answers)

    if not wait_until(answered, ANSWER_SECONDS):
        raise Problem(f"{url} does not give the summary: {said[-1]}{last_lines(settings.logs / 'webapi.log')}")
    return answers[0]


def _readable(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _shown(path) -> str:
    return str(path.relative_to(PROJECT_ROOT)) if path.is_relative_to(PROJECT_ROOT) else str(path)
