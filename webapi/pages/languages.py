"""The languages of the pages that everybody sees: the browser's, unless the person chose another; a cookie keeps the choice."""

from __future__ import annotations

from pathlib import Path

from apiflask import APIFlask
from flask import request
from flask_babel import Babel

from webapi.pages.catalogues import compile_catalogues

LANGUAGES = {"en": "English", "vi": "Tiếng Việt"}
COOKIE = "language"


def chosen() -> str:
    """Return the code of the language for this request."""
    kept = request.cookies.get(COOKIE)
    return kept if kept in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "en")


def register_languages(app: APIFlask, folder: Path) -> None:
    """Let templates translate; compiled catalogues go into the folder."""
    compile_catalogues(folder)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    Babel(app, locale_selector=chosen)
