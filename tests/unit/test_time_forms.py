"""What is said of times in another form: how to write them, and never what they may mean."""

from __future__ import annotations

import pytest

from campaign.contract.times import how_to_write_time


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("2026-06-10T13:53:50Z", "convert it to the campaign's local time"),
        ("2026-06-10 13:53:50 +0700", "convert it to the campaign's local time"),
        ("2026-06-10 13:53:50+07:00", "convert it to the campaign's local time"),
        ("1781102289", "convert the Unix time"),
        ("1781102289000", "convert the Unix time"),
        ("10:19:55 AM", "00 to 23"),
        ("2026-06-10 08:00:00 p.m.", "00 to 23"),
        ("10/06/2026 08:00", "year-month-day"),
        ("2026/06/10", "year-month-day"),
        ("2026-06-10 08:00", "seconds"),
        ("2026-06-10T08:00:00", "a blank for the T"),
        ("2026-06-10 08:00:00.123", "fractions"),
    ],
)
def test_a_time_in_another_form_is_explained(text: str, clause: str) -> None:
    assert clause in how_to_write_time(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-06-31", "2026-06-10 25:00:00", "20260610"])
def test_what_shows_no_form_is_not_explained(text: str) -> None:
    assert how_to_write_time(text) == ""
