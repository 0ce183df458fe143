"""The bound of a chance and its correction for many looks, as DuckDB computes them from the project's macros, against the textbook."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterable
from unittest import mock

import duckdb
import pytest

from tests.integration.marts_harness import run_dbt

RATE = 0.05
QUERY = """
with judged as (
    select
        campaign_id,
        subject,
        case when trials >= 5 then {{ chance_at_most('hits', 'trials', 'all_hits', 'all_trials') }} end as chance
    from looked_at
)

{{ corrected_chances('judged', rate='(select rate from wanted)') }}
"""
Counts = tuple[int, int, int, int, int, int]  # campaign, subject, hits, trials, hits and trials of the campaign
ALL_HITS, ALL_TRIALS = 3_000, 10_000


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[dict]]:
    """Return a function from counts, and the rate above which a chance is of no interest, to the rows of the macros' query."""
    target = tmp_path_factory.mktemp("dbt")
    with mock.patch.dict(os.environ, {"CAMPAIGN_ENGINE": "duckdb", "CAMPAIGN_STORE": str(target)}):
        result = run_dbt("compile", target, "--inline", QUERY)
    assert result.success, result.exception
    (compiled,) = (each.node.compiled_code for each in result.result.results)

    def query(counts: Iterable[Counts], rate: float = 1) -> list[dict]:
        with duckdb.connect() as duck:
            duck.execute(f"create table wanted as select {rate} as rate")
            names = "campaign_id, subject, hits, trials, all_hits, all_trials"
            rows = ", ".join(map(str, counts))
            duck.execute(f"create table looked_at as select * from (values {rows}) as counts ({names})")
            found = duck.execute(f"{compiled} order by campaign_id, subject")
            columns = [column[0] for column in found.description]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    return query


def _bound(hits: int, trials: int) -> float:
    """Return exp(-n KL(k/n, p)), the bound of Chernoff and Hoeffding; 1 where the hits are no more than expected."""
    share, usual = hits / trials, ALL_HITS / ALL_TRIALS
    if share <= usual:
        return 1
    divergence = share * math.log(share / usual)
    if hits < trials:
        divergence += (1 - share) * math.log((1 - share) / (1 - usual))
    return math.exp(-trials * divergence)


def _tail(hits: int, trials: int) -> float:
    """Return the probability of at least so many hits, exactly."""
    usual = ALL_HITS / ALL_TRIALS
    return sum(math.comb(trials, k) * usual**k * (1 - usual) ** (trials - k) for k in range(hits, trials + 1))


def _kept_by_step_up(chances: list[float], rate: float) -> int:
    """Return how many of the smallest chances Benjamini and Hochberg keep: the largest k with p(k) <= k/m rate."""
    in_order = sorted(chances)
    return max((k for k, p in enumerate(in_order, start=1) if p <= k / len(in_order) * rate), default=0)


def _drawn(draw: random.Random, campaign: int, subjects: int, planted: int = 0) -> list[Counts]:
    """Draw hits by the campaign's share; those of the first ``planted`` subjects by twice as much and more."""
    counts = []
    for subject in range(subjects):
        trials = draw.choice((5, 8, 8, 8, 20, 60))
        share = 0.9 if subject < planted else ALL_HITS / ALL_TRIALS
        hits = sum(draw.random() < share for _ in range(trials))
        counts.append((campaign, subject, hits, trials, ALL_HITS, ALL_TRIALS))
    return counts


def test_correction_is_the_step_up_with_ties_and_without_the_few(corrected) -> None:
    draw = random.Random(1)
    counts = [row for campaign in range(60) for row in _drawn(draw, campaign, 40, planted=campaign % 12)]
    too_few = [(campaign, 99, 4, 4, ALL_HITS, ALL_TRIALS) for campaign in range(60)]
    rows = corrected([*counts, *too_few])
    of_campaign: dict[int, list[dict]] = {}
    for row in rows:
        of_campaign.setdefault(row["campaign_id"], []).append(row)
    trials = {row[:2]: row[2:4] for row in counts}
    ties = 0
    for campaign, found in of_campaign.items():
        (few,) = (row for row in found if row["subject"] == 99)
        assert (few["chance"], few["corrected_chance"]) == (None, None)
        judged = [row for row in found if row["subject"] != 99]
        for row in judged:
            bound = _bound(*trials[campaign, row["subject"]])
            assert 0 <= float(row["chance"]) - bound <= 1.000001e-9 or row["chance"] == 1
            assert float(row["chance"]) >= _tail(*trials[campaign, row["subject"]])
        chances = [float(row["chance"]) for row in judged]
        ties += len(chances) - len(set(chances))
        for rate in (0.001, 0.01, RATE, 0.2):
            kept = sum(float(row["corrected_chance"]) <= rate for row in judged)
            assert kept == _kept_by_step_up(chances, rate), (campaign, rate)
        for row in judged:
            at_most = sum(chance <= float(row["chance"]) for chance in chances)
            assert (row["subjects_looked_at"], row["subjects_found"]) == (40, at_most)
            # Rounded up to hundredths of a subject.
            assert 0 <= float(row["expected_by_chance"]) - 40 * float(row["chance"]) < 0.01
    assert ties > 1_000


def test_what_is_above_the_rate_is_counted_and_left_out(corrected) -> None:
    draw = random.Random(4)
    counts = [row for campaign in range(20) for row in _drawn(draw, campaign, 60, planted=campaign % 12)]
    few = [(campaign, 99, 4, 4, ALL_HITS, ALL_TRIALS) for campaign in range(20)]
    everything, within = corrected([*counts, *few]), corrected([*counts, *few], RATE)
    assert within == [row for row in everything if row["chance"] is None or float(row["chance"]) <= RATE]
    kept = [row for row in everything if row["chance"] is not None and float(row["corrected_chance"]) <= RATE]
    assert kept == [row for row in within if row["chance"] is not None and float(row["corrected_chance"]) <= RATE]
    assert kept and len(within) < len(everything) / 2


def test_noise_is_found_as_seldom_as_the_rate_says(corrected) -> None:
    draw = random.Random(2)
    campaigns = 400
    rows = corrected(row for campaign in range(campaigns) for row in _drawn(draw, campaign, 60))
    found = {row["campaign_id"] for row in rows if float(row["corrected_chance"]) <= RATE}
    uncorrected = {row["campaign_id"] for row in rows if float(row["chance"]) <= RATE}
    assert len(found) <= RATE * campaigns
    assert len(uncorrected) > campaigns / 4, "so little noise would prove nothing"


def test_what_is_planted_is_found_and_little_else(corrected) -> None:
    draw = random.Random(3)
    rows = corrected(row for campaign in range(100) for row in _drawn(draw, campaign, 60, planted=10))
    found = [row for row in rows if float(row["corrected_chance"]) <= RATE]
    wrong = [row for row in found if row["subject"] >= 10]
    assert len(found) > 100 * 10 / 2
    assert len(wrong) <= RATE * len(found)
