"""The page of rule cards is what its sources say: the seed, the scorecards' points, the figures of the last measurement."""

from __future__ import annotations

import json

import pytest

from bench.quality import dbt_macros
from bench.quality.rule_cards import PAGE, card, page, precision_at, read_figures, read_rules, shown

RULES = {rule["rule_id"]: rule for rule in read_rules()}


def test_page_is_made_from_the_present_seed_points_and_figures() -> None:
    assert PAGE.read_text() == page(read_rules(), read_figures()), (
        "a rule, a point or a figure has changed: run `make rule-cards`, or with ARGS=--keep-figures if no hit has changed"
    )


@pytest.mark.parametrize("rule_id", RULES)
def test_each_rule_has_a_card_with_all_that_the_seed_says_of_it(rule_id: str) -> None:
    text, rule = PAGE.read_text(), RULES[rule_id]
    own = text.split(f"\n### {rule_id}\n")[1].split("\n#")[0]
    for column in ("title", "proves", "does_not_prove", "kind", "status", "severity", "weight", "family"):
        assert rule[column] in own, column
    assert f"Minimum evidence: {rule['minimum_evidence']} order" in own
    for name, value in json.loads(rule["parameters"] or "{}").items():
        assert f"`{name}` {shown(value)}" in own


@pytest.mark.parametrize("subject", ["customer", "shop"])
def test_each_feature_of_a_scorecard_is_in_its_table_with_all_its_points(subject: str) -> None:
    table = PAGE.read_text().split(f"\n## Scorecard of {subject}s\n")[1].split("\n## ")[0]
    features = dbt_macros.scorecard_points()[subject]["features"]
    assert features
    for feature, bins in features.items():
        row = next(line for line in table.splitlines() if f"| `{feature}` |" in line)
        points = row.split("|")[-2]
        assert [int(worth.split()[-1]) for worth in points.split(",")] == [worth for _, worth in bins]
        assert "points of shops" in row or "deviations" in row or "share" in row or "number" in row
        assert not row.startswith("| - |"), "a sentence of scorecard_sentences speaks of the feature"


FIGURES = {
    "sets": [{"subjects": {"customer": {"abusive": 80}}}],
    "rules": {
        "night_orders": {
            "version": "1",
            "subjects": {
                "customer": {
                    "right": 20,
                    "wrong": 60,
                    "not_judged": 3,
                    "accusing_right": 15,
                    "accusing_wrong": 5,
                    "look_alikes": {"night_worker": 50, "plain": 10},
                    "strong": {"scripted_account": [5, 10], "account_farm": [8, 9]},
                }
            },
        }
    },
}


def test_card_says_how_right_a_rule_is_whom_it_hits_wrongly_and_what_it_finds() -> None:
    said = "\n".join(card(RULES["night_orders"] | {"version": "1"}, FIGURES))
    assert "80 customers hit, precision 0.25, recall 0.250" in said
    assert "with the severity that accuses 20 customers, precision 0.75, recall 0.188" in said
    assert "3 more are not to be judged" in said
    assert "Of strong abuse it hits most: account_farm 89%, scripted_account 50%." in said
    assert "night_worker 50, plain 10" in said


def test_card_of_a_new_rule_and_of_a_new_version_says_that_it_is_not_measured() -> None:
    assert list(card(RULES["order_burst"], FIGURES))[-1] == "- Measured: not yet."
    said = "\n".join(card(RULES["night_orders"] | {"version": "2"}, FIGURES))
    assert "Measured as version 1, which is not the present one." in said


def test_precision_of_a_review_falls_with_the_share_of_abusers() -> None:
    assert precision_at(0.5, found=0.6, accused=0.2) == pytest.approx(0.75)
    assert precision_at(0.01, found=0.5, accused=0.005) == pytest.approx(0.005 / (0.005 + 0.00495))
    assert precision_at(0.08, found=0, accused=0) == 0
