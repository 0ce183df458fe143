"""Geometry of the charts: numbers in, SVG coordinates out. The templates draw them; no style and no script is written inline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 720, 200  # of the plot, in units of the SVG's viewBox; the page stretches it to the room there is
WIDEST_BAR = 64

Number = int | Decimal


@dataclass(frozen=True)
class Bar:
    """A bar; ``label`` and ``value`` are what its title says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: Number


def bars(
    labels: Sequence[str],
    values: Sequence[Number],
    *,
    places: Sequence[int] | None = None,
    slots: int | None = None,
    highest: Number | None = None,
    below: Sequence[Number] | None = None,
) -> list[Bar]:
    """Return a bar for each value, ``highest`` (or the highest of them) as high as the plot.

    The plot has ``slots`` of one width, one per value unless said otherwise; ``places`` says which slot, from 0, is whose. A bar
    stands on the floor, or on the value ``below`` it.
    """
    if not values:
        return []
    slot = WIDTH / (slots or len(values))
    width = min(slot * 0.75, WIDEST_BAR)
    top = highest or max(values) or 1
    found = []
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        height, floor = (HEIGHT * float(one / top) for one in (value, below[number] if below else 0))
        x = slot * (places[number] if places else number) + (slot - width) / 2
        found.append(
            Bar(round(x, 1), round(HEIGHT - floor - height, 1), round(width, 1), round(height, 1), label, value)
        )
    return found


def line(places: Sequence[Number], percentages: Sequence[Number | None], last_place: Number) -> str:
    """Return the points of a polyline: place 0 is the left edge, ``last_place`` the right one, 100 % the top."""
    return " ".join(
        f"{WIDTH * float(place) / max(float(last_place), 1):.1f},{HEIGHT * (1 - float(percent) / 100):.1f}"
        for place, percent in zip(places, percentages, strict=True)
        if percent is not None
    )


def ticks(labels: Sequence[str], most: int = 6) -> list[str]:
    """Return a label for each slot, at most ``most`` of them filled: every second, third, ... of the labels."""
    step = max(1, -(-len(labels) // most))
    return [label if number % step == 0 else "" for number, label in enumerate(labels)]
