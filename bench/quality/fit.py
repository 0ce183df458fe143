"""Fit the scorecards of shops and customers on the project's own tuning campaigns and write their points into the dbt project.

``make scorecard``. Labelled campaigns of other makers only validate: ``--validate FOLDER`` prints how the card does there.
"""

from __future__ import annotations

import argparse
import pprint
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bench.quality import card as cards
from bench.quality import features, report
from bench.quality import subjects as labelled
from bench.quality.duckdb_build import DBT_PROJECT, build_models
from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.sets import campaign_set
from bench.quality.measures import Judged

POINTS_FILE = DBT_PROJECT / "macros" / "fraud" / "scorecard_points.sql"
FOLDS = 6
LEAST_PRECISION = {
    "shop": 0.8,
    "customer": 0.885,
}  # of a review, on tuning campaigns that a fit has not seen; they are harder than others
HEAD = """\
{# Written by `make scorecard`: bins from the highest down, [from, points]; the last holds whatever is lower. #}
"""


def main(arguments: list[str] | None = None) -> None:
    """Fit, write the points, and print what was reached."""
    wishes = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="campaign-scorecard-") as name:
        work = Path(name)
        tuning = wishes.campaigns or work / "tuning"
        if not wishes.campaigns:
            write_campaigns(campaign_set("tuning"), tuning)
        subjects = read_built(tuning, work)
        shop, customer = fit_cards(subjects)
        write_points(shop, customer)
        print("The points are written. `make rule-cards` puts them into docs/rules.md.")
        print_reached("tuning campaigns, in-sample", subjects, shop, customer)
        if wishes.validate:
            print_reached(str(wishes.validate), read_built(wishes.validate, work), shop, customer)


def read_built(campaigns: Path, work: Path) -> labelled.Subjects:
    """Build the features of a folder of labelled campaigns and read them."""
    return labelled.read(build_models(campaigns, work / "built", "+int_customer_score"), campaigns)


def fit_cards(subjects: labelled.Subjects) -> tuple[cards.Card, cards.Card]:
    """Fit the card of shops, then the card of customers on its points; 50 is where unseen campaigns reach the precision."""
    campaigns = sorted(subjects.customers.campaign_id.unique())
    unseen = [_fit_and_apply(subjects, set(campaigns[place::FOLDS])) for place in range(FOLDS)]
    shops, customers = (pd.concat(frames) for frames in zip(*unseen, strict=True))
    shop = fit_shops(subjects)
    shop = replace(shop, start=-least_points(shops, LEAST_PRECISION["shop"]))
    customer = fit_customers(subjects, shop)
    return shop, replace(customer, start=-least_points(customers, LEAST_PRECISION["customer"]))


def _fit_and_apply(subjects: labelled.Subjects, held_out: set[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    seen = subjects.of(set(subjects.customers.campaign_id) - held_out)
    shop = fit_shops(seen)
    return apply_cards(subjects.of(held_out), shop, fit_customers(seen, shop))


def fit_shops(subjects: labelled.Subjects) -> cards.Card:
    """Fit the card of shops; it starts at 0."""
    return cards.fit(subjects.shops, features.SHOP, *labelled.shop_targets(subjects))


def fit_customers(subjects: labelled.Subjects, shop: cards.Card) -> cards.Card:
    """Fit the card of customers on that of shops; it starts at 0."""
    people = labelled.with_shop_points(subjects, shop.sum_up(subjects.shops))
    return cards.fit(people, features.CUSTOMER, *labelled.customer_targets(people))


def apply_cards(
    subjects: labelled.Subjects, shop: cards.Card, customer: cards.Card
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the shops and the customers with their points."""
    points = shop.sum_up(subjects.shops)
    people = labelled.with_shop_points(subjects, points)
    return subjects.shops.assign(points=points), people.assign(points=customer.sum_up(people))


def least_points(judged: pd.DataFrame, precision: float) -> int:
    """Return the fewest points from which on, and at every higher bound, the precision is reached."""
    known = judged[judged.label >= 0].groupby("points").label.agg(["sum", "size"]).sort_index(ascending=False).cumsum()
    short = known[(known["sum"] / known["size"] < precision) & (known["size"] >= 30)]
    return int(known.index.min() if short.empty else short.index.max() + 1)


def print_reached(name: str, subjects: labelled.Subjects, shop: cards.Card, customer: cards.Card) -> None:
    """Print precision and recall from 0 points on, which is the review, and per kind."""
    for what, judged in zip(("shop", "customer"), apply_cards(subjects, shop, customer), strict=True):
        print(f"\n{name}:", *report.of_subjects(what, _as_judged(judged)), sep="\n")


def _as_judged(subjects: pd.DataFrame) -> list[Judged]:
    columns = subjects[["campaign_id", "kind", "strength", "instance", "label"]].astype(object)
    bands = subjects.points.ge(0).map({True: "review", False: "watch"})
    return [Judged(*values, band, None) for values, band in zip(columns.itertuples(index=False), bands, strict=True)]


def write_points(shop: cards.Card, customer: cards.Card) -> None:
    """Write the macro that the models read."""
    both = {
        name: {"start": card.start, "features": card.as_bins()}
        for name, card in (("shop", shop), ("customer", customer))
    }
    text = pprint.pformat(both, sort_dicts=False, width=125).replace("\n", "\n  ")
    POINTS_FILE.write_text(f"{HEAD}{{% macro scorecard_points() %}}\n  {{{{- return({text}) -}}}}\n{{% endmacro %}}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=Path, help="a folder of labelled campaigns instead of the tuning set")
    parser.add_argument("--validate", type=Path, help="a folder of labelled campaigns that the fit does not see")
    return parser


if __name__ == "__main__":
    main()
