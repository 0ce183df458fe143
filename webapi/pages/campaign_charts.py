"""Which charts the page of a campaign has, and what each draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webapi.marts.database import Row
from webapi.pages import charts
from webapi.pages.words import grouped

RANKED = ("customers", "shops")
KINK, LAST_BAND = 20, 40  # bands of price points: the one that begins at the kink, and all from twice the kink


def drawn(days: Sequence[Row], figures: dict[str, Any], other_pace: Sequence[Row]) -> dict[str, Any]:
    """Return each chart's marks by name; ``figures`` are those of ``answers.figures``."""
    return {
        "days": _days(days),
        **_pace(figures["pace"], other_pace),
        "activity": _activity(figures["activity"]),
        "price_points": _price_points(figures["price_points"]),
        "rebate_rates": _rebate_rates(figures["rebate_rates"]),
        "lorenz": {ranked: _lorenz(figures["lorenz"], ranked) for ranked in RANKED},
    }


def _days(days: Sequence[Row]) -> dict[str, Any]:
    labels = [day["txn_date"].isoformat() for day in days]
    values = [day["total_orders"] for day in days]
    return {"bars": charts.bars(labels, values), "ticks": _dates(days), "highest": max(values, default=0)}


def _pace(pace: Sequence[Row], other: Sequence[Row]) -> dict[str, Any]:
    """Return bars of orders by hour, and running shares over the elapsed hours, of another campaign too."""
    if not pace:
        return {"hours": None, "pace": None}
    slots = 24 * -(-pace[-1]["elapsed_hours"] // 24)
    longest = max(slots, *(24 * -(-hour["elapsed_hours"] // 24) for hour in other[-1:]), 1)
    values = [hour["total_orders"] for hour in pace]
    labels = [f"{hour['txn_date']} {hour['txn_hour']}:00" for hour in pace]
    places = [hour["elapsed_hours"] - 1 for hour in pace]
    return {
        "hours": {
            "bars": charts.bars(labels, values, places=places, slots=slots),
            "ticks": charts.ticks([f"Day {day + 1}" for day in range(slots // 24)]),
            "highest": max(values),
        },
        "pace": {
            "orders": _running(pace, "running_orders_percent", longest),
            "rebate": _running(pace, "running_rebate_percent", longest),
            "other": _running(other, "running_orders_percent", longest),
            "ticks": charts.ticks([f"Day {day + 1}" for day in range(longest // 24)]),
        },
    }


def _running(pace: Sequence[Row], column: str, longest: int) -> str:
    if not pace or pace[-1][column] is None:
        return ""
    return charts.line([0, *(hour["elapsed_hours"] for hour in pace)], [0, *(hour[column] for hour in pace)], longest)


def _activity(activity: Sequence[Row]) -> dict[str, Any]:
    labels = [day["txn_date"].isoformat() for day in activity]
    new, returning = ([day[name] for day in activity] for name in ("new_customers", "returning_customers"))
    highest = max((day["total_customers"] for day in activity), default=0)
    return {
        "new": charts.bars(labels, new, highest=highest),
        "returning": charts.bars(labels, returning, highest=highest, below=new),
        "ticks": _dates(activity),
        "highest": highest,
    }


def _dates(days: Sequence[Row]) -> list[str]:
    return charts.ticks([f"{day['txn_date']:%-d %b}" for day in days])


def _price_points(bands: Sequence[Row]) -> dict[str, Any]:
    """Return a bar per band of one width; the last, all from twice the kink, is none and would dwarf the others."""
    shown = [band for band in bands if band["band"] < LAST_BAND]
    by_band = {band["band"]: band for band in bands}
    labels, places = [grouped(band["from_amount"]) for band in shown], [band["band"] for band in shown]
    orders = [band["total_orders"] for band in shown]
    expected = [band["counterfactual_orders"] or 0 for band in shown]
    highest = max([*orders, *expected], default=0)
    marks = charts.bars(labels, expected, places=places, slots=LAST_BAND, highest=highest)
    return {
        "bars": charts.bars(labels, orders, places=places, slots=LAST_BAND, highest=highest),
        "expected": [mark for mark in marks if mark.value],
        "kink_x": charts.WIDTH * KINK / LAST_BAND,
        "kink": by_band.get(KINK),
        "beyond": by_band.get(LAST_BAND),
        "highest": highest,
    }


def _rebate_rates(rates: Sequence[Row]) -> dict[str, Any]:
    last = max((rate["rate_percent"] for rate in rates), default=0)
    values = [rate["vouchers_used"] for rate in rates]
    labels = [f"{rate['rate_percent']} %" for rate in rates]
    return {
        "bars": charts.bars(labels, values, places=[rate["rate_percent"] for rate in rates], slots=last + 1),
        "last": last,
        "highest": max(values, default=0),
    }


def _lorenz(points: Sequence[Row], ranked: str) -> str:
    of = [point for point in points if point["ranked"] == ranked]
    return charts.line([point["members_percent"] for point in of], [point["gmv_percent"] for point in of], 100)
