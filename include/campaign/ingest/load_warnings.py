"""What was odd about a file that was loaded, in sentences for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from campaign.contract.outcome import in_order
from campaign.ingest.staging.area import StagingArea
from campaign.ingest.validate.cross_row import CrossRowChecks
from campaign.ingest.validate.file import FileScan
from campaign.ingest.validate.whole_file import count_guests, count_states, frequent_uid, on_times

MOST_LISTED = 10
LONGEST_NAME = 100
MOST_STATUS_COLUMNS = 5


def remarks(scan: FileScan, staging: StagingArea, rules: CrossRowChecks, accepted: int, refusal: str) -> str:
    """Return them, what matters most first: one line, then a line per reason that rows were rejected for.

    ``refusal`` says why LOAD DATA LOCAL was not used, if so.
    """
    told = []
    if not scan.rows_read:
        told.append("The file holds a header and no row.")
    elif not accepted and not rules.count("known_line"):
        told.append(f"Not one of its {scan.rows_read:,} rows was accepted.")
    outside = staging.reasons["outside_campaign"]
    if outside:
        told.append(
            f"{outside:,} rows are in the window of no wanted campaign; they are validated again when"
            " dbt/seeds/campaign.csv changes."
        )
    if accepted:
        told += _on_states(scan, rules)
        told += _on_buyers(rules, accepted)
        told += filter(None, [on_times(rules)])
    told += _on_ids(scan, rules)
    if repeats := rules.repeats:
        told.append(
            f"{repeats:,} rows repeat another row's order, with the same values or blanks: each order counts once."
        )
        if staging.reasons["differing_lines"]:
            told.append("If the file has a row per item, they may be equal items, and the order's total is more.")
    told += _on_stored_orders(rules)
    if scan.rows_of_several_lines:
        told.append(f"{scan.rows_of_several_lines:,} rows span several lines, by quotes.")
    if scan.last_line_is_open:
        told.append("The last line has no line end: if the file was cut short, so was its last row.")
    if scan.headers_again:
        told.append(
            f"Lines that are the header again, and so no rows: {scan.headers_again:,}, the first is line"
            f" {scan.first_header_again}."
        )
    if scan.spellings:
        told.append(f"Column names taken: {_listed([name[:LONGEST_NAME] for name in scan.spellings])}.")
    if scan.ignored:
        told.append(f"Columns ignored: {_listed([name[:LONGEST_NAME] for name in scan.ignored])}.")
    if refusal:
        told.append(f"LOAD DATA LOCAL is refused ({refusal}); rows went in by inserts, which is slower.")
    rejected = (
        [f"{staging.reasons.total():,} of {scan.rows_read:,} rows were rejected:"] if staging.reasons.total() else []
    )
    return "\n".join(
        [*([" ".join(told)] if told else []), *rejected, *on_reasons(staging.reasons, staging.sentences, 1)]
    )


def on_reasons(reasons: Counter[str], sentences: Mapping[str, Sequence[str]], most: int | None = None) -> list[str]:
    """Return a line per reason: its code, how many rows were rejected for it, and the first sentences, at most ``most``."""
    lines = []
    for reason, count in in_order(reasons).items():
        examples = sentences.get(reason, ["all other rows, good as they may be"])[:most]
        lines.append(f"{reason} ({count:,}): {'; '.join(examples)}")
    return lines


def _on_states(scan: FileScan, rules: CrossRowChecks) -> list[str]:
    told = []
    for number, name in enumerate(scan.status_columns[:MOST_STATUS_COLUMNS]):
        values = count_states(rules, number, MOST_LISTED + 1)
        counts = [f"{value or 'nothing'} ({orders:,})" for value, orders in values[:MOST_LISTED]]
        more = " and others" if len(values) > MOST_LISTED else ""
        told.append(
            f"Column {name[:LONGEST_NAME]} is ignored: cancelled or returned orders count as sold. It holds"
            f" {', '.join(counts)}{more}. Leave out of the file what was not sold."
        )
    return told


def _on_buyers(rules: CrossRowChecks, accepted: int) -> list[str]:
    told = []
    guests = count_guests(rules)
    if guests:
        told.append(
            f"{guests:,} orders have uid 0, which stands for guests: they count in orders and GMV, and not as a customer."
        )
    frequent = frequent_uid(rules, accepted)
    if frequent:
        told.append(
            f"uid {frequent.uid} has {frequent.orders:,} of {accepted:,} orders, in {frequent.shops:,} shops: if it"
            " stands for guests or test orders, give it as 0 or leave them out."
        )
    return told


def _on_ids(scan: FileScan, rules: CrossRowChecks) -> list[str]:
    told = []
    if scan.padded_ids:
        counts = _listed([f"{name} ({count:,}, such as {first})" for name, (count, first) in scan.padded_ids.items()])
        told.append(f"Ids have leading zeros and are stored without them, 007 as 7: {counts}.")
    if rules.doubtful_ids:
        told.append(
            f"The long ids in {_listed(rules.doubtful_ids)} end in zeros from the 16th digit on: if a spreadsheet has cut them,"
            " export them again as text."
        )
    return told


def _on_stored_orders(rules: CrossRowChecks) -> list[str]:
    told = []
    replaced, removed = rules.count_replaced(), rules.removed_per_day()
    if replaced:
        told.append(f"{replaced:,} stored orders were replaced.")
    if removed:
        days = _listed([f"{day} ({orders:,})" for day, orders in removed])
        total = sum(orders for _, orders in removed)
        told.append(f"{total:,} stored orders were removed, because the file lacks them on its days: {days}.")
    if told:
        told.append(f"They were of load_no {_listed([str(load_no) for load_no in rules.loads_of_what_goes()])}.")
    return told


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - MOST_LISTED} more" if len(texts) > MOST_LISTED else ""
    return ", ".join(texts[:MOST_LISTED]) + more
