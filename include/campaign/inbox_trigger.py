"""The name of the inbox's trigger before the packages: Airflow's database has it, and a triggerer meets it after an upgrade."""

from campaign.orchestration.inbox_trigger import InboxTrigger

__all__ = ["InboxTrigger"]
