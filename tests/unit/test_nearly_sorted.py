"""Rows nearly in order are sorted in passing; rows that are not, or not unique, pass as they are and are said to be so."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.ingest.staging.sort_buffer import SortBuffer


def through(frames: list[list[int]]) -> tuple[list[int], bool]:
    order = SortBuffer()
    out = []
    for ids in frames:
        out += order.push(pl.DataFrame({"order_id": ids}, schema={"order_id": pl.Int64}))["order_id"].to_list()
    rest = order.finish()
    return out + ([] if rest is None else rest["order_id"].to_list()), order.holds


@given(st.lists(st.lists(st.integers(0, 40), max_size=6), max_size=8))
def test_nothing_is_lost_and_order_is_never_claimed_wrongly(frames: list[list[int]]) -> None:
    out, holds = through(frames)
    everything = [order_id for ids in frames for order_id in ids]
    assert sorted(out) == sorted(everything)
    assert not holds or out == sorted(set(everything))


def test_neighbours_out_of_order_are_put_right() -> None:
    assert through([[1, 3, 2], [5, 4, 8], [7, 6, 9]]) == ([1, 2, 3, 4, 5, 6, 7, 8, 9], True)


@pytest.mark.parametrize("frames", [[[1, 2], [2, 3]], [[1, 1]], [[5, 6], [7], [8, 5]]])
def test_an_order_id_that_comes_twice_is_never_in_order(frames: list[list[int]]) -> None:
    assert not through(frames)[1]


def test_rows_far_out_of_order_are_not_held_back_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.ingest.staging.sort_buffer.MOST_PENDING_ROWS", 3)
    order = SortBuffer()
    given_back = [order.push(pl.DataFrame({"order_id": [10 * n]})).height for n in (9, 8, 7, 6, 5)]
    assert (sum(given_back), order.holds) == (5, False)
