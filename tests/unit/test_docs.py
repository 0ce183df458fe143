"""The documentation: pages made from the code are as the code, and every path, link, command and setting that is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from campaign.settings import PROJECT_ROOT
from tests.promises.names import make_targets, rule_ids, setting_names
from tools.reference_pages import FOLDER, PAGES

LONGEST_README = 120
OWN_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md")
DECISIONS = PROJECT_ROOT / "docs" / "explanation" / "decisions"
TEXTS = sorted(file for pattern in OWN_PAGES for file in PROJECT_ROOT.glob(pattern))
FOLDERS = (
    "bench",
    "config",
    "dags",
    "dbt",
    "docs",
    "include",
    "plugins",
    "local_stack",
    "tests",
    "tools",
    "webapi",
    r"\.github",
    r"\.ci",
)
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
MADE_LATER = ("dbt/target/",)  # by commands, and not kept
NO_SETTINGS = {
    "CAMPAIGN_LABELLED", "CAMPAIGN_ORDER_BRUSHING", "CAMPAIGN_REAL_DATA", "CAMPAIGN_REAL_EXPORTS",  # data for tests
    "MYSQL_PWD",  # of MySQL's own clients
    "WEBAPI_PASSWORD",  # a note for people, which `make env` writes
}  # fmt: skip


def ids_of(file: Path) -> str:
    return str(file.relative_to(PROJECT_ROOT))


@pytest.mark.parametrize("name", PAGES)
def test_reference_page_is_as_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make reference`"


def test_settings_page_has_every_setting_with_its_meaning() -> None:
    page = PAGES["settings.md"]()
    assert "| `CAMPAIGN_MAX_BAD_SHARE` | `0.05` | A file with a larger share of bad lines loads nothing. |" in page
    for name in setting_names():
        assert f"| `{name}` |" in page, name
    assert not re.findall(r"\|  \|$", page, re.MULTILINE), "a setting has no explanation above it in .env.example"


def test_readme_is_short() -> None:
    assert len((PROJECT_ROOT / "README.md").read_text().splitlines()) <= LONGEST_README, "move details to docs/"


@pytest.mark.parametrize("file", TEXTS, ids=ids_of)
def test_every_link_leads_to_a_file(file: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text()) if not link.startswith(("http", "#"))]
    missing = [link for link in links if not (file.parent / link.split("#")[0]).exists()]
    assert not missing, f"{ids_of(file)}: no such file: {missing}"


@pytest.mark.parametrize("file", TEXTS, ids=ids_of)
def test_every_path_that_is_named_exists(file: Path) -> None:
    named = set(PATH.findall(file.read_text())) - set(MADE_LATER)
    missing = sorted(path for path in named if not (PROJECT_ROOT / path).exists())
    assert not missing, f"{ids_of(file)}: no such path: {missing}"


@pytest.mark.parametrize("file", TEXTS, ids=ids_of)
def test_every_command_that_is_named_exists(file: Path) -> None:
    targets = {name for name in make_targets() if " " not in name}
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", file.read_text(), re.MULTILINE))
    assert named <= targets, f"{ids_of(file)}: no such command: {sorted(named - targets)}"


@pytest.mark.parametrize("file", TEXTS, ids=ids_of)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"\b((?:CAMPAIGN|WEBAPI|SPARK|MYSQL)_[A-Z_]*[A-Z])\b", file.read_text()))
    unknown = named - set(setting_names()) - NO_SETTINGS
    assert not unknown, f"{ids_of(file)}: no such setting: {sorted(unknown)}"


def linked_from(index: Path) -> set[Path]:
    links = re.findall(r"\]\(([^)\s]+)\)", index.read_text())
    return {index, *((index.parent / link.split("#")[0]).resolve() for link in links)}


def test_every_page_of_docs_is_in_the_index() -> None:
    docs = PROJECT_ROOT / "docs"
    linked = linked_from(docs / "index.md") | linked_from(DECISIONS / "index.md")
    missing = sorted(ids_of(file) for file in docs.glob("**/*.md") if file not in linked)
    assert not missing, f"docs/index.md, or that of the decisions, has no link to {missing}"


@pytest.mark.parametrize("file", sorted(DECISIONS.glob("0*.md")), ids=ids_of)
def test_decision_has_a_head(file: Path) -> None:
    head = rf"# {int(file.name[:4])}\. .+\n\n- Status: .+\n- Date: 20\d\d-\d\d-\d\d\n- Area: .+\n- Options: .+\n- Exit condition: .+\n\n"
    assert re.match(head, file.read_text()), "copy the head of another decision"


def test_every_rule_that_the_glossary_names_exists() -> None:
    named = set(re.findall(r"\(rules? ((?:`\w+`(?:, )?)+)\)", (FOLDER / "glossary.md").read_text()))
    rules = {rule for names in named for rule in re.findall(r"`(\w+)`", names)}
    assert rules
    assert rules <= set(rule_ids()), "a rule has another name now"
