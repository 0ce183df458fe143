"""The shape of a voucher campaign: when people order, at what prices, how popularity spreads.

The weights were chosen by hand after looking at summaries of a real campaign (orders per hour, commonest amounts,
orders per shop) and rounded. No row and no identifier of it is here. They are small integers, and popularity uses only
multiplication and square roots, because those give the same bits on every machine; powers and logarithms do not.
"""

from __future__ import annotations

import math

import numpy as np

# Orders per hour of the day: a peak at lunch, a broader one in the evening, hardly anyone at night.
HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 5, 12, 30, 45, 55, 70, 100, 72, 52, 52, 54, 74, 78, 90, 94, 76, 28, 12)
DAY_WEIGHTS = (9, 10, 11, 10)  # repeated for longer campaigns

REPEAT_PERCENT = 8  # orders by somebody who orders often, the same day or other days
VOUCHER_PERCENT, VOUCHER_PERCENT_CHEAP, CHEAP = 91, 40, 30_000  # fewer people spend their voucher on a coffee

# Shops per owner in one block of shops: most owners have one shop, a few have two to four.
SHOPS_OF_OWNERS = (2, 1, 1, 3, 1, 1, 2, 1, 1, 4) + (1,) * 80
SHOPS_PER_BLOCK, OWNERS_PER_BLOCK = sum(SHOPS_OF_OWNERS), len(SHOPS_OF_OWNERS)


def _thousands(first: int, last: int, weight: int) -> dict[int, int]:
    """Every thousand that is no multiple of 5,000: what a meal of several dishes comes to."""
    return {1000 * thousands: weight for thousands in range(first, last) if thousands % 5}


# A few amounts are no multiple of 10: the platform rounds their rebate up to a whole unit, and so must we.
_CHEAP_PRICES = {
    **_thousands(12, 66, 1),
    **{20_000: 30, 25_000: 14, 30_000: 9, 35_000: 14, 40_000: 11, 45_000: 9, 50_000: 22, 55_000: 11, 60_000: 12},
    **{15_000: 4, 29_000: 6, 34_000: 5, 38_000: 5, 48_000: 6, 65_000: 5, 70_000: 12, 80_000: 6, 100_000: 5},
    **{6_000: 3, 28_500: 1, 47_600: 1, 17_345: 1, 42_618: 1, 53_999: 1, 120_000: 3},
}
_MIDDLE_PRICES = {
    **_thousands(66, 150, 2),
    **{70_000: 80, 75_000: 38, 80_000: 38, 85_000: 16, 90_000: 20, 95_000: 10, 100_000: 48, 110_000: 10, 120_000: 16},
    **{50_000: 12, 60_000: 12, 67_000: 9, 69_000: 6, 72_000: 7, 73_000: 6, 77_000: 5, 82_000: 9, 84_000: 7, 88_000: 5},
    **{105_000: 9, 112_000: 8, 130_000: 10, 140_000: 10, 150_000: 8, 165_000: 5, 200_000: 6, 63_900: 1, 91_800: 2},
    **{94_500: 1, 103_500: 1, 116_100: 1, 61_251: 1, 64_444: 1},
}
_DEAR_PRICES = {
    **_thousands(150, 220, 1),
    **{100_000: 16, 125_000: 8, 130_000: 8, 145_000: 8, 160_000: 8, 175_000: 8, 190_000: 7, 200_000: 10, 210_000: 6},
    **{240_000: 9, 250_000: 10, 260_000: 8, 270_000: 9, 290_000: 7, 300_000: 10, 310_000: 7, 320_000: 7, 350_000: 6},
    **{268_000: 4, 336_000: 4, 372_000: 3, 400_000: 6, 450_000: 6, 480_000: 5, 500_000: 6, 620_000: 5, 750_000: 4},
    **{900_000: 4, 1_200_000: 3, 2_400_000: 1, 229_500: 1, 341_100: 1},
}
PRICE_SLOTS, MINUTE_SLOTS = 1024, 65_536


def _spread(weights: dict[int, int], slots: int) -> np.ndarray:
    """Turn value → weight into a table in which each value fills its share of the slots: drawing is one look-up."""
    ends = np.cumsum(np.array(list(weights.values()), dtype=np.int64))
    return np.array(list(weights), dtype=np.int64).repeat(np.diff(ends * slots // ends[-1], prepend=0))


MINUTE_TABLE = _spread({minute: HOUR_WEIGHTS[minute // 60] for minute in range(1440)}, MINUTE_SLOTS)
PRICE_TABLE = np.stack([_spread(prices, PRICE_SLOTS) for prices in (_CHEAP_PRICES, _MIDDLE_PRICES, _DEAR_PRICES)])
PRICE_LEVEL_OF_SHOP = np.array((1, 0, 2, 1, 1, 2, 0, 1, 1, 2, 1, 0, 1, 2, 1, 1))  # by the shop's number, modulo 16
OWNER_IN_BLOCK = np.arange(OWNERS_PER_BLOCK).repeat(SHOPS_OF_OWNERS)


def customers_for(rows: int, days: int) -> int:
    """Say how large the crowd is: about 7,000 for 3,000 orders (not all of whom order) and 3 million for 10 million."""
    return max(200, int(17 * three_quarter_power(rows)), rows // days)


def shops_for(rows: int) -> int:
    """Say how many shops there are: about 1,700 for 3,000 orders, of which the unpopular half sells nothing or once."""
    return max(96, int(4.3 * three_quarter_power(rows)))


def three_quarter_power(number: int) -> float:
    """Compute number ** 0.75 from square roots alone."""
    root = math.sqrt(number)
    return root * math.sqrt(root)


def popular(uniform: np.ndarray, shops: int) -> np.ndarray:
    """Turn uniform draws in [0, 1) into shops: Zipf-like, the chance of rank r falls as r to the -0.56."""
    return np.minimum((uniform * uniform * np.sqrt(np.sqrt(uniform)) * shops).astype(np.int64), shops - 1)


def frequent(uniform: np.ndarray, customers: int) -> np.ndarray:
    """Turn uniform draws in [0, 1) into customers: one in twenty orders often, mildly skewed among themselves."""
    often = max(1, customers // 20)
    return np.minimum((uniform * np.sqrt(np.sqrt(uniform)) * often).astype(np.int64), often - 1)
