"""Precision, recall and money recall of the fraud rules, over generated campaigns with planted abuse and honest look-alikes.

All campaigns go into one database of a server of its own, one dbt build judges them, and the answer keys count. Weights and
bands were tuned on TUNING; what is reported comes from REPORTING, which nobody looked at while tuning. ``make quality``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.own_server import own_server
from bench.quality import judge
from bench.quality.campaigns import DrawnCampaign, Label, load, project_with
from campaign.settings import Settings

TUNING = range(101, 113)
REPORTING = range(501, 513)
TARGET_PRECISION, TARGET_RECALL = 0.95, 0.90


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where the targets are met, 1 where they are not."""
    wishes = _parser().parse_args(arguments)
    seeds = wishes.seeds or list(TUNING if wishes.tuning else REPORTING)
    campaigns = [DrawnCampaign(seed, place, wishes.rows, wishes.cases) for place, seed in enumerate(seeds)]
    with tempfile.TemporaryDirectory(prefix="campaign-quality-") as name:
        folder = Path(name)
        with own_server(folder) as settings:
            labels = [label for campaign in campaigns for label in load(campaign, settings, folder)]
            seconds = build(settings, project_with(campaigns, folder), folder / "target")
            found = judge.read_found(settings)
    print(
        f"{len(seeds)} campaigns of {wishes.rows:,} orders, seeds {seeds[0]} to {seeds[-1]}; dbt build {seconds:.0f} s\n"
    )
    return report(labels, found)


def build(settings: Settings, project: Path, target: Path) -> float:
    """Run dbt build and return the seconds it took. Raises what dbt said where it fails."""
    environment = os.environ | {
        "MYSQL_HOST": settings.mysql_host,
        "MYSQL_PORT": str(settings.mysql_port),
        "MYSQL_USER": settings.mysql_user,
        "MYSQL_PASSWORD": settings.mysql_password.get_secret_value(),
    }
    began = time.monotonic()
    # What chance would give is a part of sentences and of no score, and costs more than all else for so many campaigns.
    variables = ["--vars", "chance_shuffles: 0"]
    dbt = [
        "dbt",
        "build",
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        target,
        "--quiet",
        *variables,
    ]
    subprocess.run(list(map(str, dbt)), check=True, env=environment, cwd=project)
    return time.monotonic() - began


def report(labels: list[Label], found: judge.Found) -> int:
    """Print the tables of bench/README.md and what is wrong in them; return 0 where the targets are met."""
    whole = judge.score_of_list(labels, found)
    lists = {
        "all rules, band review and up": whole,
        "the two under-1,000 rules": judge.score_of_rules_alone(labels, found, judge.UNDER_1000),
        "the three promised rules": judge.score_of_rules_alone(labels, found, judge.PROMISED),
    }
    print_table("list", lists.items())
    rules = sorted(found.minimum.keys() - {"enforcement_grain"})
    print_table("rule, every hit", ((rule, judge.score_of_rule(labels, found, rule)) for rule in rules))
    wrong, missed = judge.wrongly_flagged(labels, found), judge.missed(labels, found)
    traps = Counter(scenario for _, scenario in wrong if scenario != "crowd")
    print("honest look-alikes in band review or up:", dict(traps) or "none")
    print("others wrongly flagged:", sum(scenario == "crowd" for _, scenario in wrong))
    print("planted and not flagged, by scenario:", dict(Counter(scenario for _, scenario in missed)) or "none")
    met = whole.precision >= TARGET_PRECISION and whole.recall >= TARGET_RECALL and not traps
    print(
        f"\nTarget (precision {TARGET_PRECISION}, recall {TARGET_RECALL}, no look-alike): {'met' if met else 'NOT met'}"
    )
    return 0 if met else 1


def print_table(what: str, scores: Iterable[tuple[str, judge.Score]]) -> None:
    """Print a Markdown table."""
    print(f"| {what} | flagged | precision | planted | recall | money recall |\n|---|---|---|---|---|---|")
    for name, score in scores:
        ratios = [_ratio(score.precision), _ratio(score.recall), _ratio(score.money_recall)]
        print(f"| {name} | {score.flagged:,} | {ratios[0]} | {score.planted:,} | {ratios[1]} | {ratios[2]} |")
    print()


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true", help="the seeds that weights and bands may be tuned on")
    parser.add_argument("--seeds", type=int, nargs="+", help="these seeds instead")
    parser.add_argument("--rows", type=int, default=8_000, help="orders per campaign")
    parser.add_argument("--cases", type=int, default=4, help="cases of every scenario per campaign")
    return parser


if __name__ == "__main__":
    sys.exit(main())
