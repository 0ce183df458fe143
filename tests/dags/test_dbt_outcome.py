"""What a dbt task tells of itself, and which of its failures are worth another try."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from campaign.settings import get_settings
from campaign.transform.check_log import CheckOutcome
from campaign.transform.run_results import DiskFullError, ToldInFullError, passed_over, tell_outcome

# As dbt-mysql 1.7 with mysql-connector-python writes them.
LOST = "Database Error in model dim_shop_owner (models/marts/dim_shop_owner.sql)\n  2013 (HY000): Lost connection to MySQL server during query"
DEADLOCK = "Database Error\n  1213 (40001): Deadlock found when trying to get lock; try restarting transaction"
THERE_ALREADY = "Database Error\n  1050 (42S01): Table 'dim_shop_owner' already exists"
SYNTAX = "Database Error\n  1064 (42000): You have an error in your SQL syntax"
UNKNOWN_COLUMN = "Database Error\n  1054 (42S22): Unknown column 'x' in 'field list'"
TOO_LONG = "Database Error\n  1406 (22001): Data too long for column 'reason' at row 1"
TWICE = "Database Error\n  1062 (23000): Duplicate entry '1' for key 'PRIMARY'"
# As dbt-duckdb 1.7 with DuckDB 2 writes them.
IN_USE = 'Runtime Error in model a (models/a.sql)\n  IO Error: Could not set lock on file "campaign.duckdb": Conflicting lock'
NO_COLUMN = 'Runtime Error in model a (models/a.sql)\n  Binder Error: Referenced column "x" not found in FROM clause!'

FULL = "Database Error in model a (models/a.sql)\n  1114 (HY000): The table '/var/lib/mysql/tmp/#sql1_2_3' is full"
NO_ROOM = "Database Error\n  1030 (HY000): Got error 28 - 'No space left on device' from storage engine"
DUCKDB_FULL = 'Runtime Error in model a\n  IO Error: Could not write file "campaign.duckdb": No space left on device'


class TaskInstance:
    """Takes what a task pushes."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture(autouse=True)
def logged(monkeypatch) -> dict[str, list[CheckOutcome]]:
    """Return run -> what was logged of its tests."""
    found = {}
    monkeypatch.setattr(
        "campaign.transform.run_results.note_in_task", lambda run_id, outcomes: found.update({run_id: outcomes})
    )
    return found


def context_of(task_instance: TaskInstance) -> dict:
    return {"ti": task_instance, "run_id": "monday", "task": SimpleNamespace()}


def outcome_of(folder, *results) -> dict:
    """Write dbt's results as (id, status, message) and tell them."""
    (folder / "target").mkdir()
    written = [
        {
            "unique_id": node,
            "status": status,
            "message": message,
            "failures": 3,
            "execution_time": 0.25,
            "compiled_code": "\nselect 1\n",
        }
        for node, status, message in results
    ]
    (folder / "target" / "run_results.json").write_text(json.dumps({"results": written}))
    task_instance = TaskInstance()
    try:
        tell_outcome(str(folder), context_of(task_instance))
    finally:
        outcome_of.pushed = task_instance.pushed
    return task_instance.pushed


def test_a_success_tells_every_node(tmp_path):
    pushed = outcome_of(tmp_path, ("model.campaign.a", "success", "OK"), ("test.campaign.a__b.0f", "pass", None))
    assert pushed == {"dbt_outcome": {"model.campaign.a": ["success", 0.25], "test.campaign.a__b.0f": ["pass", 0.25]}}


@pytest.mark.parametrize("message", [LOST, DEADLOCK, THERE_ALREADY, IN_USE])
def test_what_another_try_may_mend_is_left_to_it(message, tmp_path):
    assert outcome_of(tmp_path, ("model.campaign.a", "error", message))["dbt_outcome"]


@pytest.mark.parametrize("message", [SYNTAX, UNKNOWN_COLUMN, TOO_LONG, TWICE, NO_COLUMN])
def test_an_error_of_the_statement_is_not_tried_again(message, tmp_path):
    with pytest.raises(AirflowFailException, match="model a cannot be built as it is written"):
        outcome_of(tmp_path, ("model.campaign.a", "error", message))
    assert outcome_of.pushed, "a failed task tells its nodes, too"


@pytest.mark.parametrize(
    ("engine", "message", "disk"),
    [
        ("mysql", FULL, "the MySQL server at db.example:3306"),
        ("mysql", NO_ROOM, "the MySQL server at db.example:3306"),
        ("duckdb", DUCKDB_FULL, "this machine that holds /data/store"),
    ],
)
def test_a_full_disk_is_named_and_tried_again(engine, message, disk, tmp_path, monkeypatch):
    given = {
        "MYSQL_HOST": "db.example",
        "MYSQL_PORT": "3306",
        "CAMPAIGN_STORE": "/data/store",
        "CAMPAIGN_ENGINE": engine,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    try:
        with pytest.raises(DiskFullError, match=f"^a cannot be written: the disk of {disk}"):
            outcome_of(tmp_path, ("model.campaign.a", "error", message))
    finally:
        get_settings.cache_clear()


def test_a_failed_test_is_not_tried_again_and_is_named(tmp_path):
    with pytest.raises(AirflowFailException, match="^The test a__key_is_unique found 3 rows"):
        outcome_of(
            tmp_path, ("model.campaign.a", "success", "OK"),
            ("test.campaign.a__key_is_unique.0f", "fail", "Got 3 results, configured to fail if != 0"),
        )  # fmt: skip


def test_every_test_that_ran_is_logged_and_no_model_before_the_task_fails(tmp_path, logged):
    with pytest.raises(ToldInFullError):
        outcome_of(
            tmp_path, ("model.campaign.a", "success", "OK"), ("test.campaign.a__key_is_unique.0f", "fail", "Got 3 results"),
            ("test.campaign.assert_b", "runtime error", "gone"), ("test.campaign.assert_c", "skipped", None),
        )  # fmt: skip
    assert logged == {
        "monday": [
            CheckOutcome("a__key_is_unique", "dbt", "fail", 3, 0.25, "select 1"),
            CheckOutcome("assert_b", "dbt", "error", 3, 0.25, "select 1"),
        ]
    }


def test_without_results_nothing_is_told(tmp_path):
    task_instance = TaskInstance()
    tell_outcome(str(tmp_path), {"ti": task_instance})
    assert task_instance.pushed == {}


def test_a_test_that_was_passed_over_is_found():
    outcomes = [{"model.a": ["success", 1.0], "test.one": ["pass", 0.1]}, None, {"test.two": ["skipped", 0.0]}]
    assert passed_over(["test.one", "test.two", "test.three"], outcomes) == ["test.three", "test.two"]
    assert passed_over(["test.one"], outcomes) == []


def failed_test(folder, message: dict, failures: int = 3) -> str:
    """Return what is said of a failed test with these rows."""
    (folder / "target").mkdir()
    result = {
        "unique_id": "test.campaign.a__key_is_unique.0f", "status": "fail", "message": "Got 3 results", "execution_time": 0.1,
        "failures": failures, "adapter_response": {"_message": json.dumps(message)}, "compiled_code": "select *\nfrom a",
    }  # fmt: skip
    (folder / "target" / "run_results.json").write_text(json.dumps({"results": [result]}))
    with pytest.raises(ToldInFullError) as told:
        tell_outcome(str(folder), context_of(TaskInstance()))
    return str(told.value)


def test_a_failed_test_shows_count_first_rows_table_and_statement(tmp_path):
    rows = [{"order_id": str(n), "reason": None, "evidence": "x" * 500} for n in range(5)]
    lines = failed_test(
        tmp_path,
        {"test": "a__key_is_unique", "table": "campaign_failure.a__key_is_unique", "shown": 5, "rows": rows},
        failures=1234,
    ).splitlines()
    assert lines[0] == "The test a__key_is_unique found 1234 rows that break an assumption. The first are:"
    assert lines[1] == f"  order_id=0, reason=null, evidence={'x' * 80}…"
    assert len(lines) == 7
    assert lines[-1] == "All of them: select * from campaign_failure.a__key_is_unique"


def test_rows_that_cannot_be_stored_are_shown_with_their_statement_and_the_missing_right(tmp_path):
    text = failed_test(
        tmp_path, {"test": "a__key_is_unique", "table": None, "shown": 5, "rows": [{"order_id": "7"}]}, failures=1
    )
    assert " They are:\n  order_id=7\n" in text
    assert "create database campaign_failure; grant all privileges on campaign_failure.* to" in text
    assert text.endswith("The statement that shows them:\nselect *\nfrom a")
