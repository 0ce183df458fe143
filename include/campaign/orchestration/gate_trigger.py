"""Waits, in the triggerer, for people's answer or its time-out, as Airflow's own trigger does, and for a newer run's build."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import mysql.connector
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk.execution_time.hitl import update_hitl_detail_response
from airflow.triggers.base import TriggerEvent
from asgiref.sync import sync_to_async

from campaign.db.connection import connect_through_airflow
from campaign.publishing import candidate
from campaign.settings import get_settings

SUPERSEDED_BY = "superseded_by"

log = logging.getLogger(__name__)


class GateTrigger(HITLTrigger):
    """Fires what HITLTrigger does, or a rejection with ``superseded_by`` when another run has begun to build."""

    def __init__(self, *, run_id: str, **options: Any) -> None:
        """Take whose candidate the question is about, and what HITLTrigger takes."""
        super().__init__(**options)
        self.run_id = run_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow makes this trigger from again."""
        return "campaign.orchestration.gate_trigger.GateTrigger", super().serialize()[1] | {"run_id": self.run_id}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire once."""
        answer = asyncio.ensure_future(anext(super().run()))
        while not answer.done():
            if newer := await sync_to_async(self._newer_run)():
                answer.cancel()
                rejected = {"chosen_options": [ApprovalOperator.REJECT], "params_input": {}}
                # Closes the request, which would stay among the required actions.
                response = await sync_to_async(update_hitl_detail_response)(ti_id=self.ti_id, **rejected)
                yield TriggerEvent(
                    {**rejected, "responded_at": response.responded_at, "responded_by_user": None, SUPERSEDED_BY: newer}
                )
                return
            await asyncio.wait({answer}, timeout=self.poke_interval)
        yield answer.result()

    def _newer_run(self) -> str | None:
        """Return the run that has replaced the candidate; None as long as there is none, or the server does not answer."""
        try:
            connection = connect_through_airflow()
            try:
                found = candidate.owner(connection, get_settings())
            finally:
                connection.close()
        except mysql.connector.Error as error:
            log.warning("Whether a newer run has built cannot be seen now: %s", error)
            return None
        return found if found != self.run_id else None
