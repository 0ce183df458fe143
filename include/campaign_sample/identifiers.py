"""Identifiers that tell nothing: numbers inside the generator become ids spread over a range of their own.

Inside, people and shops are 0, 1, 2, … with the planted ones last. A multiplication modulo the total scatters them, so
that no id shows who was planted. The ranges begin far from those of any real file that the project was tried on.
"""

from __future__ import annotations

import math

import numpy as np

FIRST_UID, FIRST_SHOP_ID, FIRST_ORDER_ID = 300_000_001, 1_000_001, 900_000_001
UID_STEP, SHOP_ID_STEP = 7, 3
ORDER_ID_STEP = 97  # a campaign's orders are some of the platform's orders: the ids between belong to others


class Scatter:
    """A one-to-one map of 0 … total - 1 onto ids from ``first`` on, ``step`` apart."""

    def __init__(self, total: int, first: int, step: int) -> None:
        self._total, self._first, self._step = total, first, step
        self._factor = max(1, total * 618 // 1000)
        while math.gcd(self._factor, total) != 1:
            self._factor += 1

    def __call__(self, numbers: np.ndarray | int) -> np.ndarray | int:
        """Return the ids of these numbers."""
        return self._first + self._step * (numbers * self._factor % self._total)


def order_ids(first_row: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return ids of ``count`` rows in order of time, and for each a spare id that no row uses.

    Ids rise with time but for one order in fifty that was paid up to three orders late, as in an export.
    """
    late = np.where(rng.integers(0, 50, count) == 0, rng.integers(1, 4, count), 0)
    place = np.empty(count, dtype=np.int64)
    place[np.argsort(np.arange(count) + late, kind="stable")] = np.arange(count)
    start = FIRST_ORDER_ID + ORDER_ID_STEP * (first_row + place)
    return start + rng.integers(0, ORDER_ID_STEP - 1, count), start + ORDER_ID_STEP - 1
