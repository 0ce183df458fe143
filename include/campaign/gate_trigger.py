"""The name of a waiting gate's trigger before the packages; see ``inbox_trigger``."""

from campaign.orchestration.gate_trigger import GateTrigger

__all__ = ["GateTrigger"]
