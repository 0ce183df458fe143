"""What the service says of the data's checks: the last outcome of each, and the history of one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaign.db.schema import ensure_kept_tables
from campaign.transform.check_log import CheckOutcome, note

from .running_service import Service, run

UNIQUE = CheckOutcome("marts__key_is_unique", "dbt", "pass", 0, 0.25, "select id from marts")
SUMS = CheckOutcome("marts.sums_agree", "audit", "pass", None, 0.5, "select sum(a) = 1 from marts")


@pytest.fixture
def after_a_green_and_a_red_run(api, marts, mysql_settings) -> Service:
    """Two runs have asked the checks; one failed in the second."""
    ensure_kept_tables(marts, mysql_settings)
    run(marts, "delete from check_outcome", "delete from check_statement")
    note(marts, mysql_settings, "monday", [UNIQUE, SUMS])
    run(marts, "update check_outcome set checked_at = '2026-06-08 05:00:00.125'")
    note(marts, mysql_settings, "tuesday", [replace(UNIQUE, status="fail", failing_rows=3), SUMS])
    return api


def test_each_check_is_listed_with_its_last_outcome_what_failed_first(after_a_green_and_a_red_run):
    listed = after_a_green_and_a_red_run.get("/api/v1/checks", signed_in=True)
    assert listed.status_code == 200 and listed.headers["Cache-Control"] == "no-store" and "ETag" not in listed.headers
    first, second = listed.json()["checks"]
    assert (first["check"], first["kind"], first["status"], first["failing_rows"]) == (UNIQUE.name, "dbt", "fail", 3)
    assert first["run_id"] == second["run_id"] == "tuesday" and first["failing_since"] == first["checked_at"]
    assert (second["check"], second["status"], second["failing_rows"]) == (SUMS.name, "pass", None)
    assert (second["failing_since"], second["statement"], second["seconds"]) == (None, SUMS.statement, 0.5)

    failing = after_a_green_and_a_red_run.get("/api/v1/checks?status=fail", signed_in=True).json()["checks"]
    assert failing == [first]


def test_history_of_a_check_is_newest_first(after_a_green_and_a_red_run):
    history = after_a_green_and_a_red_run.get(f"/api/v1/checks/{UNIQUE.name}", signed_in=True).json()
    assert (history["check"], history["kind"]) == (UNIQUE.name, "dbt")
    assert [(one["run_id"], one["status"]) for one in history["outcomes"]] == [("tuesday", "fail"), ("monday", "pass")]
    assert history["outcomes"][1]["checked_at"] == "2026-06-08T05:00:00.125Z"


def test_unknown_check_is_404_and_wrong_status_422(after_a_green_and_a_red_run):
    unknown = after_a_green_and_a_red_run.get("/api/v1/checks/marts__gone", signed_in=True)
    assert unknown.status_code == 404 and "marts__gone" in unknown.json()["detail"]
    assert after_a_green_and_a_red_run.get("/api/v1/checks?status=green", signed_in=True).status_code == 422


def test_a_red_first_run_is_shown_before_anything_is_published(after_a_green_and_a_red_run, marts):
    run(marts, "rename table current_generation to hidden")
    try:
        assert len(after_a_green_and_a_red_run.get("/api/v1/checks", signed_in=True).json()["checks"]) == 2
        run(marts, "drop table check_outcome")
        assert after_a_green_and_a_red_run.get("/api/v1/checks", signed_in=True).json() == {"checks": []}
    finally:
        run(marts, "rename table hidden to current_generation")


def test_checks_are_for_those_who_sign_in(api):
    assert api.get("/api/v1/checks").status_code == 401
    assert api.get(f"/api/v1/checks/{UNIQUE.name}").status_code == 401
