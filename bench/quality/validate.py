"""Hold the published bands and scores against labelled campaigns that no fit has seen.

``make quality-labelled``: the folder in CAMPAIGN_LABELLED, else the own gate campaigns. Prints precision and recall, per
kind and strength, whether precision rises with the score, and what gradient boosting on the same features would find.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from bench.quality import features, fit
from bench.quality import subjects as labelled
from bench.quality.duckdb_build import build_models
from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.sets import campaign_set

EDGES = (0, 25, 50, 70, 90, 101)
LEAST = {"customer": (100, 20), "shop": (30, 20)}  # subjects and instances of an interval, else it joins the next one
TOLERANCE = 0.03
FOUND_OF_BOOSTING = 0.8
FEATURES = {"customer": features.CUSTOMER, "shop": features.SHOP}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where precision rises with the score and enough of what boosting finds is found, else 1."""
    wishes = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="campaign-labelled-") as name:
        work = Path(name)
        folder = wishes.campaigns or _written("gate", work)
        built = build_models(folder, work / "built")
        subjects, risk = labelled.read(built, folder), _read_risk(built)
        tuning = fit.read_built(_written("tuning", work), work) if wishes.boosting else None
        good = True
        for what in ("customer", "shop"):
            judged = _with_risk(getattr(subjects, f"{what}s"), risk[what], f"{what}_id")
            print_reached(what, judged)
            good &= print_rise(what, judged)
            if tuning:
                good &= print_boosting(what, judged, getattr(tuning, f"{what}s"))
    return 0 if good else 1


def _written(name: str, work: Path) -> Path:
    for _ in write_campaigns(campaign_set(name), work / name):
        pass
    return work / name


def _read_risk(built: Path) -> dict[str, pd.DataFrame]:
    with duckdb.connect(str(built), read_only=True) as duck:
        tables = ("customer", "shop")
        columns = "campaign_id, {0}_id, band, score as published"
        return {
            each: duck.execute(f"select {columns.format(each)} from campaign_build.{each}_risk").df() for each in tables
        }


def _with_risk(subjects: pd.DataFrame, risk: pd.DataFrame, key: str) -> pd.DataFrame:
    judged = subjects.merge(risk, on=["campaign_id", key], how="left")
    judged["reviewed"] = judged.band.isin(["review", "breach"])
    return judged[judged.label >= 0]


def print_reached(what: str, judged: pd.DataFrame) -> None:
    """Print precision and recall of band review and up, who is wrong, and recall per kind and strength."""
    right, planted = (judged.reviewed & (judged.label == 1)).sum(), (judged.label == 1).sum()
    flagged = judged.reviewed.sum()
    print(
        f"\n{what}s, band review and up: {right:,} right, {flagged - right:,} wrong, {planted:,} planted;"
        f" precision {right / max(1, flagged):.3f}, recall {right / max(1, planted):.3f}"
    )
    print("wrong by kind:", judged[judged.reviewed & (judged.label == 0)].kind.value_counts().to_dict())
    print(judged[judged.label == 1].pivot_table("reviewed", "kind", "strength").round(2).to_string())


def intervals(what: str, judged: pd.DataFrame) -> Iterator[tuple[str, int, float]]:
    """Yield name, subjects and precision of the score's intervals, breaches left out, merged until they have the least."""
    subjects = judged[judged.published.notna() & (judged.band != "breach")]
    most, instances = LEAST[what]
    low = EDGES[0]
    for high in EDGES[1:]:
        inside = subjects[(subjects.published >= low) & (subjects.published < high)]
        known = inside.instance.dropna().nunique() + (inside.kind == "plain").sum()
        if (len(inside) >= most and known >= instances) or high == EDGES[-1]:
            yield f"{low} to {high - 1}", len(inside), float((inside.label == 1).mean()) if len(inside) else 1.0
            low = high


def print_rise(what: str, judged: pd.DataFrame) -> bool:
    """Print the precision of each interval and return whether none lies below the one before it."""
    found = list(intervals(what, judged))
    print("precision by score:", ", ".join(f"{name}: {precision:.2f} of {count:,}" for name, count, precision in found))
    rises = all(later[2] >= earlier[2] - TOLERANCE for earlier, later in zip(found, found[1:], strict=False))
    print("precision rises with the score" if rises else "precision does NOT rise with the score")
    return rises


def print_boosting(what: str, judged: pd.DataFrame, tuning: pd.DataFrame) -> bool:
    """Print what boosting, trained on the tuning campaigns, finds at our precision, and return whether ours is near enough."""
    names = list(FEATURES[what])
    known = tuning[tuning.label >= 0]
    model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.06, random_state=1)
    scores = model.fit(known[names], known.label).predict_proba(judged[names])[:, 1]
    flagged = judged[judged.reviewed]
    precision, ours = (flagged.label == 1).mean(), (flagged.label == 1).sum()
    order = np.argsort(-scores)
    right = np.cumsum(judged.label.to_numpy()[order] == 1)
    good_enough = np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)
    theirs = int(right[good_enough[-1]]) if len(good_enough) else 0
    print(f"at precision {precision:.3f}: ours {ours:,}, boosting on the same features {theirs:,}")
    return ours >= FOUND_OF_BOOSTING * theirs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("CAMPAIGN_LABELLED")
    parser.add_argument(
        "--campaigns", type=Path, default=Path(given) if given else None, help="a folder of labelled campaigns"
    )
    parser.add_argument("--boosting", action="store_true", help="train the yardstick, too: some minutes more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
