"""Explains why a text is not a time or a date of the contract, where its form shows: nothing is guessed."""

from __future__ import annotations

import re

_LOCAL = "; convert it to the campaign's local time, and then leave out"
_FORMS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ].*(?:Z|[+-]\d\d:?\d\d)"), f"{_LOCAL} the zone"),
    (re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}|\d{16}"), "; convert the Unix time to the campaign's local time"),
    (re.compile(r".*\b[apAP]\.?[mM]\.?"), "; write the hours from 00 to 23, without AM and PM"),
    (re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.*|\d{4}[/.]\d{1,2}[/.]\d{1,2}.*"), "; write year-month-day"),
    (re.compile(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d"), "; give the seconds, too"),
    (re.compile(r"\d{4}-\d\d-\d\dT.*"), "; write a blank for the T"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+"), "; leave out the fractions of a second"),
)


def how_to_write_time(text: str) -> str:
    """Return a clause on how to write what looks like a time in another form, or the empty string."""
    return next((clause for form, clause in _FORMS if form.fullmatch(text.strip())), "")
