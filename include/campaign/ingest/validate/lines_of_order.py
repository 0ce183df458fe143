"""Several lines under one order id: one order is stored once, or none of its lines if they say different things.

Lines with the same content, or with less of it, are repeats: the first complete one stands, the others are known. Lines that
differ in a value that both have are all rejected, whatever else is wrong with them, because which of them is the order is a
guess: a line per item understates it, and a line that takes something back overstates it. So is a good line whose order has
one that cannot be read.
"""

from __future__ import annotations

from campaign.ingest.validate.cross_row import CONTENT, CrossRowChecks

_VALUES = ("txn_time", "txn_date", *CONTENT[1:])
_OPEN = "('complete', 'incomplete', 'refused')"  # kinds of lines that are not settled yet
_LINES_SHOWN = 3


def settle_lines_of_orders(rules: CrossRowChecks) -> None:
    """Reject, or take as known, the lines of orders that have several, and all that are unsettled by themselves."""
    if not _collect(rules):
        return
    duck = rules.duck
    differ = {name: f"min({name}) <> max({name})" for name in _VALUES}
    in_what = " ".join(f"when {differs} then '{name} (' || {_two(name)} || ')'" for name, differs in differ.items())
    any_differs = " or ".join(differ.values())
    duck.execute(
        f"""
        create table differing as select
            order_id,
            'order ' || order_id || ' has ' || count(*) || ' lines ('
                || array_to_string(list_slice(list_sort(list(line)), 1, {_LINES_SHOWN}), ', ')
                || if(count(*) > {_LINES_SHOWN}, ', …), ', '), ')
                || coalesce(
                    'which differ in ' || case {in_what} end,
                    'of which line ' || min(line) filter (kind not in {_OPEN}) || ' cannot be accepted'
                )
                || '; give each order one line, with its totals'
                || if(
                    order_id >= 1000000000000000 and order_id % 10 = 0,
                    '. Or has a spreadsheet cut the ids to 15 digits? Then export them as text', ''
                )
            as sentence
        from line_of_order group by order_id
        having bool_or(kind = 'complete') and bool_or(kind not in {_OPEN})
            or bool_or(kind in ('complete', 'refused')) and ({any_differs})
        """
    )
    duck.execute(
        "insert into refused select line, 'differing_lines', 'order_id', differing.sentence"
        f" from line_of_order join differing using (order_id) where kind in {_OPEN}"
    )
    duck.execute(
        "create table alike as select *, min(line) filter (kind = 'complete') over of_order as first_line,"
        " kind = 'incomplete' and bool_or(kind = 'outside') over of_order as waits"
        " from line_of_order anti join differing using (order_id) window of_order as (partition by order_id)"
    )
    duck.execute(
        "insert into known_line select line from alike where kind in ('complete', 'incomplete') and line <> first_line"
    )
    rules.repeats = rules.count("known_line")
    duck.execute(
        "insert into refused select line, if(waits, 'outside_campaign', reason), column_name,"
        " if(waits, 'the order''s other line is in the window of no campaign, and ', '') || sentence"
        " from alike where kind = 'refused' or (kind = 'incomplete' and first_line is null)"
    )


def _collect(rules: CrossRowChecks) -> bool:
    """Make ``line_of_order`` of all lines whose order has several, and of unsettled ones; return whether there are any."""
    duck, unaccepted = rules.duck, rules.unaccepted
    if rules.accepted.in_order and not unaccepted.rows:
        return False
    # Ids first: few orders have several lines, and only theirs are read in full.
    duck.execute("create table several (order_id bigint)")
    if not rules.accepted.in_order:
        duck.execute("insert into several select order_id from candidate group by order_id having count(*) > 1")
    if unaccepted.rows and rules.accepted.rows:
        claimed = "(select distinct order_id from unaccepted)"
        duck.execute(f"insert into several select order_id from candidate semi join {claimed} using (order_id)")
    values = ", ".join(_VALUES)
    why = "null::varchar as reason, null::varchar as column_name, null::varchar as sentence"
    duck.execute(
        f"create table line_of_order as select line, order_id, 'complete' as kind, {why},"
        f" {values.replace('txn_date', 'txn_time::date as txn_date')}"
        f" from ({rules.standing_rows}) semi join several using (order_id)"
    )
    if unaccepted.rows:
        duck.execute(
            f"insert into line_of_order by name select line, order_id, kind, reason, column_name, sentence, {values}"
            " from unaccepted semi join (select order_id from line_of_order union"
            f" select order_id from unaccepted where kind in {_OPEN}) using (order_id)"
        )
    return rules.count("line_of_order") > 0


def _two(name: str) -> str:
    """Return SQL for the smallest and the largest value, as a person reads them."""
    shown = "{}::varchar"
    if name in ("gmv", "rebate"):
        shown = "if({0} % 100 = 0, ({0} // 100)::varchar, printf('%.2f', {0} / 100))"
    return " || ' and ' || ".join(shown.format(f"{side}({name})") for side in ("min", "max"))
