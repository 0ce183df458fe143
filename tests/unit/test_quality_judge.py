"""The judge of the fraud rules counts by hand what can be counted by hand."""

from __future__ import annotations

from bench.quality import judge
from bench.quality.campaigns import Label


def _label(
    subject: str, kind: str = "abuse", rules: tuple[str, ...] = ("r",), orders: tuple[int, ...] = (1, 2), **more
):
    details = {"campaign_id": 1, "subject_type": "customer", "scenario": "s", "case": 1} | more
    return Label(subject_id=subject, kind=kind, rules=frozenset(rules), orders=frozenset(orders), **details)


def _found(flagged: set[str], hits: dict[str, tuple[int, ...]], minimum: int = 2) -> judge.Found:
    rebates = dict.fromkeys(range(1, 20), 100)
    all_hits = [judge.Hit((1, "customer", who), "r", True, frozenset(orders)) for who, orders in hits.items()]
    return judge.Found(all_hits, frozenset((1, "customer", who) for who in flagged), {"r": minimum}, rebates)


LABELS = [
    _label("found"),
    _label("missed", orders=(3, 4)),
    _label("too little", orders=(5,)),
    _label("seen by no rule", rules=(), orders=(6, 7)),
    _label("look-alike", kind="trap", orders=(8, 9)),
]


def test_planted_are_those_with_the_minimum_that_a_rule_can_see() -> None:
    planted = judge.planted_with_enough(LABELS, _found(set(), {}))
    assert {subject for _, _, subject in planted} == {"found", "missed"}


def test_whole_of_a_group_counts_for_each_member() -> None:
    labels = [
        _label("member", orders=(1,)),
        _label("member", subject_type="customer_group", orders=(1, 2, 3)),
    ]
    assert judge.planted_with_enough(labels, _found(set(), {}, minimum=3)) == {(1, "customer", "member"): {1}}
    assert judge.planted_with_enough(labels, _found(set(), {}, minimum=4)) == {}


def test_list_is_counted_by_subject_and_by_money() -> None:
    hits = {"found": (1,), "look-alike": (8, 9), "missed": (3, 4)}
    score = judge.score_of_list(LABELS, _found({"found", "look-alike"}, hits))
    assert (score.flagged, score.right, score.planted, score.found) == (2, 1, 2, 1)
    assert (score.precision, score.recall) == (0.5, 0.5)
    assert (score.money, score.money_found) == (400, 100)


def test_abuse_below_the_minimum_is_not_asked_for_and_right_if_flagged() -> None:
    score = judge.score_of_list(LABELS, _found({"too little"}, {"too little": (5,)}))
    assert (score.precision, score.recall) == (1.0, 0.0)


def test_wrongly_flagged_and_missed_are_named_with_their_scenario() -> None:
    found = _found({"look-alike", "somebody"}, {})
    assert judge.wrongly_flagged(LABELS, found) == [
        ((1, "customer", "look-alike"), "s"),
        ((1, "customer", "somebody"), "crowd"),
    ]
    assert judge.missed(LABELS, found) == [((1, "customer", who), "s") for who in ("found", "missed")]


def test_nothing_flagged_has_no_precision() -> None:
    assert judge.score_of_list(LABELS, _found(set(), {})).precision is None
