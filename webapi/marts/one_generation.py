"""Several statements for one answer: read again where a generation was published between them, so that none is mixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webapi.marts.database import DatabaseUnavailable, Row

ATTEMPTS = 3


def read_together(reads: Mapping[str, Callable[[], list[Row]]]) -> dict[str, list[Row]]:
    """Return the rows of each read, all of one generation; raises what the reads raise, and DatabaseUnavailable.

    Each read returns a row at least, with ``generation``, as those of ``queries`` do.
    """
    for _ in range(ATTEMPTS):
        found = {name: read() for name, read in reads.items()}
        if len({rows[0]["generation"] for rows in found.values()}) == 1:
            return found
    raise DatabaseUnavailable("generations were published faster than one answer could be read")
