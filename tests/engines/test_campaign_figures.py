"""The marts for looking at a campaign say what DuckDB computes by other ways from the orders themselves.

Built by DuckDB alone, with dbt's tests; that MySQL and Spark give the same rows is seen in the tests of parity.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

import duckdb
import pytest

from campaign.ingest.load.order_tsv import COLUMNS
from tests.engines import cases
from tests.integration.marts_harness import Order, build, project_with_seeds, read_seed

MARTS = (
    "basket", "campaign_pace", "cap_utilisation", "concentration", "concentration_point", "customer_activity",
    "customer_return", "price_points", "rebate_rate",
)  # fmt: skip
HARD, NOISE, GUESTS, PLAIN, NO_TERMS, EMPTY = 3, cases.NOISE_CAMPAIGN, 5, 6, 7, 8
CAMPAIGNS = (
    {"campaign_id": HARD, "starts_on": "2026-07-10", "ends_on": "2026-07-13", "currency": "EUR"},
    {"campaign_id": NOISE, "starts_on": "2026-08-01", "ends_on": "2026-08-04"},
    {"campaign_id": GUESTS, "starts_on": "2026-09-01", "ends_on": "2026-09-02"},
    {"campaign_id": PLAIN, "starts_on": "2026-09-10", "ends_on": "2026-09-30"},
    {"campaign_id": NO_TERMS, "starts_on": "2026-10-01", "ends_on": "2026-10-02", "voucher_rate": 0, "voucher_cap": 0},
    {"campaign_id": EMPTY, "starts_on": "2026-11-01", "ends_on": "2026-11-02"},
)
ORDERS = [
    *[Order(7_000 + n, f"2026-09-01 1{n}:00:00", 0, 1 + n, 50_000, 15_000) for n in range(3)],
    # No vouchers; a customer who comes back after a long time.
    Order(7_100, "2026-09-10 08:00:00", 1, 1, 50_000),
    Order(7_101, "2026-09-29 08:00:00", 1, 2, 66_667),
    Order(7_102, "2026-09-12 08:00:00", 2, 2, 133_334),
    Order(7_200, "2026-10-01 08:00:00", 1, 1, 10_000),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Have the build database, with the orders beside it as ``o``: their campaign, its terms and first day."""
    folder = tmp_path_factory.mktemp("figures")
    for part in ("orders", "marts/duckdb"):
        (folder / "store" / part).mkdir(parents=True)
    base = read_seed("campaign")[-1]
    project = project_with_seeds(folder, {"campaign": [base | each for each in CAMPAIGNS]})
    file = folder / "orders.csv"
    noise = cases._noise()
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows(
            row[:-1] for row in (COLUMNS, *(each.as_row() for each in (*cases.ORDERS, *noise, *ORDERS)))
        )
    orders = folder / "store" / "orders" / "all.parquet"
    duckdb.execute(
        f"""copy (select order_id, uid, shop_id, shop_owner_uid, gmv::decimal(18, 2) as gmv, rebate::decimal(18, 2) as rebate,
        txn_time::timestamp as txn_time, txn_date::date as txn_date from read_csv('{file}')) to '{orders}' (format parquet)"""
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CAMPAIGN_ENGINE", "duckdb")
        environment.setenv("CAMPAIGN_STORE", str(folder / "store"))
        build(folder / "target", "--select", *(f"+{mart}" for mart in MARTS), project=project)
    with duckdb.connect(str(folder / "store" / "campaign.duckdb"), read_only=True) as duck:
        duck.execute("use campaign_build")
        duck.execute(
            f"""create temp table o as select c.campaign_id as c, starts_on, voucher_rate as rate, voucher_cap as cap, t.*
            from '{orders}' as t join campaign as c on txn_date between starts_on and ends_on"""
        )
        yield duck


def hundredths(part, whole) -> Decimal | None:
    """Return the quotient to two digits, half up."""
    wide = Context(prec=60)
    if part is None or not whole:
        return None
    return wide.divide(Decimal(part), Decimal(whole)).quantize(Decimal("0.01"), ROUND_HALF_UP, context=wide)


def percent(part, whole) -> Decimal | None:
    return None if part is None else hundredths(100 * Decimal(part), whole)


def rows(built: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return built.execute(query).fetchall()


def test_campaigns_without_an_order_have_no_row_and_all_others_have(built) -> None:
    with_orders = {(each,) for each in (HARD, NOISE, GUESTS, PLAIN, NO_TERMS)}
    without = {
        "rebate_rate": {(PLAIN,), (NO_TERMS,)},
        "customer_activity": {(GUESTS,)},
        "customer_return": {(GUESTS,), (NO_TERMS,)},
    }
    for mart in MARTS:
        assert set(rows(built, f"select distinct campaign_id from {mart}")) == with_orders - without.get(mart, set()), (
            mart
        )


def test_pace_is_what_had_gone_by_the_end_of_each_hour(built) -> None:
    sums = "count(*), sum(gmv), sum((rebate > 0)::int), sum(rebate)"
    wholes = {each[0]: each[1:] for each in rows(built, f"select c, {sums} from o group by c")}
    expected = []
    for c, day, hour, elapsed, *own in rows(
        built,
        f"select c, txn_date, hour(txn_time) as h, 24 * (txn_date - any_value(starts_on)) + h + 1, {sums}"
        " from o group by c, txn_date, h order by all",
    ):
        gone = rows(
            built, f"select {sums} from o where c = {c} and txn_time < timestamp '{day}' + interval {hour + 1} hour"
        )[0]
        running = [*gone, *map(percent, gone, wholes[c])]
        expected.append((
            c, day, hour, *own, *map(percent, own, wholes[c]), *running,
            percent(own[2], own[0]), elapsed, hundredths(gone[3], elapsed),
        ))  # fmt: skip
    assert len(expected) > 50
    assert rows(built, "select * from campaign_pace order by all") == expected


def test_customers_are_new_once_and_repeat_from_their_second_day(built) -> None:
    expected = []
    for c, day in rows(built, "select distinct c, txn_date from o where uid <> 0 order by all"):
        ((there, new, so_far, repeat),) = rows(
            built,
            f"""with days as (
                select uid, min(txn_date) as first_day, count(distinct txn_date) as days, max(txn_date) as last_day
                from o where c = {c} and uid <> 0 and txn_date <= '{day}' group by uid
            ) select count(*) filter (last_day = '{day}'), count(*) filter (first_day = '{day}'), count(*), count(*) filter (days > 1)
            from days""",
        )
        expected.append((c, day, there, new, there - new, so_far, repeat, percent(repeat, so_far)))
    assert any(row[4] for row in expected)
    assert rows(built, "select * from customer_activity order by all") == expected


def test_customers_return_so_many_days_after_their_first(built) -> None:
    found = rows(
        built,
        """with firsts as (select c, uid, min(txn_date) as first_day from o where uid <> 0 group by all),
        lasts as (select c, max(txn_date) as last_day from o where uid <> 0 group by all)
        select c, k, count(distinct uid), count(distinct uid) filter (
            exists (select 1 from o where o.c = firsts.c and o.uid = firsts.uid and o.txn_date = first_day + k::int)
        ) from firsts join lasts using (c) cross join range(1, 60) as days(k)
        where first_day + k::int <= last_day group by all order by all""",
    )
    assert (PLAIN, 19, 1, 1) in found and (PLAIN, 17, 2, 0) in found
    expected = [(*each, percent(each[3], each[2])) for each in found]
    assert rows(built, "select * from customer_return order by all") == expected


def test_cap_utilisation_and_rates_are_those_of_the_vouchers(built) -> None:
    expected = [
        (c, orders, vouchers, percent(vouchers, orders), at_cap, percent(at_cap, vouchers), gmv, voucher_gmv, rebate,
         percent(rebate, voucher_gmv))
        for c, orders, vouchers, at_cap, gmv, voucher_gmv, rebate in rows(
            built,
            """select c, count(*), count(*) filter (rebate > 0), count(*) filter (rebate > 0 and rebate >= cap), sum(gmv),
            coalesce(sum(gmv) filter (rebate > 0), 0), sum(rebate) from o group by c order by c""",
        )
    ]  # fmt: skip
    assert rows(built, "select * from cap_utilisation order by all") == expected
    rates = rows(
        built,
        """select c, (select max(p) from range(0, 102) as r(p) where p * gmv <= 100 * rebate::decimal(30, 2)) as p,
        count(*), count(*) filter (rebate >= cap), sum(gmv), sum(rebate) from o where rebate > 0 group by c, p order by all""",
    )
    assert {row[1] for row in rates} >= {0, 29, 30}
    assert rows(built, "select * from rebate_rate order by all") == rates


@pytest.mark.parametrize(("ranked", "member"), [("customers", "uid"), ("shops", "shop_id")])
def test_concentration_is_that_of_the_members_one_by_one(built, ranked: str, member: str) -> None:
    only = "where uid <> 0" if ranked == "customers" else ""
    by_campaign: dict[int, list[Decimal]] = {}
    for c, gmv in rows(built, f"select c, sum(gmv) as gmv from o {only} group by c, {member} order by c, gmv"):
        by_campaign.setdefault(c, []).append(gmv)
    points, wholes = [], []
    for c, amounts in by_campaign.items():
        count, total = len(amounts), sum(amounts)
        for p in range(101):
            lowest = amounts[: p * count // 100]
            points.append((c, ranked, p, len(lowest), sum(lowest, Decimal(0)), percent(sum(lowest), total)))
        apart = 2 * sum((2 * place - count - 1) * amount for place, amount in enumerate(amounts, start=1))
        top = [
            (len(part), sum(part), percent(sum(part), total))
            for part in (amounts[count * 99 // 100 :], amounts[count * 9 // 10 :])
        ]
        wholes.append((c, ranked, count, total, percent(apart, 2 * count * total), *top[0], *top[1]))
    assert len(by_campaign[NOISE]) > 100, "with fewer members a percent of them is none"
    assert rows(built, f"select * from concentration_point where ranked = '{ranked}' order by all") == points
    assert rows(built, f"select * from concentration where ranked = '{ranked}' order by all") == wholes


def test_price_points_lie_around_the_kink(built) -> None:
    expected = []
    for c, rate, cap in rows(built, "select distinct c, rate, cap from o order by all"):
        found = {}
        for gmv, rebate in rows(built, f"select gmv, rebate from o where c = {c}"):
            band = min(40, int(20 * gmv * rate / cap)) if cap else 40
            found.setdefault(band, []).append((gmv, rebate))
        others = {band: sum(gmv % 1000 != 0 for gmv, _ in found.get(band, ())) for band in range(41)}
        for band in range(41):
            here = found.get(band, [])
            rounds = sum(gmv % 1000 == 0 for gmv, _ in here)
            usual = rounds + Decimal(others[band - 1] + others[band + 1]) / 2 if 0 < band < 39 else None
            expected.append((
                c, band, hundredths(band * cap, 20 * rate), len(here), sum(rebate > 0 for _, rebate in here),
                sum(gmv for gmv, _ in here), sum(rebate for _, rebate in here), rounds, usual,
                None if usual is None else len(here) - usual,
            ))  # fmt: skip
    assert any(row[-1] and row[-1] < 0 for row in expected)
    assert rows(built, "select * from price_points order by all") == expected


def test_a_basket_is_the_first_voucher_of_a_customer_or_a_later_one(built) -> None:
    found = rows(
        built,
        """select c, case when rebate = 0 then 'no_voucher' when uid = 0 then 'guest_voucher' when exists (
            select 1 from o as e where e.c = o.c and e.uid = o.uid and e.rebate > 0 and (e.txn_time, e.order_id) < (o.txn_time, o.order_id)
        ) then 'later_voucher' else 'first_voucher' end as kind, count(*), sum(gmv), sum(rebate) from o group by all order by all""",
    )
    assert {row[1] for row in found if row[0] == HARD} == {
        "first_voucher",
        "later_voucher",
        "guest_voucher",
        "no_voucher",
    }
    expected = [
        (*row, hundredths(row[3], row[2]), hundredths(row[4], row[2]), percent(row[4], row[3])) for row in found
    ]
    assert rows(built, "select * from basket order by all") == expected
