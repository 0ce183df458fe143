"""Accusations hold on campaigns that no fit has seen: floors of precision and recall, and precision that rises with the score.

Two of the project's own gate campaigns, one with every kind of abuse and one without any, built by DuckDB. Where
CAMPAIGN_LABELLED names a folder of labelled campaigns of another maker, precision has to rise with the score there too.
`make quality` measures all gate campaigns, per kind and strength.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.quality.duckdb_build import PUBLISHED, build_models
from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.sets import campaign_set
from bench.quality.measures import Measured, falls, reach, read_measured, score_intervals

ABUSED, HONEST = 7002, 7003  # seeds: the smallest of each that holds enough instances of most kinds


def _measured(campaigns: Path, work: Path) -> Measured:
    return read_measured(build_models(campaigns, work, PUBLISHED), campaigns)


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """A folder for one build after the other."""
    return tmp_path_factory.mktemp("built")


@pytest.fixture(scope="module")
def gate(work: Path, tmp_path_factory) -> Measured:
    """What is published about the two gate campaigns."""
    folder = tmp_path_factory.mktemp("gate")
    write_campaigns([plan for plan in campaign_set("gate") if plan.seed in (ABUSED, HONEST)], folder)
    return _measured(folder, work)


@pytest.fixture(scope="module")
def of_another_maker(work: Path) -> Measured:
    """What is published about the labelled campaigns that CAMPAIGN_LABELLED names."""
    named = os.environ.get("CAMPAIGN_LABELLED")
    if not named:
        pytest.skip("not run: CAMPAIGN_LABELLED is not set (a folder of labelled campaigns of another maker)")
    if not Path(named).is_dir():
        pytest.fail(f"CAMPAIGN_LABELLED is {named}, which is not a folder")
    return _measured(Path(named), work)


@pytest.mark.parametrize("campaigns", ["gate", "of_another_maker"])
def test_precision_rises_with_the_score(campaigns: str, request: pytest.FixtureRequest) -> None:
    for subject, judged in request.getfixturevalue(campaigns).subjects.items():
        found = score_intervals(subject, judged)
        assert len(found) > 1, f"{subject}s: one interval can't rise"
        assert not falls(found), f"{subject}s: {found}"


# Floors, which a change may come near but not pass: the reading of 2026-11-30 stands behind each. What is aimed at is higher
# (bench/README.md): look-alikes are planted here at several times the rate of a real campaign.
LEAST_PRECISION = {"customer": 0.85, "shop": 0.40}  # 0.933 and 0.494
LEAST_RECALL = {
    "customer": 0.25,
    "shop": 0.25,
}  # 0.360 and 0.370; thin abuse, which hardly anything finds, is a fifth of it
LEAST_KINDS = 10  # 13 of 23, of which at least half of the strong customers are found: no large kind carries the sum
LEAST_MONEY_PRECISION = 0.75  # 0.893
MOST_ACCUSED_PER_1000_ORDERS = 4.0  # of the honest campaign; 2.80
MOST_HONEST_MONEY = 0.02  # share of its rebates at risk; 0.003


@pytest.mark.parametrize("subject", ["customer", "shop"])
def test_accusations_are_right_and_find_abuse(gate: Measured, subject: str) -> None:
    reached = reach(gate.subjects[subject])
    assert reached.precision >= LEAST_PRECISION[subject]
    assert reached.recall >= LEAST_RECALL[subject]


def test_half_of_strong_abuse_is_found_in_many_kinds(gate: Measured) -> None:
    shares = reach(gate.subjects["customer"]).strong_kinds
    assert sum(share >= 0.5 for share in shares) >= LEAST_KINDS


def test_money_at_risk_was_taken_by_abuse(gate: Measured) -> None:
    assert gate.money.claimed > 0
    assert gate.money.right / gate.money.claimed >= LEAST_MONEY_PRECISION


def test_an_honest_campaign_has_few_accused(gate: Measured) -> None:
    assert gate.honest.orders > 5000
    assert gate.honest.per_1000_orders <= MOST_ACCUSED_PER_1000_ORDERS
    assert gate.honest.money_share <= MOST_HONEST_MONEY
