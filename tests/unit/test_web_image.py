"""The image of the web service holds what the web service imports of the package ``campaign``, and no more."""

from __future__ import annotations

import re

import grimp

from campaign.settings import PROJECT_ROOT

INCLUDE = PROJECT_ROOT / "include"


def imported_files() -> set[str]:
    """Files of ``campaign`` that the web service imports, packages on the way included."""
    graph = grimp.build_graph("webapi", "campaign", cache_dir=None)
    files = set()
    for module in graph.find_upstream_modules("webapi", as_package=True):
        if module.startswith("campaign"):
            path = INCLUDE / module.replace(".", "/")
            files |= {path / "__init__.py" if path.is_dir() else path.with_suffix(".py")}
            files |= {folder / "__init__.py" for folder in path.parents if folder.is_relative_to(INCLUDE / "campaign")}
    return {str(file.relative_to(PROJECT_ROOT)) for file in files}


def copied_files() -> set[str]:
    """Files of ``campaign`` that the Dockerfile copies for the web service."""
    stage = re.search(r" AS webapi-built\n(.*?)\nFROM ", (PROJECT_ROOT / "Dockerfile").read_text(), re.DOTALL)
    assert stage
    return set(re.findall(r"include/campaign/\S+\.py", stage[1]))


def test_image_holds_what_the_web_service_imports() -> None:
    assert copied_files() == imported_files(), "change the COPY lines of the stage webapi-built"
