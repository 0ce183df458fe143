"""What is measured of accusations, counted by hand; and peeling finds a block that is there."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality.comparison import compare
from bench.quality.measures import Honest, Interval, Judged, falls, precision_of_first, reach, score_intervals
from bench.quality.peeling import block_densities, densest_block


def _judged(label: int, score: int | None = 10, **more) -> Judged:
    values = {"campaign_id": 1, "kind": "plain", "strength": "-", "instance": None, "band": "watch"} | more
    return Judged(label=label, score=score, **values)


def test_accusations_are_counted_by_kind_and_who_is_not_to_be_judged_is_left_out() -> None:
    reached = reach(
        [
            _judged(1, kind="farm", strength="strong", band="review"),
            _judged(1, kind="farm", strength="strong", band="breach"),
            _judged(1, kind="farm", strength="thin", band="watch"),
            _judged(1, kind="ring", strength="strong", band=None, score=None),
            _judged(0, kind="office", band="review"),
            _judged(-1, kind="farm", band="review"),
        ]
    )
    assert reached.found == {("farm", "strong"): (2, 2), ("farm", "thin"): (0, 1), ("ring", "strong"): (0, 1)}
    assert dict(reached.wrong) == {"office": 1}
    assert (reached.precision, reached.recall) == (2 / 3, 2 / 4)
    assert sorted(reached.strong_kinds) == [0, 1]


def test_intervals_of_the_score_leave_out_breaches_and_those_without_a_label_or_score() -> None:
    counted = [_judged(0, score) for score in (0, 24) for _ in range(60)]
    left_out = [_judged(1, 10, band="breach"), _judged(-1, 10), _judged(1, None)]
    assert score_intervals("customer", counted + left_out) == [Interval(0, 24, 120, 0.0)]


def test_intervals_are_merged_upwards_until_each_has_enough_subjects_and_instances() -> None:
    subjects = [_judged(0, 0) for _ in range(100)]
    subjects += [_judged(0, 25) for _ in range(99)] + [_judged(1, 50, instance=1)]
    # Many subjects of few instances are no interval of their own: campaigns number their instances alone.
    subjects += [_judged(1, 70, instance=place % 10, campaign_id=place % 2) for place in range(200)]
    subjects += [_judged(1, 95, instance=place) for place in range(20)]
    assert score_intervals("customer", subjects) == [
        Interval(0, 24, 100, 0.0),
        Interval(25, 69, 100, 0.01),
        Interval(70, 100, 220, 1.0),
    ]


def test_what_is_left_over_at_the_top_joins_the_interval_below() -> None:
    subjects = [_judged(0, 0) for _ in range(30)] + [_judged(0, 60) for _ in range(30)] + [_judged(1, 99)] * 30
    assert score_intervals("shop", subjects)[-1] == Interval(70, 100, 30, 1.0)
    assert score_intervals("shop", subjects[:-1])[-1] == Interval(25, 100, 59, 29 / 59)


@pytest.mark.parametrize(("higher", "falling"), [(0.5, False), (0.471, False), (0.469, True)])
def test_a_higher_interval_may_be_less_precise_by_three_hundredths(higher: float, falling: bool) -> None:
    assert bool(falls([Interval(0, 49, 100, 0.5), Interval(50, 100, 100, higher)])) is falling


def test_among_the_first_equal_scores_count_by_their_share() -> None:
    first = [_judged(1, 90) for _ in range(80)] + [_judged(label, 50) for label in (0, 1) for _ in range(50)]
    assert precision_of_first(first) == pytest.approx(0.8 + 0.2 * 0.5)
    assert precision_of_first([]) == 0


def test_false_accusations_are_counted_per_thousand_orders() -> None:
    assert Honest(orders=4000, accused=2, money_share=0.0).per_1000_orders == 0.5


def test_a_yardstick_is_cut_at_our_precision_and_what_only_it_finds_is_named() -> None:
    abusive = np.array([1, 1, 1, 0, 1, 0], dtype=bool)
    accused = np.array([1, 0, 0, 1, 0, 0], dtype=bool)  # one of two is right
    kinds = [(name, "strong") for name in "abcdef"]
    found = compare(abusive, accused, kinds, np.array([0.9, 0.8, 0.7, 0.6, 0.0, 0.3]))
    assert (found.planted, found.ours, found.precision) == (4, 1, 0.5)
    assert (found.found, found.shared, found.shared_share) == (3, 1, 1 / 3)
    assert dict(found.missed) == {("b", "strong"): 1, ("c", "strong"): 1}
    assert found.precision_at_our_recall == 1


def test_equal_scores_of_a_yardstick_are_taken_together() -> None:
    abusive, accused = np.array([1, 0, 0, 1], dtype=bool), np.array([1, 0, 0, 1], dtype=bool)
    found = compare(abusive, accused, [("a", "strong")] * 4, np.array([0.5, 0.5, 0.5, 0.0]))
    assert (found.found, found.shared_share, found.precision_at_our_recall) == (0, 1, None)


def _edges(*pairs: tuple[int, int, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, right, weights = zip(*pairs, strict=True)
    return np.array(left), np.array(right), np.array(weights, dtype=float)


def test_peeling_finds_the_densest_block_and_then_the_next() -> None:
    block = [(who, shop, 2.0) for who in range(3) for shop in range(3)]
    second = [(who, shop, 1.0) for who in range(3, 6) for shop in range(3, 6)]
    noise = [(6, 0, 0.1), (7, 3, 0.1), (6, 6, 0.1)]
    left, right, weights = _edges(*block, *second, *noise)
    found, height = densest_block(left, right + 8, weights, 8 + 7)
    assert np.flatnonzero(found).tolist() == [0, 1, 2, 8, 9, 10]
    assert height == 18 / 6
    density = block_densities(left, right, weights, blocks=2)
    assert density[:8].tolist() == [3, 3, 3, 1.5, 1.5, 1.5, 0, 0]
    assert density[8:].tolist() == [3, 3, 3, 1.5, 1.5, 1.5, 0]
