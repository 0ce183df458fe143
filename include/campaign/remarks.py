"""What was odd about a file that was loaded, in sentences for a person."""

from __future__ import annotations

from campaign.judge_file import JudgedFile
from campaign.set_rules import SetRules
from campaign.spool import Spool

MOST_LISTED = 10
LONGEST_NAME = 100


def remarks(judged: JudgedFile, spool: Spool, rules: SetRules, accepted: int, refusal: str) -> str:
    """Return them in one line, what matters most first. ``refusal`` says why LOAD DATA LOCAL was not used, if so."""
    told = []
    if not judged.rows_read:
        told.append("The file holds a header and no row.")
    elif not accepted and not rules.count("known_line"):
        told.append(f"Not one of its {judged.rows_read:,} rows was accepted.")
    outside = spool.reasons["outside_campaign"]
    if outside:
        told.append(
            f"{outside:,} rows are in the window of no wanted campaign; they are judged again when"
            " dbt/seeds/campaign.csv changes."
        )
        if not accepted:
            _, sentences = spool.first_rejected_of_each_reason(1)
            told.append(f"The first of them: {sentences['outside_campaign'][0]}.")
    told += _on_stored_orders(rules)
    if judged.rows_of_several_lines:
        told.append(f"{judged.rows_of_several_lines:,} rows span several lines, by quotes.")
    if judged.last_line_is_open:
        told.append("The last line has no line end: if the file was cut short, so was its last row.")
    if judged.ignored:
        told.append(f"Columns ignored: {_listed([name[:LONGEST_NAME] for name in judged.ignored])}.")
    if refusal:
        told.append(f"LOAD DATA LOCAL is refused ({refusal}); rows went in by inserts, which is slower.")
    return " ".join(told)


def _on_stored_orders(rules: SetRules) -> list[str]:
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
