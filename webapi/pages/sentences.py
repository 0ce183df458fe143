"""Reasons of rules in the person's language.

The marts hold a reason as an English sentence with numbers in it. The catalogue holds its form with ``{0}``, ``{1}``, ... in the
places of what changes: a reason is matched with the forms and written by the translated one. One of no known form stays.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flask_babel import get_translations, gettext

PLACE = re.compile(r"\\\{(\d)\\\}")


def sentence(reason: str) -> str:
    """Return a reason in the language of the request; in English where its form is not in the catalogue."""
    catalogue = get_translations()
    known = gettext(reason)
    if known != reason:
        return known
    for form, pattern in _forms(tuple(sorted(text for text in getattr(catalogue, "_catalog", {}) if "{0}" in text))):
        found = pattern.fullmatch(reason)
        if found:
            return gettext(form).format(*(found[f"p{number}"] for number in range(len(found.groups()))))
    return reason


@lru_cache(maxsize=8)
def _forms(forms: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    return [(form, re.compile(PLACE.sub(r"(?P<p\1>.+?)", re.escape(form)))) for form in forms]
