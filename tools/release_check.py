"""The version stands in pyproject.toml; ``make release-check`` holds changelog, images, dbt project and tag against it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.version import InvalidVersion, Version

from campaign.settings import PROJECT_ROOT

RELEASE = re.compile(r"^## (?P<version>\S+) - \d{4}-\d{2}-\d{2}$")


def read_version(root: Path = PROJECT_ROOT) -> str:
    """The project's version, as pyproject.toml has it."""
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]


def problems(root: Path = PROJECT_ROOT, tags: Sequence[str] = ()) -> list[str]:
    """Say what disagrees with the version, a sentence each. Of the commit's tags, one that begins like `v1` is the release's."""
    version = read_version(root)
    found = []
    headings = [line for line in (root / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    releases = [heading for heading in headings if heading != "## Unreleased"]
    latest = RELEASE.match(releases[0]) if releases else None
    if not latest or latest["version"] != version:
        found.append(f"CHANGELOG.md: the first release must be `## {version} - <year-month-day>`, not {releases[:1]}")
    in_images = set(re.findall(r"^ARG VERSION=(\S+)$", (root / "Dockerfile").read_text(), re.MULTILINE))
    if in_images != {version}:
        found.append(f"Dockerfile: ARG VERSION must be {version}, not {sorted(in_images)}")
    in_dbt = re.findall(r'^version: "(.+)"', (root / "dbt" / "dbt_project.yml").read_text(), re.MULTILINE)
    if [_parsed(text) for text in in_dbt] != [_parsed(version)]:  # dbt takes semantic versions only: 1.0.0-rc1
        found.append(f"dbt/dbt_project.yml: the version must be that of {version}, not {in_dbt}")
    named = [tag for tag in tags if re.match(r"v\d", tag)]
    if named and named != [f"v{version}"]:
        found.append(f"The tag of this commit must be v{version}, not {', '.join(named)}")
    if named and headings[:1] == ["## Unreleased"]:
        found.append("CHANGELOG.md: a release has no section `## Unreleased`; move its lines to the release")
    return found


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def main() -> None:
    """Print what disagrees and fail, or print the version."""
    asked = ["git", "-C", str(PROJECT_ROOT), "tag", "--points-at", "HEAD"]
    tags = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    if found := problems(PROJECT_ROOT, tags):
        sys.exit("\n".join(found))
    print(f"{read_version()}: changelog, images and dbt project agree;", f"tag {tags[0]}" if tags else "no tag yet")


if __name__ == "__main__":
    main()
