"""Sorts rows that come nearly in the order of their order ids, as an export by time does, in passing and in little memory."""

from __future__ import annotations

import polars as pl

MOST_PENDING_ROWS = 200_000


class SortBuffer:
    """Takes frames and gives frames back; ``holds`` says whether all order ids given back so far are strictly increasing.

    Rows are held back until a later frame shows that nothing smaller will come. Once ``holds`` is false, because the rows are
    too far out of order or an order id comes twice, frames pass as they are.
    """

    def __init__(self) -> None:
        self.holds = True
        self._pending: pl.DataFrame | None = None
        self._largest = -1

    def push(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Take a frame; return rows, maybe none, that are next."""
        if not self.holds or not frame.height:
            return frame
        if self._pending is None:
            self._pending = frame.sort("order_id")
            return frame.clear()
        is_next = self._pending["order_id"] < frame["order_id"].min()
        ready = self._pending.filter(is_next)
        self._pending = pl.concat([self._pending.filter(~is_next), frame]).sort("order_id")
        if self._pending.height > MOST_PENDING_ROWS:
            self.holds = False
            ready = pl.concat([ready, self.finish()])
        return self._checked(ready)

    def finish(self) -> pl.DataFrame | None:
        """Return what was held back, if anything was."""
        pending, self._pending = self._pending, None
        return None if pending is None else self._checked(pending)

    def _checked(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.holds and frame.height:
            ids = frame["order_id"]
            self.holds = ids[0] > self._largest and bool((ids.diff().drop_nulls() > 0).all())
            self._largest = ids[-1]
        return frame
