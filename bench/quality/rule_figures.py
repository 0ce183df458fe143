"""How right each fraud rule is: whom it hits, on the project's gate campaigns."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from bench.quality import labels
from bench.quality.duckdb_build import PUBLISHED, build_models
from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.sets import SEEDS, campaign_set
from bench.quality.measures import judgeable, read_measured


def measure(rules: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return date, set, sets (name and subjects in review, the gate campaigns first) and what each rule hits on these."""
    seeds = SEEDS["gate"]
    with tempfile.TemporaryDirectory(prefix="campaign-rules-") as name:
        work = Path(name)
        write_campaigns(campaign_set("gate"), work / "gate")
        built = build_models(work / "gate", work / "built", PUBLISHED)
        sets = [{"name": "the project's gate campaigns", "subjects": _in_review(built, work / "gate")}]
        hits, orders = _hits(built, work / "gate")
        if other := os.environ.get("CAMPAIGN_LABELLED"):
            built = build_models(Path(other), work / "built", PUBLISHED)
            sets.append({"name": "campaigns of another maker", "subjects": _in_review(built, Path(other))})
    return {
        "date": date.today().isoformat(),
        "set": f"the project's {len(seeds)} gate campaigns (seeds {seeds[0]} to {seeds[-1]}, {orders:,} orders)",
        "sets": sets,
        "rules": {
            rule["rule_id"]: {"version": rule["version"], "subjects": hits.get(rule["rule_id"], {})} for rule in rules
        },
    }


def _in_review(built: Path, campaigns: Path) -> dict[str, dict[str, int]]:
    counts = {}
    for subject, everybody in read_measured(built, campaigns).subjects.items():
        known = judgeable(everybody)
        counts[subject] = {
            "abusive": sum(each.label == 1 for each in known),
            "honest": sum(each.label == 0 for each in known),
            "abusive_in_review": sum(each.accused and each.label == 1 for each in known),
            "honest_in_review": sum(each.accused and each.label == 0 for each in known),
        }
    return counts


def _hits(built: Path, campaigns: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """Return rule -> subject -> counts of whom it hits, and the number of orders."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    with duckdb.connect(str(built), read_only=True) as duck:
        orders = duck.execute("select count(*) from campaign_build.stg_campaign_raw__transaction").fetchone()[0]
        for subject in labels.SUBJECTS:
            known = labels.labelled(subject, campaigns)
            planted = {
                kind: count
                for kind, count in duck.execute(
                    f"select kind, count(*) from ({known}) where label = 1 and strength = 'strong' group by kind"
                ).fetchall()
            }
            rows = duck.execute(
                f"""
                with hits as (
                    select campaign_id, rule_id, {subject}_id, max(accuses) as accuses
                    from campaign_build.int_fraud_evidence
                    where (subject_type = 'shop') = ('{subject}' = 'shop')
                    group by campaign_id, rule_id, {subject}_id
                )
                select rule_id, kind, strength, label, count(*), sum(accuses)
                from hits inner join ({known}) as known using (campaign_id, {subject}_id)
                group by rule_id, kind, strength, label
                order by rule_id, kind, strength, label
                """
            ).fetchall()
            for rule_id, kind, strength, label, count, accusing in rows:
                each = found[rule_id].setdefault(subject, _nothing_hit(planted))
                each[{1: "right", 0: "wrong", -1: "not_judged"}[label]] += count
                if label == 1 and strength == "strong":
                    each["strong"][kind][0] += count
                if label == 0:
                    each["look_alikes"][kind] = each["look_alikes"].get(kind, 0) + count
                if label >= 0:
                    each["accusing_right" if label else "accusing_wrong"] += int(accusing)
    for each in (each for subjects in found.values() for each in subjects.values()):
        each["strong"] = {kind: counts for kind, counts in each["strong"].items() if counts[0]}
    return found, orders


def _nothing_hit(planted: Mapping[str, int]) -> dict[str, Any]:
    counts = dict.fromkeys(("right", "wrong", "not_judged", "accusing_right", "accusing_wrong"), 0)
    return {**counts, "look_alikes": {}, "strong": {kind: [0, count] for kind, count in planted.items()}}
