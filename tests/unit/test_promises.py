"""What others rely on keeps its name: the API, columns, codes, rules, settings, metrics and commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.promises import snapshot
from tests.promises.names import AREAS, make_targets


@pytest.mark.parametrize("area", AREAS)
def test_no_name_that_others_rely_on_is_gone(area: str) -> None:
    snapshot.hold(area, AREAS[area]())


def test_each_snapshot_is_of_an_area() -> None:
    assert {file.stem for file in snapshot.FOLDER.glob("*.txt")} == {*AREAS, "dags"}


def test_name_that_is_gone_fails_with_the_name_and_the_way_to_change_it(tmp_path: Path) -> None:
    (tmp_path / "rule_ids.txt").write_text("night_orders\nowner_ring\n")
    with pytest.raises(snapshot.BrokenPromise, match="night_orders") as broken:
        snapshot.hold("rule_ids", ["owner_ring"], tmp_path)
    assert "delete its line from tests/promises/rule_ids.txt" in str(broken.value)
    assert "owner_ring" not in str(broken.value)


def test_new_name_is_allowed_and_asks_for_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(snapshot.WRITES, raising=False)
    (tmp_path / "rule_ids.txt").write_text("owner_ring\n")
    with pytest.warns(UserWarning, match="rule_ids: new names; `make promises` adds them: night_orders"):
        snapshot.hold("rule_ids", ["night_orders", "owner_ring"], tmp_path)
    assert (tmp_path / "rule_ids.txt").read_text() == "owner_ring\n"

    monkeypatch.setenv(snapshot.WRITES, "add")
    assert snapshot.hold("rule_ids", ["night_orders", "owner_ring"], tmp_path) == ["night_orders"]
    assert (tmp_path / "rule_ids.txt").read_text() == "night_orders\nowner_ring\n"


def test_nothing_found_is_no_kept_promise(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no name of the area 'metrics' was found"):
        snapshot.hold("metrics", [], tmp_path)


def test_variables_of_make_targets_are_read_from_their_explanations() -> None:
    found = make_targets()
    assert {"run", "run SOURCE=", "run REPLACE=", "run FULL_REFRESH=", "sql NAMES=", "demo DETACH="} <= set(found)
    assert "spark CAMPAIGN_ENGINE=" not in found, "CAMPAIGN_ENGINE is a setting, not a variable of make"
