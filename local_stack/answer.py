"""What a person gets at the end of ``make demo``: the campaign summary as the web service tells it, and where to look."""

from __future__ import annotations

from typing import Any

from campaign.settings import PROJECT_ROOT
from local_stack.airflow.home import ADMIN
from local_stack.console import NotReady, last_lines
from local_stack.http_client import Refused, basic, call
from local_stack.sample import campaign_shown, served_subjects
from local_stack.secrets_file import WEB_USER
from local_stack.services import wait_until
from local_stack.settings import StackSettings
from webapi.settings import read_web_settings

ANSWER_SECONDS = 120


def show_answer(settings: StackSettings, secrets: dict[str, str], how_to_stop: str) -> None:
    """Fetch the summary over HTTP and print it to standard output. Raises NotReady when it is not served."""
    password = secrets["WEBAPI_MARCOM_PASSWORD"]
    shown = campaign_shown(settings)
    url = f"{settings.webapi_url}/api/v1/campaigns/{shown}/summary"
    summary = _fetch(url, basic(WEB_USER, password), settings)
    customer, shop = served_subjects(settings, shown)
    print(f"\nCampaign summary of {shown}, {summary['campaign']['name']}, from {url}\n")
    for name, value in summary.items():
        if not isinstance(value, (dict, list)):
            print(f"  {name.replace('_', ' '):<24} {_readable(value)}")
    signed_in = f"curl -u {WEB_USER}:{password}"
    closed = read_web_settings().lookups == "token"
    lookup = signed_in if closed else "curl"
    examples = ""
    if customer is not None:
        examples += f"\n  a customer       {lookup} {settings.webapi_url}/api/v1/customers/{customer}"
    if shop is not None:
        examples += f"\n  a shop           {lookup} {settings.webapi_url}/api/v1/shops/{shop}"
    if closed and customer is not None:
        examples += f"\n  a token          make token UID={customer}  (opens that customer's own records)"
    print(
        f"""
Where to look
  Airflow          {settings.airflow_url}  (user {ADMIN}, password {secrets["AIRFLOW_ADMIN_PASSWORD"]})
  pages            {settings.webapi_url}/campaigns/{shown}  (user {WEB_USER}, password {password})
  API, documented  {settings.webapi_url}/docs  (user {WEB_USER}, password {password}){examples}
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
        raise NotReady(f"{url} does not give the summary: {said[-1]}{last_lines(settings.logs / 'webapi.log')}")
    return answers[0]


def _readable(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _shown(path) -> str:
    return str(path.relative_to(PROJECT_ROOT)) if path.is_relative_to(PROJECT_ROOT) else str(path)
