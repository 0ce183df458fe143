"""The reference pages that repeat the code: commands, settings and DAGs. ``make reference`` writes them into docs/reference."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

from campaign.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "docs" / "reference"
WRITTEN = "<!-- Written by `make reference`. -->\n"
SETTING = re.compile(r"#?([A-Z][A-Z0-9_]+)=(.*)")


def commands() -> str:
    """Return the page of commands, from the explanations in the Makefile."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE)
    rows = [f"| `make {target}` | {_cell(explanation)} |" for target, explanation in found]
    return "\n".join(
        ("# Commands\n", WRITTEN, "`make` lists them too.\n", "| command | what it does |", "|---|---|", *rows, "")
    )


def settings() -> str:
    """Return the page of settings, from .env.example: a section per heading, a comment speaks of the settings after it."""
    lines = [
        "# Settings\n",
        WRITTEN,
        "Environment variables win over `.env`. Copy `.env.example` to `.env` and uncomment what you change.",
    ]
    comment: list[str] = []
    in_settings = False
    for line in (PROJECT_ROOT / ".env.example").read_text().splitlines():
        if heading := re.fullmatch(r"# --- (.*) ---", line):
            lines += ["", f"## {heading[1]}", "", "| setting | default or example | meaning |", "|---|---|---|"]
            comment, in_settings = [], False
        elif setting := SETTING.fullmatch(line):
            value = f"`{setting[2]}`" if setting[2] else ""
            lines.append(f"| `{setting[1]}` | {value} | {_cell(' '.join(comment))} |")
            in_settings = True
        elif line.startswith("# "):
            comment = [line[2:]] if in_settings else [*comment, line[2:]]
            in_settings = False
    return "\n".join((*lines, ""))


def dags() -> str:
    """Return the page of DAGs: the documentation that Airflow shows."""
    pages = []
    for file in sorted((PROJECT_ROOT / "dags").glob("*.py")):
        documentation = ast.get_docstring(ast.parse(file.read_text()))
        if documentation is None:
            raise ValueError(
                f"{file.name} has no docstring. It is the DAG's page: write what it does, when, and what it needs."
            )
        pages.append(re.sub(r"(?m)^#", "##", documentation))
    return "\n".join(("# DAGs\n", WRITTEN, "\n\n".join(pages), ""))


PAGES: dict[str, Callable[[], str]] = {"commands.md": commands, "settings.md": settings, "dags.md": dags}


def _cell(text: str) -> str:
    """Return text as a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def main(folder: Path = FOLDER) -> None:
    """Write the pages."""
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page())


if __name__ == "__main__":
    main()
