"""Airflow's SQL check operators, which log besides what each check found (``check_log``)."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator, SQLTableCheckOperator

from campaign.transform.check_log import CheckOutcome, note_in_task


class LoggedColumnCheck(SQLColumnCheckOperator):
    """Checks columns; the result of a check is the number of rows that break it."""

    def execute(self, context: Any) -> Any:
        """Check, and log the outcomes whether all hold or not."""
        started = time.monotonic()
        try:
            return super().execute(context)
        finally:
            note_in_task(context["run_id"], outcomes(self, time.monotonic() - started, counts_rows=True))


class LoggedTableCheck(SQLTableCheckOperator):
    """Checks a table; the result of a check is whether it holds."""

    def execute(self, context: Any) -> Any:
        """Check, and log the outcomes whether all hold or not."""
        started = time.monotonic()
        try:
            return super().execute(context)
        finally:
            note_in_task(context["run_id"], outcomes(self, time.monotonic() - started, counts_rows=False))


def outcomes(
    operator: SQLColumnCheckOperator | SQLTableCheckOperator, seconds: float, *, counts_rows: bool
) -> list[CheckOutcome]:
    """Return what an operator found in its one statement; nothing where the statement itself failed."""
    return [
        CheckOutcome(
            name=f"{operator.table}.{result.name}",
            kind="audit",
            status="pass" if result.success else "fail",
            failing_rows=int(float(result.actual)) if counts_rows and result.actual not in (None, "None") else None,
            seconds=round(seconds, 3),
            statement=f"select {result.content} from {operator.table}",
        )
        for result in operator.check_results
    ]
