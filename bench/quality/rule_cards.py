"""``make rule-cards``: write docs/rules.md, a card per fraud rule and the scorecards' points.

Texts and parameters come from the seed fraud_rule, points from the macro scorecard_points, figures from a build of the gate
campaigns (and of the folder in CAMPAIGN_LABELLED, where it is set), which are kept in rule_figures.json. The page is made from
these files alone: ``--keep-figures`` writes it without a build.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.quality import dbt_macros
from bench.quality.duckdb_build import DBT_PROJECT
from bench.quality.labelled.abuse import ABUSE
from bench.quality.labelled.lookalikes import LOOKALIKES
from bench.quality.labels import SUBJECTS

PAGE = DBT_PROJECT.parent / "docs" / "rules.md"
FIGURES = Path(__file__).with_name("rule_figures.json")
SHARES_OF_ABUSERS = (0.08, 0.01, 0.001)
KINDS_SHOWN = 6
PLACE = re.compile(r"\{(\w+)[^}]*\}")  # of a count in a sentence, with the words that follow one and many

HEAD = """\
# Rules and scorecards

Written by `make rule-cards` from `dbt/seeds/fraud_rule.csv`, the points of the scorecards and a measurement. An edit
here is lost.

Figures were measured on {date} on {set}, on which no
rule and no point was fitted. A subject is a customer or a shop; of a pair, ring or group each member counts.
*Precision* is the share of abusive ones among the subjects that a rule hits, *recall* the share of all abusive subjects
that it hits. These campaigns hold far more abuse, and far more of what looks like it, than real ones: compare rules by
these figures, and read the next table for what a review means. The last table explains the kinds.

## What a review means

How often a review is right depends on how many abusers there are. Computed from the shares of abusive and of honest
subjects in review and breach, which do not depend on it:
"""
SCORECARD = """\
## Scorecard of {subject}s

A {subject} starts at {start} points, each feature adds those of its bin, and the sum, held between 0 and 100, is the score.
From {review} on it is a review. Ten points are a factor of e in likelihood.

| what the reason says | feature | measured in | points |
|---|---|---|---|"""

Figures = Mapping[str, Any]


def main(arguments: list[str] | None = None) -> None:
    """Measure, unless the figures are to be kept, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep-figures", action="store_true", help="write the page with the figures of the last time")
    if not parser.parse_args(arguments).keep_figures:
        from bench.quality.rule_figures import measure  # needs a DuckDB build, which the page alone does not

        write_figures(measure(read_rules()))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(read_rules(), read_figures()))


def read_rules() -> list[dict[str, str]]:
    """Return the rows of the seed fraud_rule."""
    with (DBT_PROJECT / "seeds" / "fraud_rule.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def read_figures() -> dict[str, Any]:
    """Return what was measured last."""
    return json.loads(FIGURES.read_text())


def write_figures(figures: Figures) -> None:
    """Keep what was measured, a line per rule, so that a change of one rule is a change of one line."""
    rules = ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in figures["rules"].items())
    others = json.dumps({name: value for name, value in figures.items() if name != "rules"})
    FIGURES.write_text(f'{others[:-1]}, "rules": {{\n{rules}\n}}}}\n')


def page(rules: Sequence[Mapping[str, str]], figures: Figures) -> str:
    """Return the whole page."""
    lines = [HEAD.format(**figures), *_base_rates(figures), "", *_overview(rules, figures)]
    for rule in rules:
        lines += ["", *card(rule, figures)]
    for subject in reversed(SUBJECTS):
        lines += ["", *_scorecard(subject)]
    lines += ["", *_kinds()]
    return "\n".join(lines) + "\n"


def card(rule: Mapping[str, str], figures: Figures) -> Iterator[str]:
    """Yield the card of one rule."""
    accuses = "only describes: it supports other rules" if rule["descriptive"] == "1" else "accuses"
    yield f"### {rule['rule_id']}\n"
    subject = rule["subject"].replace("_", " ")
    yield f"**{rule['title']}.** Subject: {subject}; kind: {rule['kind']}; status: {rule['status']}; version {rule['version']}.\n"
    yield f"- Finds: {rule['proves']}"
    yield f"- Does not prove: {rule['does_not_prove']}"
    weighs = f"{rule['weight']} points, severity {rule['severity']}, family {rule['family']}"
    yield f"- Weighs: {weighs}; {accuses}. Minimum evidence: {_count(int(rule['minimum_evidence']), 'order')}."
    parameters = json.loads(rule["parameters"] or "{}")
    yield f"- Parameters: {', '.join(f'`{name}` {shown(value)}' for name, value in parameters.items()) or 'none'}."
    measured = figures["rules"].get(rule["rule_id"])
    if measured is None:
        yield "- Measured: not yet."
        return
    if measured["version"] != rule["version"]:
        yield f"- Measured as version {measured['version']}, which is not the present one."
    if not measured["subjects"]:
        yield "- Measured: no hit on a customer or shop."
    for subject, each in measured["subjects"].items():
        yield from _measured(subject, each, figures["sets"][0]["subjects"][subject]["abusive"])


def _measured(subject: str, each: Figures, abusive: int) -> Iterator[str]:
    hits, accusing = each["right"] + each["wrong"], each["accusing_right"] + each["accusing_wrong"]
    said = [f"{_count(hits, subject)} hit, {_precision_and_recall(each['right'], hits, abusive)}"]
    if 0 < accusing < hits:
        reached = _precision_and_recall(each["accusing_right"], accusing, abusive)
        said.append(f"with the severity that accuses {_count(accusing, subject)}, {reached}")
    if each["not_judged"]:
        said.append(f"{each['not_judged']:,} more are not to be judged")
    yield f"- Measured: {'; '.join(said)}."
    most = sorted(each["strong"].items(), key=lambda kind: (-kind[1][0] / kind[1][1], kind[0]))
    found = [f"{kind} {hit / planted:.0%}" for kind, (hit, planted) in most[:KINDS_SHOWN]]
    if found:
        yield f"- Of strong abuse it hits most: {', '.join(found)}."
    alike = sorted(each["look_alikes"].items(), key=lambda kind: (-kind[1], kind[0]))
    if alike:
        shown = ", ".join(f"{kind} {count:,}" for kind, count in alike[:KINDS_SHOWN])
        more = f" and {len(alike) - KINDS_SHOWN} other kinds" if len(alike) > KINDS_SHOWN else ""
        yield f"- Look-alikes ({subject}s hit wrongly): {shown}{more}."


def precision_at(share: float, found: float, accused: float) -> float:
    """Return the precision where ``share`` of all are abusers. found, accused: share of abusive and of honest ones in review."""
    right, wrong = share * found, (1 - share) * accused
    return right / (right + wrong) if right + wrong else 0.0


def _base_rates(figures: Figures) -> Iterator[str]:
    columns = " | ".join(f"right at {100 * share:g} % abusers" for share in SHARES_OF_ABUSERS)
    yield f"| set | subjects | abusive in review | honest in review | {columns} |"
    yield f"|---|---|---|---|{'---|' * len(SHARES_OF_ABUSERS)}"
    for each in figures["sets"]:
        for subject, counts in each["subjects"].items():
            found = counts["abusive_in_review"] / max(1, counts["abusive"])
            accused = counts["honest_in_review"] / max(1, counts["honest"])
            shares = (f"{precision_at(share, found, accused):.0%}" for share in SHARES_OF_ABUSERS)
            yield f"| {each['name']} | {subject}s | {found:.1%} | {accused:.2%} | {' | '.join(shares)} |"


def _overview(rules: Sequence[Mapping[str, str]], figures: Figures) -> Iterator[str]:
    yield "## Rules\n"
    yield "| rule | kind | status | subjects hit | precision | recall |\n|---|---|---|---|---|---|"
    for rule in rules:
        measured = figures["rules"].get(rule["rule_id"], {"subjects": {}})["subjects"]
        name = f"| [{rule['rule_id']}](#{rule['rule_id']}) | {rule['kind']} | {rule['status']} |"
        for subject, each in measured.items():
            hits, abusive = each["right"] + each["wrong"], figures["sets"][0]["subjects"][subject]["abusive"]
            reached = f"{_ratio(each['right'], hits)} | {_ratio(each['right'], abusive, 3)}"
            yield f"{name} {_count(hits, subject)} | {reached} |"
        if not measured:
            yield f"{name} - | - | - |"


def _scorecard(subject: str) -> Iterator[str]:
    points, sentences = dbt_macros.scorecard_points()[subject], dbt_macros.scorecard_sentences(subject)
    expressions = dbt_macros.scorecard_features(subject)
    review = dbt_macros.project_variable("review_score")
    yield SCORECARD.format(subject=subject, start=review + points["start"], review=review)
    for feature, bins in points["features"].items():
        said = PLACE.sub(lambda place: f"*{place[1].replace('_', ' ')}*", sentences.get(feature, "-"))
        steps = [f"from {bound:g}: {_signed(worth)}" for bound, worth in bins[:-1]] + [f"else {_signed(bins[-1][1])}"]
        yield f"| {said} | `{feature}` | {_unit(expressions[feature])} | {', '.join(steps)} |"


def _unit(expression: str) -> str:
    if "sqrt(" in expression:
        return "standard deviations beyond the campaign's share"
    if "shop_points" in expression:
        return "points of shops, 0 is a review"
    return "share" if "1e0 *" in expression else "number"


def _kinds() -> Iterator[str]:
    yield "## Kinds in the measured campaigns\n"
    yield "| kind | what happens |\n|---|---|"
    for title, functions in (("abuse", ABUSE), ("look-alike", LOOKALIKES)):
        for function in sorted(functions, key=lambda each: each.__name__):
            story = (function.__doc__ or "").strip().splitlines()[0]
            yield f"| {function.__name__} ({title}) | {story} |"


def shown(value: object) -> str:
    """Return a parameter's value as the page shows it."""
    return f"{value:,}" if isinstance(value, int | float) else json.dumps(value)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _precision_and_recall(right: int, hits: int, abusive: int) -> str:
    return f"precision {_ratio(right, hits)}, recall {_ratio(right, abusive, 3)}"


def _ratio(part: int, whole: int, decimals: int = 2) -> str:
    return f"{part / whole:.{decimals}f}" if whole else "-"


def _signed(points: int) -> str:
    return f"{points:+d}" if points else "0"


if __name__ == "__main__":
    main()
