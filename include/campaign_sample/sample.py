"""From a plan to the file: plant the cases, stream the crowd around them, give out ids, write, keep the answer keys."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from campaign_sample import identifiers
from campaign_sample.crowd import Block, Crowd
from campaign_sample.defects import Spoiler, Terms
from campaign_sample.export import HEADER, Times, replacing, text_of, write_table
from campaign_sample.identifiers import Scatter, order_ids
from campaign_sample.plan import Plan, PlanError
from campaign_sample.scenarios import Case, plant
from campaign_sample.town import Label, Town

LABEL_COLUMNS = ("subject_type", "subject_id", "kind", "scenario", "rules", "case_number", "order_ids")
REJECTION_COLUMNS = ("line_number", "reason_code")


@dataclass
class Summary:
    """What was written: good and bad rows, planted orders and cases, bad rows by reason, seconds it took."""

    good_rows: int = 0
    bad_rows: int = 0
    planted_orders: int = 0
    cases: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def write_sample(
    plan: Plan,
    out: Path,
    *,
    labels: Path | None = None,
    rejections: Path | None = None,
    compress: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Write the campaign's CSV and, where paths are given, who is what (``labels``) and which lines are bad and why.

    labels: one row per subject, order ids and rules joined by "|". rejections: physical line numbers, the header is
    line 1. ``progress`` is called with the number of good rows written so far. Raises PlanError before anything is
    written: for a plan that cannot be granted, or a path that cannot be written to.
    """
    began = time.monotonic()
    for path in (out, labels, rejections):
        _check_place(path)
    town = Town(plan)
    cases = plant(town, plan)
    writer = _Writer(plan, town)
    with replacing(out, compress=compress) as file:
        file.write(HEADER)
        for block in Crowd(plan, town).blocks():
            for piece in writer.pieces(block):
                file.write(piece)
            if progress:
                progress(writer.summary.good_rows)
    if labels:
        write_table(labels, LABEL_COLUMNS, _label_rows(cases, writer))
    if rejections:
        write_table(rejections, REJECTION_COLUMNS, writer.rejections)
    writer.summary.planted_orders, writer.summary.cases = len(town.orders), len(cases)
    writer.summary.seconds = time.monotonic() - began
    return writer.summary


def _check_place(path: Path | None) -> None:
    if path and not path.parent.is_dir():
        raise PlanError(f"the folder {path.parent} does not exist: create it, or name another for {path.name}.")
    if path and path.is_dir():
        raise PlanError(f"{path} is a folder: name a file in it.")


class _Writer:
    """Turns blocks of numbers into lines, remembering the ids of planted orders and the places of bad lines."""

    def __init__(self, plan: Plan, town: Town) -> None:
        self._plan = plan
        self._times = Times(plan)
        self._owners = town.owners_of_shops()
        self._spoiler = Spoiler(Terms(plan.start, plan.rate_percent, plan.cap))
        self._rng = np.random.Generator(np.random.PCG64([plan.seed, 1]))
        self.uid = Scatter(town.people, identifiers.FIRST_UID, identifiers.UID_STEP)
        self.shop_id = Scatter(town.shops, identifiers.FIRST_SHOP_ID, identifiers.SHOP_ID_STEP)
        self.order_id_of_planted = np.zeros(len(town.orders), dtype=np.int64)
        self.rejections: list[tuple[int, str]] = []
        self.summary = Summary()

    def pieces(self, block: Block) -> Iterator[bytes]:
        rows = len(block.minutes)
        ids, spare_ids = order_ids(self.summary.good_rows, rows, self._rng)
        self.order_id_of_planted[block.planted] = ids[block.planted_at]
        earned = np.minimum(self._plan.cap, -(-block.gmv * self._plan.rate_percent // 100))
        columns = (
            *self._times.of(block.minutes),
            ids,
            self.uid(block.customers),
            self.shop_id(block.shops),
            self.uid(self._owners[block.shops]),
            block.gmv,
            np.where(block.has_voucher, earned, 0),
        )
        text = text_of(columns)
        before, self.summary.good_rows = self.summary.good_rows, self.summary.good_rows + rows
        due = self._plan.bad_rows * self.summary.good_rows // self._plan.good_rows - self.summary.bad_rows
        sources = np.sort(self._rng.permutation(rows)[:due]) if due else np.empty(0, dtype=np.int64)
        yield from self._with_bad_lines(text, before, sources, spare_ids)

    def _with_bad_lines(
        self, text: bytes, rows_before: int, sources: np.ndarray, spare_ids: np.ndarray
    ) -> Iterator[bytes]:
        """Yield the text with a bad line after each source row, made from it."""
        ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")) + 1 if len(sources) else sources
        written = 0
        for row in sources.tolist():
            end = int(ends[row])
            line = text[int(ends[row - 1]) if row else 0 : end - 1]
            reason, bad_line = self._spoiler.spoil(line, int(spare_ids[row]))
            yield text[written:end] + bad_line + b"\n"
            written = end
            self.summary.bad_rows += 1
            self.summary.reasons[reason] += 1
            # The header, the good rows up to and with the source, the bad lines up to and with this one.
            self.rejections.append((1 + rows_before + row + 1 + self.summary.bad_rows, reason))
        yield text[written:]


def _label_rows(cases: list[Case], writer: _Writer) -> Iterator[tuple[object, ...]]:
    for number, case in enumerate(cases, start=1):
        for label in case.labels:
            orders = "|".join(str(order) for order in sorted(writer.order_id_of_planted[list(label.orders)]))
            subject = _subject_id(label, writer)
            rules = "|".join(label.rules)
            yield label.subject_type, subject, case.scenario.kind, case.scenario.name, rules, number, orders


def _subject_id(label: Label, writer: _Writer) -> str:
    """Name a subject by its id: a pair is "smaller-larger", a ring or group goes by its smallest member."""
    to_id = writer.shop_id if label.subject_type == "shop" else writer.uid
    ids = sorted(to_id(subject) for subject in label.subjects)
    return "-".join(str(i) for i in ids) if label.subject_type == "owner_pair" else str(ids[0])
