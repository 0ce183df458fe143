"""The version stands in one place, and what repeats it agrees with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from campaign.settings import PROJECT_ROOT
from tools.release_check import problems, read_version

VERSION = read_version()
COPIES = ("pyproject.toml", "CHANGELOG.md", "Dockerfile", "dbt/dbt_project.yml")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of the files that say a version, as a release has them."""
    for name in COPIES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT_ROOT / name, tmp_path / name)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased\n", ""))
    return tmp_path


def test_project_agrees_with_its_version() -> None:
    assert problems() == []


def test_release_agrees_with_its_tag(release: Path) -> None:
    assert problems(release, [f"v{VERSION}", "deployed"]) == []


@pytest.mark.parametrize("tags", [["v0.9"], [f"v{VERSION}", "v2.0.0"]])
def test_tag_of_another_version_is_a_problem(release: Path, tags: list[str]) -> None:
    assert [found for found in problems(release, tags) if "tag" in found and tags[-1] in found]


def test_tagged_commit_has_no_unreleased_changes(release: Path) -> None:
    changelog = release / "CHANGELOG.md"
    changelog.write_text(
        changelog.read_text().replace("# Changelog\n", "# Changelog\n\n## Unreleased\n\n- A change.\n")
    )
    assert problems(release) == []
    assert ["Unreleased" in found for found in problems(release, [f"v{VERSION}"])] == [True]


@pytest.mark.parametrize("name", COPIES)
def test_other_version_in_a_file_is_a_problem(release: Path, name: str) -> None:
    file = release / name
    other = file.read_text().replace(VERSION, "7.7.7").replace("1.0.0-rc1", "7.7.7")
    assert other != file.read_text(), f"{name} does not say the version"
    file.write_text(other)
    found = problems(release)
    assert len(found) == (len(COPIES) - 1 if name == "pyproject.toml" else 1), found
    if name != "pyproject.toml":
        assert found[0].startswith(name)


def test_release_without_a_date_is_a_problem(release: Path) -> None:
    changelog = release / "CHANGELOG.md"
    dated = next(line for line in changelog.read_text().splitlines() if line.startswith(f"## {VERSION}"))
    changelog.write_text(changelog.read_text().replace(dated, f"## {VERSION}"))
    assert [found[:12] for found in problems(release)] == ["CHANGELOG.md"]
