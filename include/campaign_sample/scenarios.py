"""The scenarios by name: what can be planted, how large, and how a whole town gets its cases.

To add one, write its function in ``abuse`` or ``traps`` and put it in the tuple there. Each scenario draws from a
stream of its own: adding one leaves amounts and times of the others as they were (ids and the crowd do move).
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from campaign_sample.abuse import ABUSE
from campaign_sample.plan import Plan, PlanError
from campaign_sample.town import Label, Town
from campaign_sample.traps import TRAPS


@dataclass(frozen=True)
class Scenario:
    """One story that can be planted; ``kind`` is abuse or trap."""

    kind: str
    plant: Callable[..., list[Label]]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.plant.__name__

    @property
    def story(self) -> str:
        """What happens in it, in a sentence or two."""
        return inspect.getdoc(self.plant) or ""

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Its (low, high) parameters with their defaults."""
        parameters = inspect.signature(self.plant).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}


SCENARIOS = tuple(Scenario("abuse", plant) for plant in ABUSE) + tuple(Scenario("trap", plant) for plant in TRAPS)


@dataclass(frozen=True)
class Case:
    """One planted story and the truth about everybody in it."""

    scenario: Scenario
    labels: list[Label]


def plant(town: Town, plan: Plan) -> list[Case]:
    """Plant every scenario of the plan as often as the plan says.

    Raises PlanError when the plan names a scenario or size that there is not, or plants more than it has rows.
    """
    chosen = _chosen(plan)
    sizes = _sizes_by_scenario(plan)
    cases = []
    for scenario in chosen if plan.cases_each else ():
        rng = np.random.Generator(np.random.PCG64([plan.seed, zlib.crc32(scenario.name.encode())]))
        for _ in range(plan.cases_each):
            cases.append(Case(scenario, scenario.plant(town, rng, **sizes.get(scenario.name, {}))))
    if len(town.orders) > plan.good_rows:
        raise PlanError(
            f"{plan.cases_each} case(s) of {len(chosen)} scenario(s) make {len(town.orders)} orders, and the file has "
            f"{plan.good_rows} good rows: raise --rows, lower --cases or name fewer scenarios with --only."
        )
    return cases


def _chosen(plan: Plan) -> list[Scenario]:
    known = {scenario.name for scenario in SCENARIOS}
    for name in plan.only:
        if name not in known:
            raise PlanError(f"there is no scenario {name!r}; there are: {', '.join(sorted(known))}.")
    return [scenario for scenario in SCENARIOS if not plan.only or scenario.name in plan.only]


def _sizes_by_scenario(plan: Plan) -> dict[str, dict[str, tuple[int, int]]]:
    known = {f"{scenario.name}.{size}" for scenario in SCENARIOS for size in scenario.sizes}
    sizes: dict[str, dict[str, tuple[int, int]]] = {}
    for name, (low, high) in plan.sizes.items():
        if name not in known:
            raise PlanError(f"there is no size {name!r}; there are: {', '.join(sorted(known))}.")
        if not 1 <= low <= high <= 1000:
            raise PlanError(
                f"size {name} is {low}-{high}: two numbers from 1 to 1000 are needed, the smaller one first."
            )
        scenario, _, size = name.partition(".")
        sizes.setdefault(scenario, {})[size] = (low, high)
    return sizes
