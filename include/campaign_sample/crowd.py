"""The honest crowd: orders streamed in order of time, a block at a time, whatever the campaign's size.

Who orders: within a day the crowd is walked through in an order of that day, so nearly everybody orders at most once;
one order in twelve is by somebody who orders often. Nobody of the crowd uses two vouchers on one day: of a customer's
orders of a day the first that wants a voucher gets it. Between blocks one small number per customer is remembered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from campaign_sample import shape
from campaign_sample.plan import Plan
from campaign_sample.town import MINUTES_PER_DAY, Town

BLOCK_ROWS = 250_000  # part of what a seed means: another size draws in another order


@dataclass
class Block:
    """Consecutive rows in order of time: one array per column, all of one length, people and shops as numbers.

    ``planted`` and ``planted_at`` say which orders of the town are among them and on which lines.
    """

    minutes: np.ndarray
    customers: np.ndarray
    shops: np.ndarray
    gmv: np.ndarray
    has_voucher: np.ndarray
    planted: np.ndarray
    planted_at: np.ndarray


class Crowd:
    """The honest orders of one campaign, with the town's planted orders put in where their time is."""

    def __init__(self, plan: Plan, town: Town) -> None:
        self._town = town
        self._rng = np.random.Generator(np.random.PCG64(plan.seed))
        self._counts = self._orders_per_minute(plan.good_rows - len(town.orders), plan.days)
        self._day_of_last_voucher = np.full(town.crowd, -1, dtype=np.int16)
        self._first_place = np.zeros(town.crowd, dtype=np.int32)
        orders = sorted(enumerate(town.orders), key=lambda numbered: numbered[1].minute)
        self._planted = np.array([number for number, _ in orders], dtype=np.int64)
        fields = ("minute", "customer", "shop", "gmv", "has_voucher")
        self._planted_columns = [np.array([getattr(o, name) for _, o in orders], dtype=np.int64) for name in fields]

    def blocks(self) -> Iterator[Block]:
        """Yield all rows of the campaign; a block lies within one day."""
        for day, counts in enumerate(self._counts):
            walk = self._walk_of_a_day()
            first = 0
            while first < MINUTES_PER_DAY:
                reach = np.searchsorted(np.cumsum(counts[first:]), BLOCK_ROWS, side="right")
                end = min(MINUTES_PER_DAY, first + max(1, int(reach)))
                yield self._with_planted(day, first, counts[first:end], walk)
                first = end

    def _orders_per_minute(self, rows: int, days: int) -> np.ndarray:
        """Array days × 1440 of how many honest orders each minute has; the sum is ``rows``."""
        weights = np.resize(np.array(shape.DAY_WEIGHTS, dtype=np.int64), days)
        ends = np.cumsum(weights)
        of_day = np.diff(rows * ends // ends[-1], prepend=0)
        counts = np.zeros((days, MINUTES_PER_DAY), dtype=np.int64)
        for day in range(days):
            for begin in range(0, int(of_day[day]), BLOCK_ROWS):
                draws = min(BLOCK_ROWS, int(of_day[day]) - begin)
                slots = self._rng.integers(0, shape.MINUTE_SLOTS, draws, dtype=np.uint16)
                counts[day] += np.bincount(shape.MINUTE_TABLE[slots], minlength=MINUTES_PER_DAY)
        return counts

    def _walk_of_a_day(self) -> Walk:
        crowd = self._town.crowd
        stride = int(self._rng.integers(crowd // 3, crowd))
        while math.gcd(stride, crowd) != 1:
            stride += 1
        return Walk(int(self._rng.integers(0, crowd)), stride, crowd)

    def _with_planted(self, day: int, first: int, counts: np.ndarray, walk: Walk) -> Block:
        begin = day * MINUTES_PER_DAY + first
        minutes = (begin + np.arange(len(counts))).repeat(counts)
        honest = (minutes, *self._honest(day, len(minutes), walk))
        here = slice(*np.searchsorted(self._planted_columns[0], (begin, begin + len(counts))))
        minute = self._planted_columns[0][here] - begin
        # Anywhere among the honest orders of its minute: always last would give the planted ones away.
        place = np.cumsum(counts)[minute] - self._rng.integers(0, counts[minute] + 1)
        by_place = np.argsort(place, kind="stable")
        place = place[by_place]
        planted = (column[here][by_place] for column in self._planted_columns)
        columns = [np.insert(rows, place, extra) for rows, extra in zip(honest, planted, strict=True)]
        return Block(*columns, planted=self._planted[here][by_place], planted_at=place + np.arange(len(place)))

    def _honest(self, day: int, rows: int, walk: Walk) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rng, town = self._rng, self._town
        often = rng.integers(0, 100, rows, dtype=np.uint8) < shape.REPEAT_PERCENT
        customers = np.empty(rows, dtype=np.int64)
        customers[often] = shape.frequent(rng.random(int(often.sum())), town.crowd)
        customers[~often] = walk.next(rows - int(often.sum()))
        shops = shape.popular(rng.random(rows), town.crowd_shops)
        level = shape.PRICE_LEVEL_OF_SHOP[shops % len(shape.PRICE_LEVEL_OF_SHOP)]
        gmv = shape.PRICE_TABLE[level, rng.integers(0, shape.PRICE_SLOTS, rows, dtype=np.uint16)]
        chance = np.where(gmv < shape.CHEAP, shape.VOUCHER_PERCENT_CHEAP, shape.VOUCHER_PERCENT)
        wants_voucher = rng.integers(0, 100, rows, dtype=np.uint8) < chance
        return customers, shops, gmv, self._first_voucher_of_the_day(day, customers, wants_voucher)

    def _first_voucher_of_the_day(self, day: int, customers: np.ndarray, wants: np.ndarray) -> np.ndarray:
        asking = np.flatnonzero(wants & (self._day_of_last_voucher[customers] != day))
        who = customers[asking]
        # Written backwards, so that a customer's earliest row is what remains.
        self._first_place[who[::-1]] = asking[::-1]
        granted = np.zeros(len(customers), dtype=bool)
        granted[asking[self._first_place[who] == asking]] = True
        self._day_of_last_voucher[who] = day
        return granted


class Walk:
    """One way through the whole crowd that meets everybody once before it meets anybody again."""

    def __init__(self, start: int, stride: int, crowd: int) -> None:
        self._start, self._stride, self._crowd, self._met = start, stride, crowd, 0

    def next(self, count: int) -> np.ndarray:
        """Return the next ``count`` customers."""
        steps = np.arange(self._met, self._met + count)
        self._met += count
        return (self._start + steps * self._stride) % self._crowd
