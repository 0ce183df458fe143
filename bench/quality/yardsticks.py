"""What others find on the same orders: gradient boosting on the scorecard's features, and greedy peeling of the graph.

Both give scores only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from bench.quality.peeling import block_densities

BLOCKS = 20  # dense blocks that peeling looks for in a campaign
SMOOTHING = 5  # of a shop's number of orders in its weight, as FRAUDAR has it


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
