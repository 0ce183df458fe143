"""Print how generated campaigns compare with real days, so that a reader sees whether the honest background is realistic.

``python -m bench.quality.marginals REAL.csv [--set tuning]``: REAL.csv is an export of some real days in the contract's form.
Of every campaign of the set with the same terms, as many days are taken from its beginning: most of these figures depend on
how long one looks. The columns hold the real days, then the 10th, 50th and 90th percentile of the campaigns.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.quality.labelled.campaign import make_campaign
from bench.quality.labelled.sets import SEEDS, campaign_set

Columns = dict[str, np.ndarray]
NUMBERS = ("uid", "shop_id", "shop_owner_uid", "gmv", "rebate")
CAP, RATE_PERCENT, FULL = 20_000, 30, 66_667  # the terms of the real days
LEAST_ORDERS = 5  # below, a shop's shares say nothing


def measures(orders: Columns) -> dict[str, float]:
    """Return the figures of these orders by name. ``second`` counts from any midnight; money is in the currency's unit."""
    gmv, voucher = orders["gmv"], orders["rebate"] > 0
    hour = orders["second"] // 3600 % 24
    per_customer, per_shop = _counts(orders["uid"]), _counts(orders["shop_id"])
    pairs, orders_of_pair = np.unique(np.stack([orders["uid"], orders["shop_id"]]), axis=1, return_counts=True)
    shops_of_customer = np.unique(pairs[0], return_counts=True)
    exclusive = np.isin(pairs[0], shops_of_customer[0][shops_of_customer[1] == 1])
    again = np.isin(shops_of_customer[0], np.unique(orders["uid"])[per_customer > 1])
    shops_by_orders = np.sort(per_shop)[::-1]
    busy = np.unique(orders["shop_id"])[per_shop >= LEAST_ORDERS]
    rebate_share, same_amount, most_by_one = _of_busy_shops(orders, busy)
    favourite = np.zeros(len(per_customer), dtype=np.int64)
    np.maximum.at(favourite, np.unique(pairs[0], return_inverse=True)[1], orders_of_pair)
    quick = _within(orders, "uid", 1200)
    owners = np.unique(np.stack([orders["shop_owner_uid"], orders["shop_id"]]), axis=1)[0]
    figures = {
        "customers with one order": np.mean(per_customer == 1),
        "of the others, those at one shop only": np.mean(shops_of_customer[1][again] == 1) if again.any() else 0.0,
        "... their orders at their most used shop": favourite[again].sum() / max(1, per_customer[again].sum()),
        "customers who order again within 20 minutes": len(np.unique(orders["uid"][quick])) / len(per_customer),
        "orders within 5 minutes of the shop's order before": _within(orders, "shop_id", 300).mean(),
        "customers at a shop who buy nowhere else": exclusive.mean(),
        "orders by customers who return to the shop": orders_of_pair[orders_of_pair > 1].sum() / len(gmv),
        "shops with one order": np.mean(per_shop == 1),
        "orders at the ten largest shops": shops_by_orders[:10].sum() / len(gmv),
        "orders at the largest tenth of shops": shops_by_orders[: max(1, len(per_shop) // 10)].sum() / len(gmv),
        "owners with several shops": np.mean(_counts(owners) > 1),
        "orders by owners of shops": np.isin(orders["uid"], owners).mean(),
        "orders with a voucher": voucher.mean(),
        "... below 30,000": voucher[(gmv >= 1000) & (gmv < 30_000)].mean(),
        "... 30,000 to the optimum": voucher[(gmv >= 30_000) & (gmv < FULL)].mean(),
        "... from the optimum on": voucher[gmv >= FULL].mean(),
        "orders at the whole rebate": np.mean(orders["rebate"] == CAP),
        "amounts that are multiples of 1,000": np.mean(gmv % 1000 == 0),
        "... of 5,000": np.mean(gmv % 5000 == 0),
        "... of 10,000": np.mean(gmv % 10_000 == 0),
        "orders of 70,000": np.mean(gmv == 70_000),
        "orders of 100,000": np.mean(gmv == 100_000),
        "orders under 1,000": np.mean(gmv < 1000),
        **{f"amount, percentile {p}": np.percentile(gmv, p) for p in (10, 25, 50, 75, 90, 95, 99)},
        "orders 06 to 10 h": np.mean((hour >= 6) & (hour < 10)),
        "... 10 to 14 h": np.mean((hour >= 10) & (hour < 14)),
        "... 14 to 18 h": np.mean((hour >= 14) & (hour < 18)),
        "... 18 to 22 h": np.mean((hour >= 18) & (hour < 22)),
        "... 22 to 06 h": np.mean((hour >= 22) | (hour < 6)),
        "shops of 5 orders: rebate of turnover, median": np.median(rebate_share),
        "... most common amount, median share": np.median(same_amount),
        "... most orders by one customer, median share": np.median(most_by_one),
    }
    return {name: float(value) for name, value in figures.items()}


def _within(orders: Columns, column: str, seconds: int) -> np.ndarray:
    """Return which orders follow the one before with the same value in the column within so many seconds."""
    by_time = np.lexsort((orders["second"], orders[column]))
    same = np.diff(orders[column][by_time]) == 0
    follows = np.zeros(len(by_time), dtype=bool)
    follows[by_time[1:]] = same & (np.diff(orders["second"][by_time]) <= seconds)
    return follows


def _counts(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_counts=True)[1]


def _of_busy_shops(orders: Columns, shops: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    by_shop = np.argsort(orders["shop_id"], kind="stable")
    ids = orders["shop_id"][by_shop]
    begins, ends = np.searchsorted(ids, shops, side="left"), np.searchsorted(ids, shops, side="right")
    rows = [by_shop[begin:end] for begin, end in zip(begins, ends, strict=True)]

    def share_of(column: str) -> np.ndarray:
        return np.array([_counts(orders[column][of_shop]).max() / len(of_shop) for of_shop in rows])

    rebates = np.array([orders["rebate"][of_shop].sum() / orders["gmv"][of_shop].sum() for of_shop in rows])
    return rebates, share_of("gmv"), share_of("uid")


def read_orders(path: Path) -> Columns:
    """Read a file in the contract's form."""
    opened: Callable[..., object] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([round(float(row[name])) for row in rows], dtype=np.int64) for name in NUMBERS}
    times = np.array([row["txn_time"] for row in rows], dtype="datetime64[s]").astype(np.int64)
    return columns | {"second": times}


def first_days(orders: Columns, days: int) -> Columns:
    """Keep the orders of this many days from the first on."""
    day = orders["second"] // 86_400
    return {name: column[day < day.min() + days] for name, column in orders.items()}


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    wishes = _parser().parse_args(arguments)
    real = read_orders(wishes.real)
    days = len(np.unique(real["second"] // 86_400))
    generated = []
    for plan in campaign_set(wishes.set):
        if (plan.rate_percent, plan.cap) == (RATE_PERCENT, CAP):
            rows = make_campaign(plan)
            orders = {name: getattr(rows, name) for name in NUMBERS} | {"second": rows.txn_time.astype(np.int64)}
            generated.append(measures(first_days(orders, days)))
    print(f"| {days} days | real | 10 % | 50 % | 90 % of {len(generated)} campaigns |\n|---|---|---|---|---|")
    for name, value in measures(real).items():
        spread = np.percentile([figures[name] for figures in generated], (10, 50, 90))
        print(f"| {name} | {' | '.join(_figure(number) for number in (value, *spread))} |")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value > 1 else f"{value:.3f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=Path, help="an export of real days, with the terms 30 % up to 20,000")
    parser.add_argument("--set", choices=sorted(SEEDS), default="tuning")
    return parser


if __name__ == "__main__":
    main()
