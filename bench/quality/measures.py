"""Precision, recall, money and false accusations of the published bands, held against labels. Plain counting, no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from bench.quality import labels

BANDS_THAT_ACCUSE = ("review", "breach")
SCORE_BOUNDS = (0, 25, 50, 70, 90)  # where an interval of the score begins
LEAST_SUBJECTS = {"customer": 100, "shop": 30}
LEAST_INSTANCES = 20
MOST_BELOW = 0.03  # that the precision of an interval may lie below that of the one before
FIRST = 100


class Judged(NamedTuple):
    """A customer or shop. instance: None if it belongs to no planted case; band, score: None where nothing was published."""

    campaign_id: int
    kind: str
    strength: str
    instance: int | None
    label: int
    band: str | None
    score: int | None

    @property
    def accused(self) -> bool:
        """Whether it is in review or has a breach."""
        return self.band in BANDS_THAT_ACCUSE


@dataclass(frozen=True)
class Reached:
    """What the bands reach: wrong by kind; found: (kind, strength) -> (accused, planted)."""

    right: int
    wrong: Counter[str]
    found: dict[tuple[str, str], tuple[int, int]]

    @property
    def planted(self) -> int:
        """Number of abusive subjects."""
        return sum(planted for _, planted in self.found.values())

    @property
    def precision(self) -> float:
        """Share of the accused who are abusive; 0 where none is accused."""
        return self.right / max(1, self.right + self.wrong.total())

    @property
    def recall(self) -> float:
        """Share of the abusive who are accused."""
        return self.right / max(1, self.planted)

    @property
    def strong_kinds(self) -> list[float]:
        """Recall of each kind of strong abuse."""
        return [found / planted for (_, strength), (found, planted) in self.found.items() if strength == "strong"]


@dataclass(frozen=True)
class Interval:
    """An interval of the score, both ends included, with the subjects in it and the share of abusive ones."""

    low: int
    high: int
    subjects: int
    precision: float


@dataclass(frozen=True)
class Money:
    """Rebates: claimed of subjects in review and up, of these rightly, and taken by planted abuse."""

    claimed: float
    right: float
    planted: float


@dataclass(frozen=True)
class Honest:
    """The campaigns without abuse: their orders, accused subjects, and the largest share of a campaign's rebates at risk."""

    orders: int
    accused: int
    money_share: float

    @property
    def per_1000_orders(self) -> float:
        """Wrongly accused subjects per 1,000 orders."""
        return 1000 * self.accused / max(1, self.orders)


@dataclass(frozen=True)
class Measured:
    """A built folder of labelled campaigns: subject -> all of that kind, and money and honest campaigns."""

    subjects: dict[str, list[Judged]]
    money: Money
    honest: Honest


def read_measured(built: Path, campaigns: Path) -> Measured:
    """Read what a DuckDB file that ``build_models`` returned publishes about the campaigns of a folder."""
    with duckdb.connect(str(built), read_only=True) as duck:
        subjects = {}
        for subject in labels.SUBJECTS:
            columns = "campaign_id, kind, strength, instance, label, band, published_score"
            rows = duck.execute(f"select {columns} from ({labels.judged(subject, campaigns)})").fetchall()
            subjects[subject] = [Judged(*row) for row in rows]
        return Measured(subjects, _read_money(duck, campaigns), _read_honest(duck, campaigns, subjects))


def judgeable(subjects: Iterable[Judged]) -> list[Judged]:
    """Return those whose label says whether they are abusive."""
    return [each for each in subjects if each.label >= 0]


def reach(subjects: Iterable[Judged]) -> Reached:
    """Count right and wrong accusations, and what was found of each kind."""
    known = judgeable(subjects)
    planted = Counter((each.kind, each.strength) for each in known if each.label == 1)
    found = Counter((each.kind, each.strength) for each in known if each.label == 1 and each.accused)
    wrong = Counter(each.kind for each in known if each.label == 0 and each.accused)
    return Reached(found.total(), wrong, {kind: (found[kind], count) for kind, count in sorted(planted.items())})


def precision_of_first(subjects: Iterable[Judged]) -> float:
    """Return the share of abusive subjects among the first by score; the order of equal scores does not count."""
    scored = sorted(((each.score, each.label) for each in judgeable(subjects) if each.score is not None), reverse=True)
    if not scored:
        return 0.0
    last = scored[:FIRST][-1][0]
    above = [label for score, label in scored if score > last]
    ties = [label for score, label in scored if score == last]
    taken = min(FIRST, len(scored))
    return (sum(above) + (taken - len(above)) * sum(ties) / len(ties)) / taken


def score_intervals(subject: str, subjects: Iterable[Judged]) -> list[Interval]:
    """Return intervals of the published score, from the lowest, merged until each has the least subjects and instances.

    Breaches and who is not to be judged are left out. Who belongs to no planted case is an instance alone.
    """
    scored = [each for each in judgeable(subjects) if each.score is not None and each.band != "breach"]
    ends = [bound - 1 for bound in SCORE_BOUNDS[1:]] + [100]
    found: list[tuple[int, int, list[Judged]]] = []
    low, inside = SCORE_BOUNDS[0], []
    for begin, end in zip(SCORE_BOUNDS, ends, strict=True):
        inside = inside + [each for each in scored if begin <= each.score <= end]
        if len(inside) >= LEAST_SUBJECTS[subject] and _instances(inside) >= LEAST_INSTANCES:
            found.append((low, end, inside))
            low, inside = end + 1, []
    if inside and found:  # what is left over at the top joins the interval below
        below, _, others = found.pop()
        found.append((below, ends[-1], others + inside))
    return [Interval(low, end, len(each), sum(one.label for one in each) / len(each)) for low, end, each in found]


def falls(found: Sequence[Interval]) -> list[tuple[Interval, Interval]]:
    """Return the pairs of neighbouring intervals of which the higher one is less precise by more than is tolerated."""
    return [
        (lower, higher)
        for lower, higher in zip(found, found[1:], strict=False)
        if higher.precision < lower.precision - MOST_BELOW
    ]


def _instances(subjects: Iterable[Judged]) -> int:
    planted = {(each.campaign_id, each.instance) for each in subjects if each.instance is not None}
    return len(planted) + sum(each.instance is None for each in subjects)


def _read_money(duck: duckdb.DuckDBPyConnection, campaigns: Path) -> Money:
    orders = labels.label_rows(campaigns, "orders")
    claimed, right = duck.execute(
        f"""
        select sum(evidence.money_counted_once), sum(least(evidence.money_counted_once, coalesce(known.money, 0)))
        from campaign_build.int_fraud_evidence as evidence
        left join {orders} as known
            on known.campaign_id = evidence.campaign_id and known.order_id = evidence.order_id and known.abusive = 1
        """
    ).fetchone()
    planted = duck.execute(f"select sum(money) from {orders} where abusive = 1").fetchone()[0]
    return Money(float(claimed or 0), float(right or 0), float(planted or 0))


def _read_honest(duck: duckdb.DuckDBPyConnection, campaigns: Path, subjects: dict[str, list[Judged]]) -> Honest:
    everybody = [each for kind in subjects.values() for each in kind]
    abused = {each.campaign_id for each in everybody if each.label == 1}
    honest = {each.campaign_id for each in everybody} - abused
    rows = duck.execute(
        f"""
        with orders as (
            select campaign_id, count(*) as orders, sum(rebate) as rebate
            from campaign_build.stg_campaign_raw__transaction
            inner join campaign_build.int_campaign_day using (txn_date)
            group by campaign_id
        ),
        claimed as (
            select campaign_id, sum(money_counted_once) as money
            from campaign_build.int_fraud_evidence group by campaign_id
        ),
        -- Vouchers over the limit, which the platform let pass: they are at risk by right.
        over_limit as (
            select campaign_id, sum(money) as money
            from {labels.label_rows(campaigns, "orders")} where strength = 'natural' group by campaign_id
        )
        select campaign_id, orders, (coalesce(claimed.money, 0) - coalesce(over_limit.money, 0)) / greatest(rebate, 1)
        from orders left join claimed using (campaign_id) left join over_limit using (campaign_id)
        """
    ).fetchall()
    read = [(orders, float(share)) for campaign_id, orders, share in rows if campaign_id in honest]
    return Honest(
        orders=sum(orders for orders, _ in read),
        accused=sum(each.accused and each.label == 0 and each.campaign_id in honest for each in everybody),
        money_share=max((share for _, share in read), default=0.0),
    )
