"""When the inbox's trigger fires, and when it must not."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest

from campaign.orchestration import inbox_trigger
from campaign.orchestration.inbox_trigger import InboxTrigger
from campaign.settings import Settings

LOOK_EVERY = 0.05


class Memory:
    """The part of Airflow's asset state store that the trigger uses."""

    def __init__(self):
        self.kept = {}

    async def aget(self, key, default):
        return self.kept.get(key, default)

    async def aset(self, key, value):
        self.kept[key] = value


@pytest.fixture
def inbox(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(inbox_trigger, "get_settings", lambda: Settings(CAMPAIGN_INBOX=tmp_path))
    return tmp_path


def fired(looks: int, memory: Memory | None = None, meanwhile=None) -> list[list[str]]:
    """Run a trigger for some looks; return the names of the files of each event. ``meanwhile`` runs before each look."""

    async def watch() -> list[list[str]]:
        trigger, events = InboxTrigger(LOOK_EVERY), []
        trigger.asset_state_store = memory

        async def collect() -> None:
            async for event in trigger.run():
                events.append([Path(file).name for file in event.payload["files"]])

        task = asyncio.create_task(collect())
        for number in range(looks):
            if meanwhile:
                meanwhile(number)
            await asyncio.sleep(LOOK_EVERY)
        task.cancel()
        return events

    return asyncio.run(watch())


def test_files_at_rest_are_told_once_together(inbox):
    (inbox / "b.csv").write_text("1")
    (inbox / "a.csv.gz").write_text("1")
    (inbox / "notes.txt").write_text("1")
    assert fired(12) == [["a.csv.gz", "b.csv"]]
    assert sorted(path.name for path in inbox.iterdir()) == ["a.csv.gz", "b.csv", "notes.txt"], (
        "nothing is moved or deleted"
    )


def test_a_file_that_grows_is_told_when_it_rests(inbox):
    def write(number: int) -> None:
        if number < 15:
            with (inbox / "a.csv").open("a") as file:
                file.write("line\n" * 100)

    assert fired(15, meanwhile=write) == [], "it was still being written"
    assert fired(8) == [["a.csv"]]


def test_a_changed_file_is_told_again(inbox):
    memory = Memory()
    (inbox / "a.csv").write_text("1")
    assert fired(8, memory) == [["a.csv"]]
    (inbox / "a.csv").write_text("12")
    assert fired(8, memory) == [["a.csv"]]


def test_what_was_told_is_remembered_by_the_next_triggerer(inbox):
    memory = Memory()
    (inbox / "a.csv").write_text("1")
    assert fired(8, memory) == [["a.csv"]]
    assert fired(8, memory) == []
    (inbox / "b.csv").write_text("1")
    assert fired(8, memory) == [["b.csv"]]


def test_what_is_gone_is_forgotten(inbox):
    memory = Memory()
    (inbox / "a.csv").write_text("1")
    (inbox / "b.csv").write_text("1")
    fired(8, memory)
    (inbox / "a.csv").unlink()
    (inbox / "c.csv").write_text("1")
    assert fired(8, memory) == [["c.csv"]]
    assert sorted(Path(path).name for path in memory.kept["told"]) == ["b.csv", "c.csv"]


def test_a_missing_inbox_ends_nothing(inbox):
    folder = inbox / "not yet"

    def make(number: int) -> None:
        if number == 4:
            folder.mkdir()
            (folder / "a.csv").write_text("1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox_trigger, "get_settings", lambda: Settings(CAMPAIGN_INBOX=folder))
        assert fired(14, meanwhile=make) == [["a.csv"]]


def test_hidden_and_half_written_files_fire_nothing_and_are_not_logged_at_each_look(inbox, caplog):
    for name in ("._a.csv", ".a.csv", "~$a.csv", "a.csv.part", "Thumbs.db"):
        (inbox / name).write_text("1")
    with caplog.at_level("INFO"):
        assert fired(8) == []
    assert caplog.text == ""


@pytest.mark.parametrize("stored", ["campaign.inbox_trigger.InboxTrigger", "campaign.gate_trigger.GateTrigger"])
def test_a_trigger_stored_before_the_packages_is_still_loaded(stored: str):
    module, name = stored.rsplit(".", 1)
    assert getattr(importlib.import_module(module), name).__module__ == f"campaign.orchestration.{module.split('.')[1]}"
