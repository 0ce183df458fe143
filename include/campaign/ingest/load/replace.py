"""What a run may do to stored orders that a file contradicts."""

from __future__ import annotations

from enum import StrEnum


class Replace(StrEnum):
    """One of three, from the careful to the thorough.

    ``nothing``: a row whose order is stored with other content is rejected. ``orders``: it takes the stored order's place.
    ``days``: besides, the stored orders of every campaign day of which the file holds a good row are removed if the file
    does not hold them, so that afterwards these days are exactly the file's. Such a file must not have a single bad row:
    the order on it would be taken out.
    """

    NOTHING = "nothing"
    ORDERS = "orders"
    DAYS = "days"
