"""What tasks tell OpenLineage that they read and wrote, and that they do nothing of the kind while it is off."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.lineage import HookLineageCollector, NoOpCollector

from campaign.settings import Settings
from campaign.transform import lineage

SETTINGS = Settings(_env_file=None, MYSQL_HOST="db.example", MYSQL_PORT=3307)
SERVER = "mysql://db.example:3307"


def node(kind: str, name: str, parents: tuple[str, ...] = (), materialized: str = "table") -> dict:
    return {
        "resource_type": kind, "alias": name, "depends_on": {"nodes": list(parents)}, "config": {"materialized": materialized},
    }  # fmt: skip


MANIFEST = {
    "sources": {
        "source.c.campaign_raw.orders": {
            "resource_type": "source",
            "schema": "campaign_raw",
            "identifier": "transaction_data",
        }
    },
    "nodes": {
        "seed.c.campaign": {"resource_type": "seed", "alias": "campaign", "depends_on": {"macros": []}},
        "model.c.stg": node("model", "stg", ("source.c.campaign_raw.orders",), "view"),
        "model.c.inlined": node("model", "inlined", ("model.c.stg", "seed.c.campaign"), "ephemeral"),
        "model.c.mart": node("model", "mart", ("model.c.inlined", "model.c.stg")),
    },
}


@pytest.fixture
def collected(monkeypatch):
    """Return a function that gives what was read and written so far, as Airflow's collector has it."""
    collector = HookLineageCollector()
    monkeypatch.setattr(lineage, "get_hook_lineage_collector", lambda: collector)
    found = lambda infos: [info.asset.uri for info in infos]  # noqa: E731
    return lambda: (found(collector.collected_assets.inputs), found(collector.collected_assets.outputs))


def test_a_load_reads_the_file_and_writes_the_loaders_tables(collected):
    lineage.note_load(SETTINGS, "/data/inbox/october 1.csv")
    assert collected() == (
        ["file:///data/inbox/october%201.csv"],
        [f"{SERVER}/campaign_raw/transaction_data", f"{SERVER}/campaign_raw/rejected_row"],
    )


def test_a_build_reads_what_its_models_read_through_ephemeral_ones(collected, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    results = [
        {"unique_id": name} for name in ("seed.c.campaign", "model.c.stg", "model.c.mart", "test.c.mart__key.0f")
    ]
    lineage.note_build(SETTINGS, results, tmp_path / "manifest.json")
    assert collected() == (
        [f"{SERVER}/campaign_build/campaign", f"{SERVER}/campaign_build/stg", f"{SERVER}/campaign_raw/transaction_data"],
        [f"{SERVER}/campaign_build/{table}" for table in ("campaign", "stg", "mart")],
    )  # fmt: skip


def test_a_publication_moves_what_was_built_to_the_marts(collected):
    lineage.note_publication(SETTINGS)
    reads, writes = collected()
    assert f"{SERVER}/campaign_build/campaign_summary" in reads
    assert f"{SERVER}/campaign_mart/campaign_summary" in writes and len(reads) == len(writes)


def test_while_lineage_is_off_the_manifest_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(lineage, "get_hook_lineage_collector", NoOpCollector)
    lineage.note_build(SETTINGS, [{"unique_id": "model.c.mart"}], tmp_path / "there is none.json")
