"""Values of the dbt project, read without dbt: variables, and what macros return: the scorecards' points, features, sentences."""

from __future__ import annotations

from typing import Any

import yaml
from jinja2 import Environment, Undefined

from bench.quality.duckdb_build import DBT_PROJECT

FOLDER = DBT_PROJECT / "macros" / "fraud"


def project_variable(name: str) -> Any:
    """Return a variable of dbt_project.yml."""
    return yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())["vars"][name]


def scorecard_points() -> dict[str, Any]:
    """Return subject -> start, and features: name -> bins [from, points] from the highest down; the last one is the rest."""
    return _returned("scorecard_points.sql", "scorecard_points")


def scorecard_sentences(subject: str) -> dict[str, str]:
    """Return feature -> what a reason says of it; counts stand in braces."""
    english = {"sentence": lambda templates, _values: templates["en"]}
    sentences = _returned("scorecard_sentences.sql", "scorecard_sentences", subject, **english)
    return {feature: each["text"] for each in sentences for feature in each["features"]}


def scorecard_features(subject: str) -> dict[str, str]:
    """Return feature -> its expression in SQL."""
    return _returned("scorecard.sql", "scorecard_features", subject)


class _OfAnotherFile(Undefined):
    """A macro that is not read here: what it returns is SQL, and its name is enough."""

    def __call__(self, *_arguments: object, **_named: object) -> str:
        return f"{self._undefined_name}(...)"

    def __getattr__(self, name: str) -> None:
        raise AttributeError(name)


def _returned(file: str, macro: str, *arguments: str, **macros: Any) -> Any:
    values: list[Any] = []
    environment = Environment(extensions=["jinja2.ext.do"], undefined=_OfAnotherFile)
    environment.globals |= {"return": lambda value: values.append(value) or ""} | macros
    getattr(environment.from_string((FOLDER / file).read_text()).module, macro)(*arguments)
    return values[-1]
