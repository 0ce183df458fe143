"""``make quality``: whom the published bands accuse, held against labelled campaigns and against other methods.

1. The project's own gate campaigns, which no fit has seen.
2. Labelled campaigns of other makers, from the folder in CAMPAIGN_LABELLED, where it is set.
3. Yardsticks on the same orders: gradient boosting on the scorecard's features, trained on the tuning campaigns, and
   FRAUDAR-style greedy peeling of the graph of customers and shops.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from bench.quality import features, labels, report, yardsticks
from bench.quality.comparison import compare
from bench.quality.duckdb_build import PUBLISHED, build_models
from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.sets import SEEDS, campaign_set
from bench.quality.measures import BANDS_THAT_ACCUSE, Measured, falls, read_measured, score_intervals

FEATURES = {"customer": features.CUSTOMER, "shop": features.SHOP}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where precision rises with the score and enough of what boosting finds is found, else 1."""
    wishes = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="campaign-quality-") as name:
        work = Path(name)
        gate = f"Own gate campaigns, seeds {SEEDS['gate'][0]} to {SEEDS['gate'][-1]}"
        folders = {gate: write_set("gate", work)}
        if wishes.campaigns:
            folders[f"Labelled campaigns in {wishes.campaigns.name}"] = wishes.campaigns
        tuning = None if wishes.no_yardsticks else _read_tuning(work)
        good = True
        for title, folder in folders.items():
            built = build_models(folder, work / "built", PUBLISHED)
            measured = read_measured(built, folder)
            print(*report.of_campaigns(title, measured), sep="\n", flush=True)
            good &= _rises(measured)
            if tuning:
                good &= _print_yardsticks(built, folder, tuning)
    return 0 if good else 1


def write_set(name: str, work: Path) -> Path:
    """Write a set of the project's own campaigns into a folder of ``work`` and return it."""
    write_campaigns(campaign_set(name), work / name)
    return work / name


def _read_tuning(work: Path) -> dict[str, pd.DataFrame]:
    folder = write_set("tuning", work)
    built = build_models(folder, work / "built", "+int_customer_score")
    with duckdb.connect(str(built), read_only=True) as duck:
        return {subject: duck.execute(labels.labelled(subject, folder)).df() for subject in labels.SUBJECTS}


def _rises(measured: Measured) -> bool:
    return not any(falls(score_intervals(subject, each)) for subject, each in measured.subjects.items())


def _print_yardsticks(built: Path, folder: Path, tuning: dict[str, pd.DataFrame]) -> bool:
    with duckdb.connect(str(built), read_only=True) as duck:
        known = {subject: duck.execute(labels.judged(subject, folder)).df() for subject in labels.SUBJECTS}
        visits = duck.execute(
            "select campaign_id, customer_id, shop_id, orders from campaign_build.int_shop_buyer"
        ).df()
    peeled = yardsticks.peeling_scores(visits)
    good = True
    for subject, everybody in known.items():
        judged = everybody[everybody.label >= 0]
        keys = pd.MultiIndex.from_frame(judged[["campaign_id", f"{subject}_id"]])
        scores = {
            "gradient boosting": yardsticks.boosting_scores(tuning[subject], judged, list(FEATURES[subject])),
            "greedy peeling": peeled[subject].reindex(keys).fillna(0).to_numpy(),
        }
        abusive, accused = judged.label.to_numpy() == 1, judged.band.isin(BANDS_THAT_ACCUSE).to_numpy()
        kinds = list(zip(judged.kind, judged.strength, strict=True))
        compared = {name: compare(abusive, accused, kinds, each) for name, each in scores.items()}
        print(*report.of_yardsticks(subject, compared), sep="\n", flush=True)
        good &= compared["gradient boosting"].shared_share >= report.TARGET_OF_YARDSTICK
    return good


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("CAMPAIGN_LABELLED")
    parser.add_argument(
        "--campaigns", type=Path, default=Path(given) if given else None, help="a folder of labelled campaigns"
    )
    parser.add_argument("--no-yardsticks", action="store_true", help="leave out the third part, which takes longest")
    return parser


if __name__ == "__main__":
    sys.exit(main())
