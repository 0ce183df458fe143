#!/usr/bin/env python3
"""Generate a campaign's transaction CSV: honest orders, planted abuse, honest look-alikes; the same for the same seed.

The defaults make the file in include/data_sample, campaign 2. With --labels the truth about every planted subject is
written too, so that a detector's precision and recall can be counted; with --bad-share lines are mixed in that the
input contract must reject, and --rejections says which. Ten million rows take about ten seconds of two quiet cores and
360 MB of memory. See --list-scenarios for what is planted.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "include"))

from campaign_sample import Plan, PlanError, Summary, write_sample  # noqa: E402  (needs the path above)
from campaign_sample.scenarios import SCENARIOS  # noqa: E402

DEFAULT_OUT = ROOT / "include" / "data_sample" / "transaction_data.csv"
ROWS_BETWEEN_REPORTS = 2_000_000


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the file is written, 2 when the wishes cannot be granted or the file cannot be written."""
    wishes = _parser().parse_args(arguments)
    if wishes.list_scenarios:
        print(_scenario_list())
        return 0
    packed = wishes.gzip or wishes.out.suffix == ".gz"
    out = wishes.out if wishes.out.suffix == ".gz" or not packed else wishes.out.with_name(wishes.out.name + ".gz")
    try:
        plan = Plan(
            rows=wishes.rows,
            seed=wishes.seed,
            start=wishes.start,
            days=wishes.days,
            cases=wishes.cases,
            noise=wishes.noise,
            only=tuple(name for name in wishes.only.split(",") if name),
            sizes=dict(wishes.size),
            rate_percent=wishes.rate_percent,
            cap=wishes.cap,
            bad_share=wishes.bad_share,
        )
        summary = write_sample(
            plan,
            out,
            labels=wishes.labels,
            rejections=wishes.rejections,
            compress=packed,
            progress=_report_progress(plan),
        )
    except PlanError as problem:
        print(f"generate_sample: {problem}", file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"generate_sample: cannot write {problem.filename}: {problem.strerror}.", file=sys.stderr)
        return 2
    print(_in_words(out, summary))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Help)
    file = parser.add_argument_group("the file")
    file.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where to write; a name in .gz is compressed")
    file.add_argument("--rows", type=int, default=Plan.rows, help="lines after the header, good and bad")
    file.add_argument("--seed", type=int, default=Plan.seed, help="the same seed gives the same bytes")
    file.add_argument("--gzip", action="store_true", help="compress, and add .gz to the name where it lacks it")
    campaign = parser.add_argument_group("the campaign")
    campaign.add_argument("--start", type=_day, default=Plan.start, metavar="YYYY-MM-DD", help="first day")
    campaign.add_argument("--days", type=int, default=Plan.days, help="number of days")
    campaign.add_argument("--rate-percent", type=int, default=Plan.rate_percent, help="rebate in percent of the order")
    campaign.add_argument("--cap", type=int, default=Plan.cap, help="largest rebate of an order")
    planted = parser.add_argument_group("what is planted")
    planted.add_argument("--labels", type=Path, help="write the truth about planted subjects here, not beside --out")
    planted.add_argument(
        "--cases",
        type=int,
        help="cases of each scenario (default: 2 from 3,000 rows on, 1 per 10,000 later, at most 300)",
    )
    planted.add_argument("--only", default="", metavar="NAME,NAME", help="plant these scenarios only")
    planted.add_argument("--noise", type=float, default=Plan.noise, help="0 to 1: ordinary buying around the abuse")
    planted.add_argument(
        "--size",
        type=_size,
        action="append",
        default=[],
        metavar="SCENARIO.PARAMETER=LOW-HIGH",
        help="change a scenario's size, such as owner_ring.members=5-8; may be repeated",
    )
    planted.add_argument("--list-scenarios", action="store_true", help="say what can be planted, with sizes, and end")
    bad = parser.add_argument_group("bad lines")
    bad.add_argument("--bad-share", type=float, default=Plan.bad_share, help="0 to 0.5: share of lines to be rejected")
    bad.add_argument("--rejections", type=Path, help="write line number and reason code of every bad line here")
    return parser


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keep the lines of the description, and show a default where there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it as 2026-06-10") from None


def _size(text: str) -> tuple[str, tuple[int, int]]:
    name, _, bounds = text.partition("=")
    low, _, high = bounds.partition("-")
    try:
        return name, (int(low), int(high or low))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write it as owner_ring.members=5-8") from None


def _scenario_list() -> str:
    lines = []
    for scenario in SCENARIOS:
        lines.append(f"{scenario.kind:6} {scenario.name}: {' '.join(scenario.story.split())}")
        lines.extend(f"         {scenario.name}.{size}={low}-{high}" for size, (low, high) in scenario.sizes.items())
    return "\n".join(lines)


def _report_progress(plan: Plan):
    reported = 0

    def report(rows: int) -> None:
        nonlocal reported
        if rows - reported >= ROWS_BETWEEN_REPORTS:
            reported = rows
            print(f"{rows:,} of {plan.good_rows:,} rows", file=sys.stderr)

    return report


def _in_words(out: Path, summary: Summary) -> str:
    words = (
        f"{out}: {summary.good_rows + summary.bad_rows:,} rows, of them {summary.planted_orders:,} planted in "
        f"{summary.cases:,} cases, in {summary.seconds:.1f} s"
    )
    if summary.bad_rows:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(summary.reasons.items()))
        words += f"; {summary.bad_rows:,} bad rows: {reasons}"
    return words


if __name__ == "__main__":
    sys.exit(main())
