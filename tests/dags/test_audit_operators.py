"""What the audit's operators log of each check, whether all hold or not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException

from campaign.orchestration import audit_operators
from campaign.orchestration.audit_operators import LoggedColumnCheck, LoggedTableCheck


def run(operator, records: list[tuple], monkeypatch) -> list[tuple]:
    """Let an operator meet these records; return what it logged: name, status, failing rows, statement."""
    logged = []
    monkeypatch.setattr(audit_operators, "note_in_task", lambda run_id, outcomes: logged.extend(outcomes))
    monkeypatch.setattr(operator, "get_db_hook", lambda: SimpleNamespace(get_records=lambda sql: records))
    try:
        operator.execute({"run_id": "monday"})
    finally:
        run.logged = [(each.name, each.status, each.failing_rows, each.statement) for each in logged]
    assert all(each.kind == "audit" and each.seconds >= 0 for each in logged)
    return run.logged


def columns(**mapping) -> LoggedColumnCheck:
    return LoggedColumnCheck(task_id="check_columns", table="marts", column_mapping=mapping)


def test_a_column_check_counts_the_rows_that_break_it(monkeypatch):
    operator = columns(reason={"null_check": {"equal_to": 0}}, evidence={"null_check": {"equal_to": 0}})
    with pytest.raises(AirflowException):
        run(operator, [("reason", "null_check", 2), ("evidence", "null_check", None)], monkeypatch)
    assert run.logged == [
        ("marts.reason.null_check", "fail", 2, "select SUM(CASE WHEN reason IS NULL THEN 1 ELSE 0 END) from marts"),
        ("marts.evidence.null_check", "pass", None, "select SUM(CASE WHEN evidence IS NULL THEN 1 ELSE 0 END) from marts"),
    ]  # fmt: skip


def test_a_table_check_says_which_assertion_is_broken(monkeypatch):
    checks = {"sums_agree": {"check_statement": "sum(a) = 1"}, "none_is_negative": {"check_statement": "min(a) >= 0"}}
    operator = LoggedTableCheck(task_id="check_marts", table="marts", checks=checks)
    with pytest.raises(AirflowException):
        run(operator, [("sums_agree", 0), ("none_is_negative", 1)], monkeypatch)
    assert run.logged == [
        ("marts.sums_agree", "fail", None, "select sum(a) = 1 from marts"),
        ("marts.none_is_negative", "pass", None, "select min(a) >= 0 from marts"),
    ]


def test_a_statement_that_failed_logs_nothing(monkeypatch):
    operator = columns(reason={"null_check": {"equal_to": 0}})
    monkeypatch.setattr(audit_operators, "note_in_task", lambda run_id, outcomes: seen.append(outcomes))
    seen = []
    monkeypatch.setattr(operator, "get_db_hook", lambda: (_ for _ in ()).throw(ConnectionError("gone")))
    with pytest.raises(ConnectionError):
        operator.execute({"run_id": "monday"})
    assert seen == [[]]
