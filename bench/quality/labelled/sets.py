"""Which labelled campaigns there are: those that points are fitted on, and those that were not looked at meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from bench.quality.labelled.plan import CampaignPlan, draw_plan

SEEDS = {"tuning": range(3001, 3025), "gate": range(7001, 7007)}
FIRST_DAYS = {"tuning": date(2033, 1, 3), "gate": date(2035, 1, 1)}
# Every fourth campaign of the first set and every third of the second is purely honest.
HONEST_EVERY = {"tuning": 4, "gate": 3}
DAYS_APART = 21


def campaign_set(name: str) -> list[CampaignPlan]:
    """Return the plans of a set: "tuning", or "gate", whose few campaigns hold every kind."""
    every = HONEST_EVERY[name]
    honest = {seed for place, seed in enumerate(SEEDS[name]) if place % every == every - 1}
    plans = plans_of(SEEDS[name], honest, FIRST_DAYS[name])
    return [replace(plan, share_of_kinds=1.0) for plan in plans] if name == "gate" else plans


def plans_of(
    seeds: Iterable[int], honest: Iterable[int] = (), first_day: date = date(2036, 1, 7)
) -> list[CampaignPlan]:
    """Return the plans of any seeds, one after another in time; a campaign's id is its seed."""
    starts = (first_day + timedelta(days=DAYS_APART * place) for place, _ in enumerate(seeds))
    honest = set(honest)
    return [draw_plan(seed, start, honest=seed in honest) for seed, start in zip(seeds, starts, strict=True)]
