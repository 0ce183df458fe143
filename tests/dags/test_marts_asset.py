"""The assets of a publication: what is emitted, and that the DAG of the how-to waits for just that."""

from __future__ import annotations

from airflow.sdk.execution_time.context import OutletEventAccessors

from campaign.orchestration import marts_asset
from campaign.orchestration.marts_asset import CAMPAIGNS, MARTS, campaign_asset, emit
from campaign.settings import get_settings
from tests.e2e.airflow_under_test import documented_consumer

ROWS = [{"campaign_id": 2, "name": "June", "total_orders": 9, "suspects": 1}]


class Connection:
    """Answers with the campaigns that have orders."""

    def cursor(self, dictionary: bool):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def execute(self, statement: str) -> None:
        assert "campaign_summary" in statement

    def fetchall(self) -> list[dict]:
        return ROWS


def emitted(monkeypatch, tables: set[str], event: dict) -> tuple[dict, list[tuple[str, str, dict]]]:
    """Return the extra of the marts' event, and name, URI and extra of each campaign's."""
    monkeypatch.setattr(marts_asset, "tables_in", lambda *_: tables)
    events = OutletEventAccessors()
    emit(Connection(), get_settings(), events, event)
    of_campaigns = events[CAMPAIGNS].asset_alias_events
    return events[MARTS].extra, [
        (one.dest_asset_key.name, one.dest_asset_key.uri, one.extra) for one in of_campaigns
    ]  # fmt: skip


def test_the_marts_and_each_campaign_have_an_event(monkeypatch):
    event = {"generation": 4, "row_counts": {"campaign": 7}}
    asset = campaign_asset(2)
    assert emitted(monkeypatch, {"campaign", "campaign_summary"}, event) == (
        event, [(asset.name, asset.uri, ROWS[0] | {"generation": 4})]
    )  # fmt: skip


def test_a_rollback_says_so_in_each_event(monkeypatch):
    _, ((_, _, extra),) = emitted(monkeypatch, {"campaign", "campaign_summary"}, {"generation": 3, "rolled_back": True})
    assert (extra["generation"], extra["rolled_back"]) == (3, True)


def test_a_generation_that_lacks_its_campaigns_still_tells_of_the_marts(monkeypatch):
    assert emitted(monkeypatch, {"campaign"}, {"generation": 3}) == ({"generation": 3}, [])


def test_the_dag_of_the_how_to_is_scheduled_on_the_asset_of_its_campaign():
    found = {}
    exec(documented_consumer(campaign_id=12), found)  # noqa: S102 (our own page)
    assert (found["PUBLISHED"].name, found["PUBLISHED"].uri) == (campaign_asset(12).name, campaign_asset(12).uri)
    dag = found["report_campaign_12"]()
    assert dag.dag_id == "report_campaign_12" and dag.task_ids == ["read"]
