"""For those who are signed in: what the tests of the data found in each run, whether it published or not."""

from __future__ import annotations

from typing import Any

from flask import Response

from webapi import schemas
from webapi.auth.access import signed_in_blueprint
from webapi.marts import queries
from webapi.protocol.problems import Unknown

TAG = "Data checks"
checks = signed_in_blueprint("checks", __name__, url_prefix="/api/v1", tag={"name": TAG, "description": __doc__})


@checks.get("/checks")
@checks.input(schemas.ChecksQuery, location="query", arg_name="query")
@checks.output(schemas.Checks)
def all_checks(query: schemas.ChecksQuery, **_: Any) -> dict[str, Any]:
    """Checks of the data.

    Each test of dbt and each check of the audit with what it found when it last ran, those that did not pass first. A check that
    was renamed or removed stays in the list until its outcomes are deleted (`CAMPAIGN_CHECKS_KEPT_DAYS`).
    """
    return {"checks": queries.list_checks(query.status)}


@checks.get("/checks/<check>")
@checks.input(schemas.CheckPath, location="path", arg_name="path")
@checks.input(schemas.NoQuery, location="query", arg_name="query")
@checks.output(schemas.CheckHistory)
def check_history(path: schemas.CheckPath, **_: Any) -> dict[str, Any]:
    """History of a check.

    What it found in each run that is kept, newest first, at most 1,000 runs, with the statement of each.
    """
    outcomes = queries.list_outcomes(path.check)
    if not outcomes:
        raise Unknown(f"No run that is kept has had a check {path.check}; /api/v1/checks lists them.")
    return {"check": path.check, "kind": outcomes[0]["kind"], "outcomes": outcomes}


@checks.after_request
def never_cached(response: Response) -> Response:
    """Runs that publish nothing are logged too, so a generation says nothing about these answers."""
    response.headers["Cache-Control"] = "no-store"
    return response
