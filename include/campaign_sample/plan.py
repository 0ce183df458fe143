"""What a generated campaign shall be: every wish in one place, checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

MOST_CASES = 300  # a larger campaign needs more honest orders, not more copies of the same abuse


class PlanError(ValueError):
    """A wish that cannot be granted; the message is a sentence for the person who made it."""


@dataclass(frozen=True)
class Plan:
    """One campaign to generate.

    rows: lines after the header, good and bad together. cases: how often each scenario is planted; None lets the size
    decide. noise: 0 to 1, how much ordinary buying surrounds planted abuse. sizes: (low, high) by "scenario.parameter".
    only: names of the scenarios to plant; empty means all. rate_percent, cap: the voucher's terms, in percent of the
    order and in the currency's unit. bad_share: 0 to 0.5, the share of lines that the input contract must reject.
    """

    rows: int = 3000
    seed: int = 7
    start: date = date(2026, 6, 10)
    days: int = 4
    cases: int | None = None
    noise: float = 0.3
    only: tuple[str, ...] = ()
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    rate_percent: int = 30
    cap: int = 20_000
    bad_share: float = 0.0

    def __post_init__(self) -> None:
        _demand(self.rows >= 1, f"rows is {self.rows}: at least 1 is needed.")
        _demand(self.seed >= 0, f"seed is {self.seed}: a whole number from 0 on is needed.")
        _demand(1 <= self.days <= 366, f"days is {self.days}: a campaign has 1 to 366.")
        _demand(self.cases is None or self.cases >= 0, f"cases is {self.cases}: 0 (plant nothing) or more is needed.")
        _demand(0 <= self.noise <= 1, f"noise is {self.noise}: a share from 0 to 1 is needed.")
        _demand(1 <= self.rate_percent <= 90, f"rate-percent is {self.rate_percent}: 1 to 90 is needed.")
        _demand(self.cap >= 1, f"cap is {self.cap}: at least 1 is needed.")
        _demand(0 <= self.bad_share <= 0.5, f"bad-share is {self.bad_share}: a share from 0 to 0.5 is needed.")

    @property
    def bad_rows(self) -> int:
        """Lines that the contract must reject."""
        return round(self.rows * self.bad_share)

    @property
    def good_rows(self) -> int:
        """Lines that the contract must accept."""
        return self.rows - self.bad_rows

    @property
    def cases_each(self) -> int:
        """Cases of each scenario: as asked, else none below 1,500 orders, one, two from 3,000 on, one per 10,000 later."""
        if self.cases is not None:
            return self.cases
        return min(MOST_CASES, max(min(2, self.good_rows // 1500), self.good_rows // 10_000))

    @property
    def cheapest_full_rebate(self) -> int:
        """The smallest order that earns the whole cap: what a subsidy farmer orders."""
        return -(-self.cap * 100 // self.rate_percent)


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise PlanError(sentence)
