"""How many open lookups one address may ask for in a minute, in all worker processes together.

Counts are in a file that all workers map into memory, so that counting costs a few microseconds and no lock. It has no entry
per address but a fixed number of slots: an address has one in each of two rows, and its count is the smaller of both, so two
addresses share a budget only where they share both. Two workers that count at the same instant may count once.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from webapi.auth.backoff import network

WINDOW_SECONDS = 60
SLOTS = 65_536
ROWS = 2
ENTRY = struct.Struct("=II")  # which window, how many in it
OVER_BUDGET = "webapi.over_budget"  # in the environ: seconds to wait


class LookupBudget:
    """Counts per address and window of a minute."""

    def __init__(self, file: Path, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        """Take the shared file, which is made where it is missing, and the budget; 0 = no limit."""
        self._per_minute = per_minute
        self._clock = clock
        size = ROWS * SLOTS * ENTRY.size
        with open(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as opened:
            os.truncate(opened.fileno(), size)
            self._counts = mmap.mmap(opened.fileno(), size)

    def seconds_to_wait(self, address: str) -> int:
        """Count one lookup; returns 0, or how long to wait where the budget is spent."""
        if not self._per_minute:
            return 0
        now = self._clock()
        window = int(now // WINDOW_SECONDS) & 0xFFFFFFFF
        digest = blake2b(network(address).encode(), digest_size=4).digest()
        places = [(row * SLOTS + int.from_bytes(digest[2 * row : 2 * row + 2])) * ENTRY.size for row in range(ROWS)]
        entries = [ENTRY.unpack_from(self._counts, place) for place in places]
        counts = [count if seen == window else 0 for seen, count in entries]
        if min(counts) >= self._per_minute:
            return math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS) or 1
        for place, count in zip(places, counts, strict=True):
            ENTRY.pack_into(self._counts, place, window, count + 1)
        return 0
