"""A scorecard: features cut into bins, a weight of evidence per bin, all fitted together, as whole points.

The points are log-likelihood ratios, ten for a factor of e. They come from one penalised logistic regression over all bins, so
that features that say the same share a weight. More of what is suspicious never gives fewer points: what a generator's abusers
happen to do less of is no evidence of honesty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize
from sklearn.tree import DecisionTreeClassifier

POINTS_PER_NAT = 10
MOST_POINTS = 30  # of a bin: no single observation outweighs all others
SHRINKAGE = 20.0  # of the squared steps from bin to bin


@dataclass(frozen=True)
class Feature:
    """bounds: where a bin begins, or how many bins a tree cuts. direction: 1 where more is more suspicious, -1 where less is."""

    bounds: tuple[float, ...] | int
    direction: int = 1


@dataclass
class Card:
    """Bounds and points per feature: ``points[name][i]`` holds from ``bounds[name][i - 1]`` on."""

    start: int
    bounds: dict[str, list[float]]
    points: dict[str, list[int]]

    def sum_up(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the points of each row, the start included, as whole numbers."""
        total = np.full(len(rows), self.start, dtype=np.int64)
        for name, points in self.points.items():
            total += np.asarray(points)[_places(rows[name], self.bounds[name])]
        return total

    def as_bins(self) -> dict[str, list[list[float]]]:
        """Return the bins as the models read them: [from, points] from the highest down, then [0, points of the rest]."""
        return {
            name: [[bound, points[i + 1]] for i, bound in reversed(list(enumerate(self.bounds[name])))]
            + [[0, points[0]]]
            for name, points in self.points.items()
        }


def fit(rows: pd.DataFrame, features: Mapping[str, Feature], abusive: np.ndarray, weight: np.ndarray) -> Card:
    """Fit a card that starts at 0. rows: one per subject; abusive: bool; weight: 0 leaves a row out."""
    used = weight > 0
    rows, abusive, weight = rows[used], abusive[used], weight[used]
    bounds = {name: _bounds(feature.bounds, rows[name], abusive, weight) for name, feature in features.items()}
    steps = _fit_steps(rows, bounds, {name: feature.direction for name, feature in features.items()}, abusive, weight)
    points = {}
    for name, found in steps.items():
        heights = np.concatenate([[0.0], np.cumsum(found)])
        # What most honest subjects do gives no points, so that a reason names only what sets a subject apart.
        usual = np.average(heights[_places(rows[name], bounds[name])][~abusive], weights=weight[~abusive])
        whole = np.clip(np.rint(POINTS_PER_NAT * (heights - usual)), -MOST_POINTS, MOST_POINTS).astype(int)
        bounds[name], points[name] = _without_empty_steps(bounds[name], whole)
    kept = [name for name in features if any(points[name])]
    return Card(0, {name: bounds[name] for name in kept}, {name: points[name] for name in kept})


def _bounds(wished: tuple[float, ...] | int, values: pd.Series, abusive: np.ndarray, weight: np.ndarray) -> list[float]:
    if isinstance(wished, tuple):
        return list(wished)
    balanced = np.where(abusive, weight / weight[abusive].sum(), weight / weight[~abusive].sum())
    tree = DecisionTreeClassifier(max_leaf_nodes=wished, min_samples_leaf=40)
    tree.fit(values.to_numpy().reshape(-1, 1), abusive, sample_weight=balanced)
    return sorted({float(np.ceil(bound)) for bound in tree.tree_.threshold[tree.tree_.feature >= 0]})


def _fit_steps(
    rows: pd.DataFrame,
    bounds: dict[str, list[float]],
    directions: dict[str, int],
    abusive: np.ndarray,
    weight: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return, per feature, how much the logit changes at each bound."""
    places = [(name, bound) for name in bounds for bound in bounds[name]]
    beyond = sparse.csr_matrix(
        np.column_stack([rows[name].to_numpy() >= bound for name, bound in places]), dtype=np.float64
    )
    sign = np.where(abusive, 1.0, -1.0)

    def loss(solution: np.ndarray) -> tuple[float, np.ndarray]:
        steps, start = solution[:-1], solution[-1]
        margin = sign * (beyond @ steps + start)
        pull = -sign * weight / (1 + np.exp(margin))
        value = (weight * np.logaddexp(0, -margin)).sum() + SHRINKAGE / 2 * (steps**2).sum()
        return value, np.append(beyond.T @ pull + SHRINKAGE * steps, pull.sum())

    ranges = [{1: (0.0, None), -1: (None, 0.0), 0: (None, None)}[directions[name]] for name, _ in places]
    solution = minimize(loss, np.zeros(len(places) + 1), jac=True, method="L-BFGS-B", bounds=[*ranges, (None, None)]).x
    found: dict[str, list[float]] = {name: [] for name in bounds}
    for (name, _), step in zip(places, solution, strict=False):
        found[name].append(step)
    return {name: np.array(steps) for name, steps in found.items()}


def _without_empty_steps(bounds: list[float], points: np.ndarray) -> tuple[list[float], list[int]]:
    kept = [i for i in range(len(bounds)) if points[i + 1] != points[i]]
    return [bounds[i] for i in kept], [int(points[0]), *(int(points[i + 1]) for i in kept)]


def _places(values: pd.Series, bounds: list[float]) -> np.ndarray:
    return np.searchsorted(bounds, values.to_numpy(), side="right")
