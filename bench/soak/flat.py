"""What the soaks share: whether samples (name -> number, the ``second`` among them) stay flat, and their CSV and plot."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

Sample = Mapping[str, float]
FOLDER = Path(__file__).parent


def grown(samples: Sequence[Sample], name: str, share: float = 0.0, slack: float = 0.0) -> list[str]:
    """Return a sentence where a median grew, by more than share and slack, from the second third to the last.

    The first third is for getting warm.
    """
    third = len(samples) // 3
    before = median(sample[name] for sample in samples[third : 2 * third])
    after = median(sample[name] for sample in samples[2 * third :])
    return [f"{name} grew from {before:,.0f} to {after:,.0f}"] if after > before * (1 + share) + slack else []


def keep(samples: Sequence[Sample], name: str, axes: Mapping[str, Sequence[str]]) -> None:
    """Write ``name.csv``, and the plot ``name.svg`` with an axis per label for its columns."""
    with (FOLDER / f"{name}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(samples[0]))
        writer.writeheader()
        writer.writerows(samples)
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "soak"  # the same numbers give the same file
    from matplotlib import pyplot

    figure, drawn = pyplot.subplots(len(axes), sharex=True, figsize=(8, 6))
    for axis, (label, columns) in zip(drawn, axes.items(), strict=True):
        for column in columns:
            axis.plot(
                [sample["second"] / 60 for sample in samples], [sample[column] for sample in samples], label=column
            )
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        if len(columns) > 1:
            axis.legend(fontsize="small")
    drawn[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
