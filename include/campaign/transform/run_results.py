"""What a dbt task did, told to the tasks after it, and whether trying it again could help.

Cosmos calls ``tell_outcome`` with the folder dbt ran in, before it turns dbt's result into a success or a failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from campaign.errors import TransientError
from campaign.settings import get_settings
from campaign.transform import lineage
from campaign.transform.check_log import CheckOutcome, note_in_task
from campaign.transform.failing_rows import store_failing_rows

XCOM_KEY = "dbt_outcome"
NOT_RUN = {"skipped", "no-op"}
STATUSES = {"pass", "warn", "fail"}
LONGEST_VALUE = 80

# Of MySQL's error classes those that the same statement on the same rows meets again: values that do not fit (22), broken
# keys (23), syntax and rights (42000), unknown columns (42S22). A lost connection, a deadlock, a lock not got in time are
# none of them; nor is 42S01, a table that is already there, as which dbt-mysql meets a connection lost while listing them.
# Of DuckDB's errors those that speak of the statement or the values, not of files or memory.
SAME_AGAIN = re.compile(
    r"\((?:22\w{3}|23\w{3}|42000|42S22)\)|^\s*Compilation Error"
    r"|\n\s*(?:Binder|Catalog|Constraint|Conversion|Invalid Input|Out of Range|Parser) Error: "
)
# MySQL calls a table full when the disk under its tables or its temporary files is.
DISK_FULL = re.compile(r"\b(?:1021|1114) \(HY000\)|no space left on device|disk quota exceeded", re.IGNORECASE)


class ToldInFullError(AirflowFailException):
    """A failure that another try meets again, whose text is for people from the first to the last line."""


class DiskFullError(TransientError):
    """A model could not be written. The message says whose disk is full. Another try may find room."""


def tell_outcome(project_folder: str, context: Mapping[str, Any]) -> None:
    """Push node -> [status, seconds] as XCom ``dbt_outcome``, and log what the tests found.

    Raises ToldInFullError, which forbids another try, when the failure is sure to come again: a failed test, or an
    error of the statement itself; DiskFullError when room was missing. Without results (dbt could not even start) it does
    nothing, and Cosmos fails the task.
    """
    written = Path(project_folder) / "target" / "run_results.json"
    if not written.exists():
        return
    results = json.loads(written.read_text())["results"]
    outcome = {result["unique_id"]: [result["status"], round(result["execution_time"], 3)] for result in results}
    context["ti"].xcom_push(key=XCOM_KEY, value=outcome)
    note_in_task(context["run_id"], list(_checks(results)))
    lineage.note_build(get_settings(), results)
    # Cosmos makes events for some adapters, MySQL's not among them, and names tables of the engine that people never see.
    context["task"].openlineage_events_completes = []
    hopeless = [result for result in results if _comes_again(result)]
    if hopeless:
        raise ToldInFullError("\n".join(map(_sentence, hopeless)))
    for result in results:
        if result["status"] == "error" and DISK_FULL.search(result["message"] or ""):
            raise DiskFullError(_full_disk(result))


def passed_over(declared: Iterable[str], outcomes: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """Return the tests of the manifest that no dbt task of this run has run, sorted. ``outcomes`` are the XComs."""
    ran = {
        node
        for outcome in outcomes
        for node, (status, _) in (outcome or {}).items()
        if status not in NOT_RUN
    }  # fmt: skip
    return sorted(set(declared) - ran)


def _checks(results: Iterable[Mapping[str, Any]]) -> Iterator[CheckOutcome]:
    for result in results:
        kind, _, name = result["unique_id"].split(".")[:3]
        if kind == "test" and result["status"] not in NOT_RUN:
            yield CheckOutcome(
                name=name,
                kind="dbt",
                status=result["status"] if result["status"] in STATUSES else "error",
                failing_rows=result.get("failures"),
                seconds=round(result["execution_time"], 3),
                statement=(result.get("compiled_code") or "").strip(),
            )


def _comes_again(result: Mapping[str, Any]) -> bool:
    if result["status"] == "fail":
        return True
    return result["status"] == "error" and bool(SAME_AGAIN.search(result["message"] or ""))


def _full_disk(result: Mapping[str, Any]) -> str:
    settings = get_settings()
    disk = {
        "mysql": f"the MySQL server at {settings.mysql_host}:{settings.mysql_port} (folders: select @@datadir, @@tmpdir)",
        "duckdb": f"this machine that holds {settings.store_folder} (CAMPAIGN_STORE)",
        "spark": "the Spark cluster, or the store that it writes to (CAMPAIGN_STORE)",
    }[settings.engine]
    name, message = result["unique_id"].split(".")[2], " ".join(result["message"].split())
    return (
        f"{name} cannot be written: the disk of {disk} is full. Make room and clear the task, or run again. {message}"
    )


def _sentence(result: Mapping[str, Any]) -> str:
    kind, _, name = result["unique_id"].split(".")[:3]
    message = " ".join((result["message"] or "").split())
    if result["status"] == "fail":
        return f"The {kind} {name} found {result['failures']} rows that break an assumption.{_failing_rows(result)}"
    return f"The {kind} {name} cannot be built as it is written: {message}"


def _failing_rows(result: Mapping[str, Any]) -> str:
    """Return the first rows and the statement that shows all, as the macro ``failing_rows`` left them with the result."""
    try:
        found = json.loads((result.get("adapter_response") or {})["_message"])
        test, table, shown, rows = found["test"], found["table"], found["rows"][: found["shown"]], found["rows"]
    except (KeyError, TypeError, ValueError):
        return ""
    settings = get_settings()
    if settings.engine != "mysql" and test:
        table = store_failing_rows(settings, test, rows)
    lines = [" The first are:" if len(shown) < result["failures"] else " They are:"]
    for row in shown:
        lines.append("  " + ", ".join(f"{column}={_cut(value)}" for column, value in row.items()))
    if table:
        lines.append(f"All of them: select * from {table}")
    else:
        database = settings.failure_database
        lines.append(
            f"They are not stored, as there is no database {database} that {settings.mysql_user} may use:"
            f" create database {database}; grant all privileges on {database}.* to '{settings.mysql_user}'@'%'."
            f" The statement that shows them:\n{(result.get('compiled_code') or '').strip()}"
        )
    return "\n".join(lines)


def _cut(value: str | None) -> str:
    return "null" if value is None else value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
