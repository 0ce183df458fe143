"""Customers and shops of built campaigns with their features and labels, as the scorecard is fitted and measured on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from bench.quality import labels

KEYS = {"campaign_id", "shop_id", "customer_id", "points", "score"}
LABELS = {"kind", "strength", "instance", "label"}
STRENGTHS = {
    "strong": 1.0,
    "medium": 0.3,
    "thin": 0.02,
}  # how much a subject counts in a fit: thin abuse is hardly to be seen
LOOK_ALIKE_WEIGHT = 1.5
ABUSED_SHARE, HONEST_SHARE = 0.3, 0.1  # of a shop's orders by abusive customers; what lies between teaches nothing


@dataclass
class Subjects:
    """customers and shops: one row each with features, kind, strength, instance, label; visits: customer, shop, orders."""

    customers: pd.DataFrame
    shops: pd.DataFrame
    visits: pd.DataFrame

    def of(self, campaigns: set[int]) -> Subjects:
        """Return the same of some campaigns only."""
        parts = (frame[frame.campaign_id.isin(campaigns)] for frame in (self.customers, self.shops, self.visits))
        return Subjects(*(part.reset_index(drop=True) for part in parts))


def read(built: Path, campaigns: Path) -> Subjects:
    """Read the tables of a DuckDB file that ``build_models`` returned, and the label files beside the campaigns."""
    with duckdb.connect(str(built), read_only=True) as duck:
        frames = {subject: duck.execute(labels.labelled(subject, campaigns)).df() for subject in labels.SUBJECTS}
        visits = duck.execute(
            "select campaign_id, customer_id, shop_id, orders from campaign_build.int_shop_buyer"
        ).df()
    for frame in frames.values():
        features = features_of(frame)
        frame[features] = frame[features].astype(float)
    return Subjects(frames["customer"], frames["shop"], visits)


def features_of(frame: pd.DataFrame) -> list[str]:
    """Return the names of the feature columns."""
    return [column for column in frame.columns if column not in KEYS | LABELS]


def shop_targets(subjects: Subjects) -> tuple[np.ndarray, np.ndarray]:
    """Return (abusive, weight) per shop: abusive is a shop that lives off abusive customers, whoever they belong to."""
    people = subjects.customers[["campaign_id", "customer_id", "label", "strength"]]
    visits = subjects.visits.merge(people, on=["campaign_id", "customer_id"])
    visits["abused"] = visits.orders * (visits.label == 1)
    visits["unclear"] = visits.orders * (visits.label < 0)
    visits["counted"] = visits.abused * visits.strength.map(STRENGTHS).fillna(1.0)
    sums = visits.groupby(["campaign_id", "shop_id"])[["orders", "abused", "unclear", "counted"]].sum().reset_index()
    shops = subjects.shops[["campaign_id", "shop_id", "label", "kind"]].merge(
        sums, on=["campaign_id", "shop_id"], how="left"
    )
    share = shops.abused / shops.orders
    abusive = ((share >= ABUSED_SHARE) | (shops.label == 1)).to_numpy()
    honest = ((share <= HONEST_SHARE) & (shops.label < 1) & (shops.unclear < ABUSED_SHARE * shops.orders)).to_numpy()
    counted = np.where(shops.label == 1, np.maximum(shops.counted, ABUSED_SHARE * shops.orders), shops.counted)
    look_alike = np.where(shops.kind != "plain", LOOK_ALIKE_WEIGHT, 1.0)
    return abusive, np.where(abusive, np.sqrt(counted), np.where(honest, look_alike, 0.0))


def customer_targets(customers: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return (abusive, weight) per customer. Kinds count by the root of their size, so that large ones do not carry the fit."""
    abusive = (customers.label == 1).to_numpy()
    sizes = customers[abusive].groupby(["kind", "strength"])["label"].transform("size")
    of_kind = customers.strength[abusive].map(STRENGTHS).fillna(0.5) / np.sqrt(sizes)
    weight = np.where(customers.kind != "plain", LOOK_ALIKE_WEIGHT, 1.0)
    weight[abusive] = of_kind * abusive.sum() / of_kind.sum()
    weight[(customers.label < 0).to_numpy()] = 0.0
    return abusive, weight


def with_shop_points(subjects: Subjects, points: np.ndarray) -> pd.DataFrame:
    """Return the customers with the features that come from their shops' points, as ``int_customer_profile`` has them."""
    shops = subjects.shops[["campaign_id", "shop_id"]].assign(points=points)
    visits = subjects.visits.merge(shops, on=["campaign_id", "shop_id"])
    visits["weighted"] = visits.orders * visits.points
    sums = visits.groupby(["campaign_id", "customer_id"]).agg(
        weighted=("weighted", "sum"), orders=("orders", "sum"), shops_worst=("points", "max")
    )
    sums["shops_mean"] = np.floor(sums.weighted / sums.orders)
    people = subjects.customers.drop(columns=["shops_worst", "shops_mean"])
    return people.merge(sums[["shops_worst", "shops_mean"]].reset_index(), on=["campaign_id", "customer_id"])
