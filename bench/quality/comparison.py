"""A yardstick's scores against the published bands: what it finds at the precision that the bands have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """What a yardstick finds at our precision.

    found: right ones it finds; shared: those among them that are accused by us too; missed: the others by (kind, strength);
    precision_at_our_recall: of the yardstick, cut where it has found as many as we have; None if it never has.
    """

    planted: int
    ours: int
    precision: float
    found: int
    shared: int
    missed: Counter[tuple[str, str]]
    precision_at_our_recall: float | None

    @property
    def shared_share(self) -> float:
        """Share of what the yardstick finds that we find too; 1 where it finds nothing."""
        return self.shared / self.found if self.found else 1.0


def compare(
    abusive: np.ndarray, accused: np.ndarray, kinds: Sequence[tuple[str, str]], scores: np.ndarray
) -> Comparison:
    """Cut the scores where their precision is still at least ours. One entry per subject; kinds: (kind, strength)."""
    ours = int((abusive & accused).sum())
    precision = ours / max(1, int(accused.sum()))
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(abusive[order])
    reached = right / np.arange(1, len(order) + 1)
    # Equal scores can't be told apart, so a cut lies where the score changes. Who has none is not found.
    cuts = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True) & (scores[order] > 0))
    good, enough = cuts[reached[cuts] >= precision], cuts[right[cuts] >= ours]
    theirs = np.zeros(len(order), dtype=bool)
    if len(good):
        theirs[order[: good[-1] + 1]] = True
    theirs &= abusive
    return Comparison(
        planted=int(abusive.sum()),
        ours=ours,
        precision=precision,
        found=int(theirs.sum()),
        shared=int((theirs & accused).sum()),
        missed=Counter(kinds[place] for place in np.flatnonzero(theirs & ~accused)),
        precision_at_our_recall=float(reached[enough[0]]) if len(enough) else None,
    )
