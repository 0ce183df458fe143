"""Write labelled campaigns: a whole set, or those of given seeds. The same seed gives the same files."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.sets import SEEDS, campaign_set, plans_of


def main(arguments: list[str] | None = None) -> None:
    """Write the files and say what is in them."""
    wishes = _parser().parse_args(arguments)
    began = time.monotonic()
    plans = campaign_set(wishes.set) if wishes.set else plans_of(wishes.seed, wishes.seed if wishes.honest else ())
    for rows in write_campaigns(plans, wishes.out):
        customers = [label for _, label in rows.customer_labels.values()]
        print(
            f"{rows.plan.campaign_id} {rows.plan.name}: {len(rows.order_id):,} orders in {rows.plan.days} days,"
            f" {len(set(rows.uid.tolist())):,} customers, {customers.count(1):,} abusive, {customers.count(0):,} look-alikes"
        )
    print(f"written to {wishes.out} in {time.monotonic() - began:.1f} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--set", choices=sorted(SEEDS), help="all campaigns of a set")
    what.add_argument("--seed", type=int, nargs="+", help="campaigns of these seeds")
    parser.add_argument("--honest", action="store_true", help="with --seed: plant no abuse")
    parser.add_argument("--out", type=Path, required=True, help="the folder; files in it are replaced")
    return parser


if __name__ == "__main__":
    main()
