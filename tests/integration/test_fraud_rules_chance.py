"""The chance level: what pairs there would be if the buyers of each day had ordered at random."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from itertools import combinations

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import ROWS_ONLY, Order, build, build_database, run_dbt, store

PAIR_RULES = ("reciprocal_owners", "co_purchase_group")


def _orders() -> list[Order]:
    """Let 30 owners and 30 others buy at 30 shops at random, so that chance alone gives pairs; and ten planted pairs."""
    draw = random.Random(7)
    uids = [*range(5_001, 5_031), *range(1, 31)]
    made = [
        (f"2026-06-1{draw.randint(0, 3)} {draw.randint(8, 22):02}:{draw.randint(0, 59):02}:00", draw.choice(uids), shop)
        for shop in range(1, 31)
        for _ in range(draw.randint(2, 14))
    ]
    for first in range(5_101, 5_121, 2):
        made += [("2026-06-10 12:00:00", first, first - 4_999), ("2026-06-10 12:30:00", first + 1, first - 5_000)]
    return [Order(number, time, uid, shop, 50_000, 15_000) for number, (time, uid, shop) in enumerate(made, start=1)]


ORDERS = _orders()
DAY_OF = {order.order_id: order.time[:10] for order in ORDERS}


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders; yield the folder of dbt and a function that queries what was built."""
    target = tmp_path_factory.mktemp("dbt")
    store(mysql_settings, [order.as_row() for order in ORDERS])
    build(target, *ROWS_ONLY, "--vars", json.dumps({"chance_shuffles": 5}))
    with build_database(mysql_settings) as query:
        yield target, query


def _pairs_of_owners(purchases: set[tuple[int, int]]) -> int:
    owners = {owner for _, owner in purchases}
    edges = {(buyer, owner) for buyer, owner in purchases if buyer != owner and buyer in owners}
    return sum(1 for buyer, owner in edges if buyer < owner and (owner, buyer) in edges)


def _pairs_of_customers(visits: set[tuple[int, int]]) -> int:
    buyers: dict[int, set[int]] = {}
    for customer, shop in visits:
        buyers.setdefault(shop, set()).add(customer)
    shared = Counter(pair for of_shop in buyers.values() for pair in combinations(sorted(of_shop), 2))
    return sum(1 for shops in shared.values() if shops >= 3)


def _shuffled(query: Callable) -> dict[int, list[dict]]:
    shuffles: dict[int, list[dict]] = {}
    for row in query("select * from int_shuffled_order order by shuffle, order_id"):
        shuffles.setdefault(row["shuffle"], []).append(row)
    return shuffles


def test_every_shuffle_deals_the_buyers_of_a_day_over_its_orders(built) -> None:
    _, query = built
    shuffles = _shuffled(query)
    assert set(shuffles) == {1, 2, 3, 4, 5}
    buyers = Counter((order.time[:10], order.uid) for order in ORDERS)
    for rows in shuffles.values():
        assert [row["order_id"] for row in rows] == list(DAY_OF)
        assert Counter((DAY_OF[row["order_id"]], row["customer_id"]) for row in rows) == buyers
        assert [row["shop_id"] for row in rows] == [order.shop_id for order in ORDERS]
    deals = {tuple(row["customer_id"] for row in rows) for rows in shuffles.values()}
    assert len(deals | {tuple(order.uid for order in ORDERS)}) == 6


def test_observed_and_expected_pairs_are_those_counted_by_hand(built) -> None:
    _, query = built
    shuffles = _shuffled(query).values()
    by_chance = {
        "reciprocal_owners": [
            _pairs_of_owners({(row["customer_id"], row["shop_owner_uid"]) for row in rows}) for rows in shuffles
        ],
        "co_purchase_group": [
            _pairs_of_customers({(row["customer_id"], row["shop_id"]) for row in rows}) for rows in shuffles
        ],
    }
    observed = {
        "reciprocal_owners": _pairs_of_owners({(order.uid, order.shop_id + 5_000) for order in ORDERS}),
        "co_purchase_group": _pairs_of_customers({(order.uid, order.shop_id) for order in ORDERS}),
    }
    for rule_id in PAIR_RULES:
        (row,) = query(
            "select observed, shuffles, expected from int_chance_level where rule_id = %s and campaign_id = 2",
            (rule_id,),
        )
        assert sum(by_chance[rule_id]) > 0
        expected = sum(by_chance[rule_id]) / 5
        assert (row["observed"], row["shuffles"], float(row["expected"])) == (observed[rule_id], 5, expected)


def test_reason_says_what_was_observed_and_what_chance_gives(built) -> None:
    _, query = built
    (level,) = query("select observed, expected from int_chance_level where rule_id = 'reciprocal_owners'")
    (row,) = query("select reason, evidence from fraud_signal where subject_id = '5101-5102'")
    amount = f"{level['expected']:.2f}".removesuffix(".00")
    assert row["reason"] == (
        "Two shop owners bought at each other's shops: 2 orders on 1 day, 2 with a voucher. Rebates of 30,000 VND were paid."
        f" 0 of 2 vouchers earned the whole rebate, in the campaign 0 of {len(ORDERS)}:"
        " too few orders to hold against chance, so it is only watched."
        f" In this campaign {level['observed']} pairs of owners did so; had the buyers of each day ordered at random,"
        f" it would be {amount} on average."
    )
    numbers = json.loads(row["evidence"])["numbers"]
    assert numbers["pairs_in_campaign"] == level["observed"]
    assert numbers["pairs_by_chance"] == float(level["expected"])


def test_shuffles_are_the_same_every_time_and_others_with_another_seed(built) -> None:
    target, query = built
    before = _shuffled(query)
    models = "--select", "int_shuffled_order"
    assert run_dbt("run", target, *models, "--vars", '{"chance_shuffles": 5}').success
    assert _shuffled(query) == before
    assert run_dbt("run", target, *models, "--vars", '{"chance_shuffles": 5, "chance_seed": "another"}').success
    assert _shuffled(query) != before


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"chance_shuffles": 0}, "pairs of owners did so."),
        (
            {"chance_orders_shuffled": 100},
            "pairs of owners did so; how many would by chance was not computed for more than 100 orders.",
        ),
    ],
    ids=["switched off", "campaign too large"],
)
def test_reason_without_a_chance_level_says_so(built, settings: dict, sentence: str) -> None:
    target, query = built
    build(target, *ROWS_ONLY, "--select", "int_shuffled_order+", "--vars", json.dumps(settings))
    assert query("select * from int_shuffled_order") == []
    (row,) = query("select reason, evidence from fraud_signal where subject_id = '5101-5102'")
    assert row["reason"].endswith(sentence)
    assert json.loads(row["evidence"])["numbers"]["pairs_by_chance"] is None


def test_large_campaigns_get_fewer_shuffles(built) -> None:
    target, query = built
    budget = json.dumps({"chance_orders_shuffled": 2 * len(ORDERS) + 1})
    build(target, *ROWS_ONLY, "--select", "int_shuffled_order+", "--vars", budget)
    assert set(_shuffled(query)) == {1, 2}
    assert query("select distinct shuffles from int_chance_level where campaign_id = 2") == [{"shuffles": 2}]
