"""The task before ``publish``: lets the run pass, or waits for people in Airflow's human-in-the-loop operator.

While it waits the run owns nothing: no lease, no named lock, no worker. A newer run may build meanwhile; then the tables that
people were asked about are gone, and the request ends as superseded. Airflow's own wait (``awaiting_input``) would never learn of
that, so the operator defers to a trigger of ours, which looks for a newer run too.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import TaskAwaitingInput

from campaign.db.connection import connect_through_airflow
from campaign.errors import UserError
from campaign.orchestration import lease
from campaign.orchestration.gate_trigger import SUPERSEDED_BY, GateTrigger
from campaign.orchestration.no_retry import no_retry_for_user_errors
from campaign.publishing import candidate
from campaign.publishing.gate import Decision, find_question
from campaign.settings import get_settings
from campaign.transform.run_results import ToldInFullError

HOW_TO_DECIDE = "Run again with GATE=approve to publish, or GATE=reject to keep what is served."


class PublicationGate(ApprovalOperator):
    """Succeeds where publishing is approved, by people or because little has changed; skips ``publish`` where it is rejected."""

    def __init__(self, **options: Any) -> None:
        """Take ``response_timeout`` and ``defaults``; what is asked is known when the task runs."""
        super().__init__(subject="Publish?", **options)

    def execute(self, context: Any) -> Any:
        """Pass, skip, fail or ask, by the difference and the run's parameter ``gate``."""
        settings, run_id = get_settings(), context["run_id"]
        connection = connect_through_airflow()
        self._own_the_candidate(connection, run_id)
        question = find_question(connection, settings, run_id)
        if question is None:
            self.log.info("No approval is needed.")
            return None
        self.log.info("%s\n%s", question.subject, question.body)
        decision = Decision(context["params"]["gate"])
        if decision is Decision.APPROVE:
            self.log.info("Approved by the run's parameter gate.")
            return None
        if decision is Decision.FAIL:
            raise ToldInFullError(f"{question.subject}.\n{HOW_TO_DECIDE}\n{question.body}")
        if decision is Decision.REJECT:
            self.log.info("Rejected by the run's parameter gate.")
            return self._skip_publish(context)
        self.subject, self.body = question.subject, question.body
        lease.release(connection, settings, run_id)
        connection.close()
        try:
            super().execute(context)
        except TaskAwaitingInput as wait:
            self.defer(
                trigger=GateTrigger(
                    run_id=run_id, ti_id=context["ti"].id, options=self.options, defaults=self.defaults,
                    params=self.serialized_params, timeout_datetime=self._deadline(),
                ),
                method_name=wait.method_name,
            )  # fmt: skip

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Go on with the answer, if what was asked about is still there and no other run is at work."""
        if SUPERSEDED_BY in event:
            self.log.warning("Superseded: run %s has built other tables. Nothing is published.", event[SUPERSEDED_BY])
            return self._skip_publish(context)
        if event.get("chosen_options") == [self.APPROVE]:
            self._own_the_candidate(connect_through_airflow(), context["run_id"])
        who = event.get("responded_by_user")
        self.log.info(
            "%s by %s.", event.get("chosen_options"), who or "no one in time, so CAMPAIGN_GATE_DEFAULT decides"
        )
        return super().execute_complete(context, event)

    def _own_the_candidate(self, connection: Any, run_id: str) -> None:
        settings = get_settings()
        with no_retry_for_user_errors():
            try:
                lease.acquire(connection, settings, run_id)
                candidate.require(connection, settings, run_id)
            except UserError:
                lease.release(connection, settings, run_id)
                raise

    def _skip_publish(self, context: Any) -> None:
        direct = context["task"].get_direct_relatives(upstream=False)
        self.skip(ti=context["ti"], tasks=[task for task in direct if not task.is_teardown])

    def _deadline(self) -> Any:
        from airflow.sdk.timezone import utcnow

        return utcnow() + self.response_timeout if self.response_timeout else None
