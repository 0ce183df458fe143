"""The soaks' judgement: what grows is named, what swings is not."""

from __future__ import annotations

import pytest

from bench.soak.flat import grown


@pytest.mark.parametrize(
    ("memory", "sentences"),
    [
        (range(100, 190), ["memory grew from 144 to 174"]),
        ([50] * 30 + [100] * 60, []),  # until it is warm
        ([100] * 60 + [109] * 30, []),
        ([100] * 60 + [111] * 30, ["memory grew from 100 to 111"]),
        ([100, 100, 200] * 30, []),  # a look in which something was at work
    ],
)
def test_growth_after_the_first_third_is_named(memory, sentences) -> None:
    assert grown([{"memory": each} for each in memory], "memory", share=0.1) == sentences


def test_slack_is_for_small_numbers() -> None:
    samples = [{"files": 10}] * 60 + [{"files": 12}] * 30
    assert grown(samples, "files", slack=2) == []
    assert grown(samples, "files", slack=1) == ["files grew from 10 to 12"]
