"""The translations: text files, compiled when the service starts."""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent / "translations"


@lru_cache(maxsize=8)
def read_catalogue(language: str) -> Catalog | None:
    """Return the catalogue of a language; None for English, in which the texts are written."""
    source = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return None
    with source.open("rb") as text:
        return read_po(text)


def forms(language: str) -> list[str]:
    """Return the forms of reasons that the language has, the most particular first."""
    found = [
        message.id
        for message in read_catalogue(language) or ()
        if message.id and "a reason's form" in message.auto_comments
    ]
    return sorted(found, key=len, reverse=True)


def compile_catalogues(folder: Path) -> None:
    """Write the compiled catalogues into the folder, as gettext wants them."""
    for source in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        target = folder / source.relative_to(CATALOGUES).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        compiled = BytesIO()
        write_mo(compiled, read_catalogue(source.parts[-3]))
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as written:  # other workers may write it too
            written.write(compiled.getvalue())
        os.replace(written.name, target)
