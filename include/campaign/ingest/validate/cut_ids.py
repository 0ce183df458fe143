"""Ids that a spreadsheet has cut: it keeps 15 digits of a number and puts zeros for the rest.

One long id that ends in zeros is chance, a column of them is not. Digits from the 16th on are taken as random: an id of 16
digits ends in a zero by chance once in ten, one of 19 in four zeros once in 10,000.
"""

from __future__ import annotations

from campaign.ingest.validate.cross_row import CrossRowChecks

ID_COLUMNS = ("order_id", "uid", "shop_id", "shop_owner_uid")
LONG = 10**15
TIMES_CHANCE = 5
ENOUGH_ZEROS = 6  # of all different ids together: by chance once in a million
_STEP = (
    "case when {0} >= 1000000000000000000 then 10000 when {0} >= 100000000000000000 then 1000"
    " when {0} >= 10000000000000000 then 100 else 10 end"
)


def refuse_cut_ids(rules: CrossRowChecks) -> None:
    """Reject the rows with ids that end in zeros from the 16th digit on, in columns where they do too often for chance."""
    if not rules.accepted.rows:
        return
    largest = rules.duck.execute(f"select {', '.join(f'max({name})' for name in ID_COLUMNS)} from candidate").fetchone()
    for name, most in zip(ID_COLUMNS, largest, strict=True):
        if most < LONG:
            continue
        step = _STEP.format(name)
        if not _too_often(rules, f"candidate where {name} >= {LONG}", name, step):
            continue
        # An id counts once, however many rows it has.
        different = f"(select distinct {name} from candidate where {name} >= {LONG})"
        if not _too_often(rules, different, name, step):
            continue
        (zeros,) = rules.duck.execute(
            f"select coalesce(sum(round(log10({step})))::bigint, 0) from {different} where {name} % {step} = 0"
        ).fetchone()
        if zeros < ENOUGH_ZEROS:
            rules.doubtful_ids.append(name)
            continue
        rules.duck.execute(
            f"insert into refused select line, 'cut_id', '{name}', '{name} is ' || {name} || ', and this column''s ids of"
            " more than 15 digits end in zeros from the 16th digit on: a spreadsheet has cut them, so they are not the real ones."
            " Export the column as text from where it came, without opening it in a spreadsheet'"
            f" from candidate anti join refused using (line) where {name} >= {LONG} and {name} % {step} = 0"
        )


def _too_often(rules: CrossRowChecks, ids: str, name: str, step: str) -> bool:
    cut, by_chance = rules.duck.execute(
        f"select count(*) filter ({name} % {step} = 0), coalesce(sum(1.0 / ({step})), 0) from {ids}"
    ).fetchone()
    return cut > 0 and cut >= TIMES_CHANCE * by_chance
