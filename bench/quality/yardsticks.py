"""What others find on the same orders: gradient boosting on the scorecard's features, and greedy peeling of the graph.

Both give scores only. They are compared with the published bands at the precision that the bands have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from bench.quality.peeling import block_densities

BLOCKS = 20  # dense blocks that peeling looks for in a campaign
SMOOTHING = 5  # of a shop's number of orders in its weight, as FRAUDAR has it


@dataclass(frozen=True)
class Comparison:
    """What a yardstick finds at our precision.

    found: right ones it finds; shared: those among them that are accused by us too; missed: the others by (kind, strength);
    precision_at_our_recall: of the yardstick, if it is cut where it has found as many as we have.
    """

    planted: int
    ours: int
    precision: float
    found: int
    shared: int
    missed: Counter[tuple[str, str]]
    precision_at_our_recall: float

    @property
    def shared_share(self) -> float:
        """Share of what the yardstick finds that we find too; 1 where it finds nothing."""
        return self.shared / self.found if self.found else 1.0


def boosting_scores(trained_on: pd.DataFrame, asked: pd.DataFrame, features: Sequence[str]) -> np.ndarray:
    """Return how abusive each asked subject looks to boosting that learnt from other campaigns' labels."""
    known = trained_on[trained_on.label >= 0]
    model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.06, random_state=1)
    return model.fit(known[list(features)], known.label).predict_proba(asked[list(features)])[:, 1]


def peeling_scores(visits: pd.DataFrame) -> dict[str, pd.Series]:
    """Return, for "customer" and "shop", (campaign_id, id) -> the density of the densest block it belongs to, 0 for none.

    visits: campaign_id, customer_id, shop_id, orders. As FRAUDAR does, an order counts the less the more orders its shop has.
    """
    found: dict[str, list[pd.Series]] = {"customer": [], "shop": []}
    for campaign_id, inside in visits.groupby("campaign_id"):
        customers, customer_ids = pd.factorize(inside.customer_id)
        shops, shop_ids = pd.factorize(inside.shop_id)
        orders = inside.orders.to_numpy(dtype=float)
        weights = orders / np.log(np.bincount(shops, orders) + SMOOTHING)[shops]
        density = block_densities(customers, shops, weights, BLOCKS)
        for subject, ids, values in (
            ("customer", customer_ids, density[: len(customer_ids)]),
            ("shop", shop_ids, density[len(customer_ids) :]),
        ):
            keys = pd.MultiIndex.from_product([[campaign_id], ids])
            found[subject].append(pd.Series(values, index=keys))
    return {subject: pd.concat(parts) for subject, parts in found.items()}


def compare(judged: pd.DataFrame, scores: np.ndarray) -> Comparison:
    """Cut a yardstick's scores where its precision is at least ours. judged: kind, strength, label (0 or 1), accused."""
    abusive, accused = judged.label.to_numpy() == 1, judged.accused.to_numpy()
    ours = int((abusive & accused).sum())
    precision = ours / max(1, int(accused.sum()))
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(abusive[order])
    reached = right / np.arange(1, len(order) + 1)
    # Equal scores can't be told apart: a cut lies where the score changes, and what has none is not found.
    cuts = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True) & (scores[order] > 0))
    good = cuts[reached[cuts] >= precision]
    enough = cuts[right[cuts] >= ours]
    theirs = np.zeros(len(order), dtype=bool)
    if len(good):
        theirs[order[: good[-1] + 1]] = True
    theirs &= abusive
    missed = judged[theirs & ~accused]
    return Comparison(
        planted=int(abusive.sum()),
        ours=ours,
        precision=precision,
        found=int(theirs.sum()),
        shared=int((theirs & accused).sum()),
        missed=Counter(zip(missed.kind, missed.strength, strict=True)),
        precision_at_our_recall=float(reached[enough[0]]) if len(enough) else 0.0,
    )
