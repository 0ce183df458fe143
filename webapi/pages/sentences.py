"""Reasons of rules in the person's language.

The marts hold a reason as English sentences with numbers in them. The catalogue holds forms with ``{0}`` and ``{1}``
in the places of what changes. A sentence is matched with the forms and written by the translated one; one of no known form stays.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flask_babel import get_locale, gettext

from webapi.pages.catalogues import forms

BETWEEN = re.compile(r"(?<=\.) (?=\S)")
PLACE = re.compile(r"\\\{(\d)\\\}")
# Counted things, which the marts write in the singular after a 1.
COUNTED = re.compile(r"\b(voucher|order|shop|owner|day|minute|customer)s\b")


def sentences(reason: str) -> list[tuple[str, bool]]:
    """Return the sentences of a reason in the language of the request, and of each whether it stayed English."""
    known = _patterns(str(get_locale()))
    return [_sentence(one, known) for one in BETWEEN.split(reason.strip())]


def _sentence(english: str, known: list[tuple[str, re.Pattern[str]]]) -> tuple[str, bool]:
    for form, pattern in known:
        found = pattern.fullmatch(english)
        if found:
            return gettext(form).format(*(found[f"p{number}"] for number in range(len(found.groups())))), False
    return english, True


@lru_cache(maxsize=8)
def _patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    return [(form, pattern(form)) for form in forms(language)]


def pattern(form: str) -> re.Pattern[str]:
    """Return what a sentence of this form looks like, in groups ``p0``, ``p1``, ..."""
    escaped = COUNTED.sub(r"\1s?", re.escape(form).replace(r"\ ", " "))
    return re.compile(PLACE.sub(r"(?P<p\1>[^;]+?)", escaped).replace(" are ", " (?:is|are) ") + "$")
