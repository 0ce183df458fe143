"""Several lines under one order id: one order is stored once, or none of its lines if they say different things.

Lines with the same content, or with less of it, are repeats: the first complete one stands, the others are known. Lines that
differ in a value that both have are all rejected, whatever else is wrong with them, because which of them is the order is a guess: a line per item understates
it, and a line that takes something back overstates it. So is a good line whose order has a rejected one.
"""

from __future__ import annotations

from campaign.set_rules import CONTENT, SetRules

_VALUES = ("txn_time", "txn_date", *CONTENT[1:])
_OPEN = "('complete', 'incomplete', 'refused')"  # kinds of lines that are not settled yet
_LINES_SHOWN = 3


def settle_lines_of_orders(rules: SetRules) -> None:
    """Reject, or take as known, the lines of orders that have several."""
    duck = rules.duck
    if not _collect(rules):
        return
    differ = {name: f"min({name}) <> max({name})" for name in _VALUES}
    which = " ".join(f"when {differs} then 'which differ in {name} (' || {_two(name)} || ')'" for name, differs in differ.items())
    duck.execute(
        f"""
        create table differing as select
            order_id,
            'order ' || order_id || ' has ' || count(*) || ' lines ('
                || array_to_string(list_slice(list_sort(list(line)), 1, {_LINES_SHOWN}), ', ')
                || if(count(*) > {_LINES_SHOWN}, ', …), ', '), ')
                || case {which} else 'of which line ' || min(line) filter (kind not in {_OPEN}) || ' cannot be accepted' end
                || '; give each order one line, with its totals'
                || if(order_id >= 1000000000000000 and order_id % 10 = 0, '. Or has a spreadsheet cut the ids to 15 digits? Then export them as text', '')
            as sentence
        from line_of_order group by order_id
        having bool_or(kind = 'complete') and bool_or(kind not in {_OPEN})
            or bool_or(kind in ('complete', 'refused')) and ({' or '.join(differ.values())})
        """
    )
    duck.execute(
        "insert into refused select line, 'differing_lines', 'order_id', differing.sentence"
        f" from line_of_order join differing using (order_id) where kind in {_OPEN}"
    )
    duck.execute(
        "create table repeated as select order_id, min(line) filter (kind = 'complete') as first_line, bool_or(kind = 'outside') as outside"
        " from line_of_order anti join differing using (order_id) group by order_id"
    )
    duck.execute(
        "insert into known_line select line from line_of_order join repeated using (order_id)"
        " where kind in ('complete', 'incomplete') and line <> first_line"
    )
    rules.repeats = rules.count("known_line")
    duck.execute(
        "insert into refused select line, if(outside, 'outside_campaign', reason), column_name,"
        " if(outside, 'the order''s other line is in the window of no campaign, and ', '') || sentence from ("
        "   select l.*, outside and kind = 'incomplete' as outside from line_of_order l join repeated using (order_id)"
        "   where kind = 'refused' or (kind = 'incomplete' and first_line is null))"
    )


def _collect(rules: SetRules) -> bool:
    """Make ``line_of_order`` of all lines whose order has several, and of unsettled ones; return whether there are any."""
    duck, unaccepted = rules.duck, rules.unaccepted
    if rules.accepted.in_order and not unaccepted.rows:
        return False
    # Ids first: few orders have several lines, and only theirs are read in full.
    duck.execute("create table several (order_id bigint)")
    if not rules.accepted.in_order:
        duck.execute("insert into several select order_id from candidate group by order_id having count(*) > 1")
    if unaccepted.rows and rules.accepted.rows:
        duck.execute(
            "insert into several select order_id from candidate semi join (select distinct order_id from unaccepted) using (order_id)"
        )
    values = ", ".join(_VALUES).replace("txn_date", "txn_time::date as txn_date")
    duck.execute(
        f"create table line_of_order as select line, order_id, 'complete' as kind, null::varchar as reason,"
        f" null::varchar as column_name, null::varchar as sentence, {values} from ({rules.standing_rows}) semi join several using (order_id)"
    )
    if unaccepted.rows:
        duck.execute(
            f"insert into line_of_order by name select line, order_id, kind, reason, column_name, sentence, {', '.join(_VALUES)}"
            " from unaccepted semi join (select order_id from line_of_order union select order_id from unaccepted"
            f" where kind in {_OPEN}) using (order_id)"
        )
    return rules.count("line_of_order") > 0


def _two(name: str) -> str:
    """Return SQL for the smallest and the largest value, as a person reads them."""
    if name not in ("gmv", "rebate"):
        return f"min({name})::varchar || ' and ' || max({name})::varchar"
    return " || ' and ' || ".join(
        f"if({side}({name}) % 100 = 0, ({side}({name}) // 100)::varchar, printf('%d.%02d', {side}({name}) // 100, {side}({name}) % 100))"
        for side in ("min", "max")
    )
