"""What was measured, as Markdown: the lines and tables that `make quality` and `make scorecard` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from bench.quality.comparison import Comparison
from bench.quality.measures import (
    FIRST,
    Interval,
    Judged,
    Measured,
    falls,
    precision_of_first,
    reach,
    score_intervals,
)

STRENGTHS = ("strong", "medium", "thin")
# Aimed at on campaigns that nobody looked at while tuning: precision and recall.
TARGETS = {"customer": (0.95, 0.65), "shop": (0.90, 0.50), "money": (0.80, 0.65)}
TARGET_OF_FIRST = {"customer": 0.95, "shop": 0.80}
TARGET_OF_KINDS = 0.75  # share of kinds of which at least half of the strong customers are found
TARGET_PER_1000_ORDERS, TARGET_MONEY_SHARE = 0.3, 0.01
TARGET_OF_YARDSTICK = 0.8  # of what boosting finds, ours finds as much


def of_campaigns(name: str, measured: Measured) -> Iterator[str]:
    """Yield the lines about one folder of campaigns."""
    reached = {subject: reach(each) for subject, each in measured.subjects.items()}
    money = measured.money
    ratios = {subject: (each.precision, each.recall) for subject, each in reached.items()}
    ratios["money"] = money.right / max(1.0, money.claimed), money.right / max(1.0, money.planted)
    yield f"\n## {name}\n\n| band review and up | precision | aimed at | recall | aimed at |\n|---|---|---|---|---|"
    for what, (precision, recall) in ratios.items():
        yield f"| {what} | {precision:.3f} | {TARGETS[what][0]:.2f} | {recall:.3f} | {TARGETS[what][1]:.2f} |"
    strong = reached["customer"].strong_kinds
    halves = sum(share >= 0.5 for share in strong)
    kinds = f"{halves} of {len(strong)} (aimed at: {TARGET_OF_KINDS:.0%})"
    yield f"\n- Kinds of which at least half of the strong customers are found: {kinds}"
    for subject, each in measured.subjects.items():
        share = precision_of_first(each)
        yield f"- Abusive among the first {FIRST} {subject}s by score: {share:.2f} (aimed at: {TARGET_OF_FIRST[subject]:.2f})"
    honest = measured.honest
    yield (
        f"- Wrongly accused on the {honest.orders:,} orders of honest campaigns: {honest.per_1000_orders:.2f} subjects per"
        f" 1,000 orders (aimed at: {TARGET_PER_1000_ORDERS}); rebates at risk: {honest.money_share:.1%} of a campaign's at"
        f" most (aimed at: {TARGET_MONEY_SHARE:.0%})"
    )
    for subject, each in measured.subjects.items():
        yield ""
        yield from of_subjects(subject, each)
        yield of_intervals(score_intervals(subject, each))


def of_subjects(subject: str, judged: list[Judged]) -> Iterator[str]:
    """Yield what was found of each kind and strength, and who was accused wrongly."""
    reached = reach(judged)
    yield (
        f"{reached.right:,} {subject}s rightly and {reached.wrong.total():,} wrongly accused, {reached.planted:,} planted:"
        f" precision {reached.precision:.3f}, recall {reached.recall:.3f}"
    )
    yield f"wrongly accused: {counted(reached.wrong, Counter(each.kind for each in judged if each.label == 0))}"
    yield f"\n| {subject}s found | {' | '.join(STRENGTHS)} |\n|---|{'---|' * len(STRENGTHS)}"
    for kind in sorted({kind for kind, _ in reached.found}):
        shares = (_share(*reached.found.get((kind, strength), (0, 0))) for strength in STRENGTHS)
        yield f"| {kind} | {' | '.join(shares)} |"
    yield ""


def of_intervals(found: list[Interval]) -> str:
    """Return the precision of each interval of the score, and whether it rises."""
    said = ", ".join(f"{each.low} to {each.high}: {each.precision:.2f} of {each.subjects:,}" for each in found)
    falling = [f"{higher.low} to {higher.high}" for _, higher in falls(found)]
    return f"precision by score: {said or 'no subject with a score'}; " + (
        f"it FALLS at {', '.join(falling)}" if falling else "it rises"
    )


def of_yardsticks(subject: str, compared: Mapping[str, Comparison]) -> Iterator[str]:
    """Yield a table of yardsticks against ours, and what they find and we do not."""
    first = next(iter(compared.values()))
    yield f"\n| {subject}s | recall at precision {first.precision:.3f} | of what it finds, ours finds | precision at our recall |"
    yield f"|---|---|---|---|\n| ours | {first.ours / max(1, first.planted):.3f} | | {first.precision:.3f} |"
    for name, each in compared.items():
        there = each.precision_at_our_recall
        yield (
            f"| {name} | {each.found / max(1, each.planted):.3f} | {each.shared_share:.3f} ({each.shared:,} of {each.found:,})"
            f" | {'not reached' if there is None else f'{there:.3f}'} |"
        )
    for name, each in compared.items():
        missed = ", ".join(f"{kind} {strength} {count}" for (kind, strength), count in each.missed.most_common(15))
        yield f"\n{name} finds and ours misses: {missed or 'nothing'}"


def counted(found: Counter[str], out_of: Counter[str]) -> str:
    """Return "kind 3 of 20, ..." from the most frequent kind down."""
    return ", ".join(f"{kind} {count:,} of {out_of[kind]:,}" for kind, count in found.most_common()) or "none"


def _share(found: int, planted: int) -> str:
    return f"{found / planted:.2f} of {planted:,}" if planted else "-"
