"""How a failed task is retried: arguments for the ``default_args`` of every DAG.

What another try meets again (a refused file, a failed test, a wrong parameter) raises AirflowFailException and is not
retried. What remains is trouble of the platform: a server that restarts, a deadlock, a killed process. Three retries after
15 s, 1 minute and 4 minutes outlast five minutes of it. Airflow makes each pause up to twice as long, by chance, and none
longer than 4 minutes: 6.5 minutes in all at most, which leaves the run of 05:00 its time before 06:00. A pause must be shorter
than CAMPAIGN_LEASE_MINUTES, for nothing renews the lease in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.timezone import utcnow

RETRIES = 3
FIRST_PAUSE = timedelta(seconds=15)  # a deadlock or a killed process costs no more
TIMES_LONGER = 4
LONGEST_PAUSE = timedelta(minutes=4)


class NoRetryAfterTimeout(RetryPolicy):
    """Fail at once where a try has used up its ``execution_timeout``: four of them would take a day.

    The time is what counts, not the error: dbt hides Airflow's in one of its own.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Mapping[str, Any] | None = None
    ) -> RetryDecision:
        """Decide by when the try began."""
        task_instance = (context or {}).get("ti")
        if task_instance is None or not task_instance.start_date or not task_instance.task.execution_timeout:
            return RetryDecision.default()
        if utcnow() - task_instance.start_date < task_instance.task.execution_timeout:
            return RetryDecision.default()
        return RetryDecision.fail("The try took as long as a task may, and another would, too.")


RETRY_ARGS: dict[str, Any] = {
    "retries": RETRIES,
    "retry_delay": FIRST_PAUSE,
    "retry_exponential_backoff": TIMES_LONGER,
    "max_retry_delay": LONGEST_PAUSE,
    "retry_policy": NoRetryAfterTimeout(),
}
