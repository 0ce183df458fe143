"""Every task that failed for good is told to its log, and each run once to a webhook where there is one: failed, or recovered.

The webhook is the Airflow connection ``campaign_failure_webhook``, for instance
``AIRFLOW_CONN_CAMPAIGN_FAILURE_WEBHOOK=https://hooks.example.org/services/T0/B0/secret``. It gets ``{"text": message}``, which
Slack, Mattermost, Rocket.Chat and Google Chat understand. A webhook that does not answer changes nothing but the log.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from campaign.db.connection import connect_through_airflow
from campaign.orchestration.remedies import AFTER_A_KILL, AFTER_SLOWNESS, what_to_do
from campaign.orchestration.run_log import is_first_failure
from campaign.settings import get_settings
from campaign.transform.run_results import ToldInFullError

WEBHOOK_CONNECTION = "campaign_failure_webhook"
WEBHOOK_SECONDS = 10
LONGEST_LINE = 500
LONGEST_HEADLINE = 159  # fits one line of Airflow's log view
LONGEST_TEXT = 3000
SLOW_SERVER = ("ReadTimeout", "ConnectTimeout")  # of the client by which a task speaks to Airflow's API server

log = logging.getLogger(__name__)


def tell_of_failure(context: Mapping[str, Any]) -> None:
    """Say what failed and what to do. An ``on_failure_callback``: Airflow calls it after a task's last try."""
    try:
        message = compose(context)
        log.error("%s", headline(context))
        log.error("%s", message)
        if _is_news(context["ti"]):
            _tell(message)
    except Exception as error:  # the failure itself must stay what people see
        log.warning("The failure could not be told: %s", type(error).__name__)


def tell_of_recovery(run_id: str, report: Mapping[str, Any], results_url: str | None) -> None:
    """Post that runs are green again, what is served, and the rules that jumped; never raises."""
    lines = [f"campaign_pipeline: recovered (run {run_id})"]
    if report.get("generation") is not None:
        published = "published" if report["published"] else "nothing new to publish; served is"
        lines.append(f"{published} generation {report['generation']}")
    lines += [f"Rule jumped: {sentence}" for sentence in report.get("rule_jumps", [])]
    if report.get("waiting"):
        lines.append(f"Refused, to be corrected or taken away: {', '.join(report['waiting'][:5])}")
    _tell("\n".join([*lines, *filter(None, [results_url])])[:LONGEST_TEXT])


def _tell(message: str) -> None:
    try:
        url, headers = _webhook()
        if url:
            _post(url, headers, message)
    except Exception as error:  # its text may hold the webhook's address, which is a secret
        log.warning("It could not be told to the webhook %s: %s", WEBHOOK_CONNECTION, type(error).__name__)


def _is_news(task_instance: Any) -> bool:
    """Say whether this run's failure is untold; where the database cannot say, it is told."""
    if task_instance.dag_id != "campaign_pipeline":
        return True
    try:
        with closing(connect_through_airflow()) as connection:
            return is_first_failure(connection, get_settings(), task_instance.run_id, _name(task_instance))
    except Exception as error:  # it may be what failed the task
        log.warning("Whether this run's failure was told already is unknown: %s", type(error).__name__)
        return True


def compose(context: Mapping[str, Any]) -> str:
    """Return the message: DAG, task, try, run, the error (its first line, or all of it), what to do, and the log's link."""
    task_instance = context["ti"]
    name = _name(task_instance)
    tries = f"try {task_instance.try_number}"
    if getattr(task_instance, "max_tries", None) is not None:
        tries += f" of {max(task_instance.max_tries + 1, task_instance.try_number)}"
    lines = [
        f"{task_instance.dag_id}: {name} failed ({tries}, run {task_instance.run_id})",
        _first_line(context.get("exception")),
        f"What to do: {_remedy(context)}",
        task_instance.log_url,
    ]
    return "\n".join(lines)


def headline(context: Mapping[str, Any]) -> str:
    """Return cause and remedy in one line of at most LONGEST_HEADLINE characters: what a person reads first in the log."""
    remedy = _cut(f" To do: {_remedy(context).partition(' (')[0]}", LONGEST_HEADLINE // 2)
    return _cut(_first_line(context.get("exception")).partition("\n")[0], LONGEST_HEADLINE - len(remedy)) + remedy


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _name(task_instance: Any) -> str:
    if task_instance.map_index < 0:
        return task_instance.task_id
    return f"{task_instance.task_id} [{getattr(task_instance, 'rendered_map_index', None) or task_instance.map_index}]"


def _remedy(context: Mapping[str, Any]) -> str:
    """Return what to do: a task that was killed says nothing of a failed test or a bad file."""
    task_instance, error = context["ti"], context.get("exception")
    if not error:
        return AFTER_A_KILL
    return (
        AFTER_SLOWNESS
        if type(error).__name__ in SLOW_SERVER
        else what_to_do(task_instance.dag_id, task_instance.task_id)
    )


def _first_line(error: Any) -> str:
    if not error:
        return "The task ended without an error of its own: it was killed, or marked as failed by hand."
    if type(error).__name__ == "AirflowTaskTimeout":  # its own text is a process id
        return "The task was stopped: it took longer than a task may (CAMPAIGN_TASK_MINUTES)."
    if type(error).__name__ in SLOW_SERVER:  # their own text is "timed out"
        return "Airflow's API server did not answer the task in time: the machine is busy, or the server is down."
    if isinstance(error, ToldInFullError):
        return str(error)[:LONGEST_TEXT]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    # "The following tests have failed:" by itself says nothing.
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1])[:LONGEST_LINE]


def _webhook() -> tuple[str, dict[str, str]]:
    """Return the webhook's address and headers; an empty address where nobody made the connection."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(WEBHOOK_CONNECTION)
    except AirflowNotFoundException:
        return "", {}
    return webhook_address(connection), {
        "Authorization": f"Bearer {connection.password}"
    } if connection.password else {}


def webhook_address(connection: Any) -> str:
    """Return the address that a connection means, however it was written.

    As a URI (``https://host/path``), as the HTTP provider has it (schema ``https``), or with the whole address as host.
    """
    host = connection.host or ""
    scheme, path = connection.conn_type, connection.schema or ""
    if path in ("http", "https"):
        scheme, path = path, ""
    if "://" not in host:
        host = f"{scheme if scheme in ('http', 'https') else 'https'}://{host}"
    port = f":{connection.port}" if connection.port else ""
    return f"{host}{port}/{path}".rstrip("/")


def _post(url: str, headers: Mapping[str, str], message: str) -> None:
    request = urllib.request.Request(
        url, json.dumps({"text": message}).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS):
        log.info("Told the webhook %s", WEBHOOK_CONNECTION)
