"""The languages of the pages that everybody sees: the browser's, unless the person chose another; a cookie keeps the choice.

Catalogues are text (``translations/vi/LC_MESSAGES/messages.po``), compiled when the service starts.
"""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from pathlib import Path

from apiflask import APIFlask
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import request
from flask_babel import Babel

LANGUAGES = {"en": "English", "vi": "Tiếng Việt"}
COOKIE = "language"
CATALOGUES = Path(__file__).parent / "translations"


def chosen() -> str:
    """Return the code of the language for this request."""
    kept = request.cookies.get(COOKIE)
    return kept if kept in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "en")


def register_languages(app: APIFlask, folder: Path) -> None:
    """Let templates translate; compiled catalogues go into the folder."""
    for source in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        _compile(source, folder / source.relative_to(CATALOGUES).with_suffix(".mo"))
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    Babel(app, locale_selector=chosen)


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as catalogue:
        compiled = BytesIO()
        write_mo(compiled, read_po(catalogue))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as written:  # other workers may write it too
        written.write(compiled.getvalue())
    os.replace(written.name, target)
