"""Geometry of the charts: numbers in, SVG coordinates out. The templates draw them; no style and no script is written inline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 720, 200  # of the plot, in units of the SVG's viewBox
WIDEST_BAR = 64

Number = int | Decimal


@dataclass(frozen=True)
class Bar:
    """A bar that stands on the plot's floor."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: Number


def bars(labels: Sequence[str], values: Sequence[Number]) -> list[Bar]:
    """Return a bar for each value, the highest as high as the plot; bars of height 0 where all values are 0."""
    if not values:
        return []
    slot = WIDTH / len(values)
    width = min(slot * 0.7, WIDEST_BAR)
    highest = max(values) or 1
    heights = [round(HEIGHT * float(value / highest), 1) for value in values]
    return [
        Bar(
            round(slot * number + (slot - width) / 2, 1),
            round(HEIGHT - height, 1),
            round(width, 1),
            height,
            label,
            value,
        )
        for number, (label, value, height) in enumerate(zip(labels, values, heights, strict=True))
    ]


def running_shares(values: Sequence[Number]) -> list[Decimal]:
    """Return for each value the percentage of the whole that has come by then, to 0.01; empty where the whole is 0."""
    whole = sum(values)
    if not whole:
        return []
    running, shares = Decimal(0), []
    for value in values:
        running += value
        shares.append((100 * running / whole).quantize(Decimal("0.01")))
    return shares


def line(places: Sequence[int], percentages: Sequence[Decimal], last_place: int) -> str:
    """Return the points of a polyline: place 0 is the left edge, ``last_place`` the right one, 100 % the top."""
    return " ".join(
        f"{WIDTH * place / max(last_place, 1):.1f},{HEIGHT * (1 - float(percent) / 100):.1f}"
        for place, percent in zip(places, percentages, strict=True)
    )
