"""Tells Airflow that files have landed in the inbox folder. Runs in the triggerer, for as long as the DAG is switched on.

A file is told of when two looks in a row find the same size and time, so not while it is being written; and once for each
size and time it ever has. What was told is kept with the asset in Airflow's metadata, so that a triggerer that starts again
does not tell it again. Nothing is read, moved or deleted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from campaign.ingest.source_files import SourceError, find_source_files
from campaign.settings import Settings, get_settings

MEMORY_KEY = "told"
Looks = dict[str, list[int]]

log = logging.getLogger(__name__)


class InboxTrigger(BaseEventTrigger):
    """Fires ``{"files": [path, …]}``. It looks into ``CAMPAIGN_INBOX`` every ``look_every`` seconds."""

    def __init__(self, look_every: float) -> None:
        """Remember the rhythm; the folder is a setting, read where the trigger runs."""
        super().__init__()
        self.look_every = look_every

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow makes this trigger from again."""
        return "campaign.orchestration.inbox_trigger.InboxTrigger", {"look_every": self.look_every}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, tell, remember; for ever."""
        settings = get_settings()
        told: Looks = await self._recall()
        before: Looks = {}
        while True:
            now = await asyncio.to_thread(look, settings)
            landed = sorted(path for path, seen in now.items() if before.get(path) == seen != told.get(path))
            if landed:
                log.info("Landed in %s: %s", settings.inbox, ", ".join(landed))
                yield TriggerEvent({"files": landed})
                told = {path: seen for path, seen in now.items() if path in landed or told.get(path) == seen}
                await self._remember(told)
            before = now
            await asyncio.sleep(self.look_every)

    async def _recall(self) -> Looks:
        return await self.asset_state_store.aget(MEMORY_KEY, {}) if self.asset_state_store else {}

    async def _remember(self, told: Looks) -> None:
        if self.asset_state_store:
            await self.asset_state_store.aset(MEMORY_KEY, told)


def look(settings: Settings) -> Looks:
    """Return path -> [bytes, time of last change in ns] of the inbox's files; empty while the folder cannot be read."""
    found: Looks = {}
    try:
        for path in find_source_files(settings.inbox, settings, logging.DEBUG):
            status = path.stat()
            found[str(path)] = [status.st_size, status.st_mtime_ns]
    except (OSError, SourceError) as error:
        log.warning("The inbox cannot be looked into: %s", error)
        return {}
    return found
