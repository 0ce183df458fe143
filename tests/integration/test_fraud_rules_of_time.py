"""order_brushing and rebate_echo: alone they are watched and no more, whom they name, and what they say."""

from __future__ import annotations

import json

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import ROWS_ONLY, Order, built_from

DAY = "2026-06-10"
CROWD, FEW, ECHO, SIDE_DISH = 100, 200, 300, 400
TIED = range(1, 61)


def _echoes(first_id: int, shop: int) -> list[Order]:
    """Three customers, each with a voucher order and within the hour an order of what it earned."""
    orders = []
    for n in range(3):
        voucher = (
            first_id + 2 * n,
            f"{DAY} 1{n}:00:00",
            (70, 95, 9_000)[n] + first_id // 100 % 2,  # no neighbours by number
            shop,
            50_000 + 1_000 * n,
            15_000 + 300 * n,
        )
        echo = first_id + 2 * n + 1, f"{DAY} 1{n}:{17 + 14 * n}:00", voucher[2], shop, voucher[5], 0
        orders += [Order(*voucher), Order(*echo)]
    return orders


ORDERS = [
    # Sixty buyers with three orders each, and a guest.
    *[
        Order(1_000 + 3 * uid + n, f"{DAY} 10:{20 * n:02d}:{uid - 1:02d}", uid, CROWD, 30_000 + 7 * uid + n)
        for uid in TIED
        for n in range(3)
    ],
    Order(2_000, f"{DAY} 10:30:30", 0, CROWD, 20_000),
    # Six orders of two, one of whom bought once, among guests.
    *[Order(2_110 + n, f"{DAY} 12:{8 * n:02d}:00", 91, FEW, 40_000 + n) for n in range(5)],
    Order(2_120, f"{DAY} 12:10:00", 92, FEW, 45_000),
    *[Order(2_130 + n, f"{DAY} 12:2{n}:00", 0, FEW, 50_000 + n) for n in range(9)],
    *_echoes(3_000, ECHO),
    *_echoes(3_100, SIDE_DISH),
    # What the voucher pays is the price of a dish that everybody takes, guests too.
    *[
        Order(3_200 + n, f"{DAY} 0{n}:15:00", 0 if n % 2 else 3_200 + n, SIDE_DISH, 15_000 + 300 * (n % 3))
        for n in range(6)
    ],
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above and yield a function that queries what was built."""
    with built_from(mysql_settings, ORDERS, tmp_path_factory.mktemp("dbt"), *ROWS_ONLY) as query:
        yield query


def _hit(built, rule_id: str, shop: int) -> dict:
    (row,) = built("select * from suspected_fraud_shop where fraud_note = %s and shop_id = %s", (rule_id, shop))
    return row | {"evidence": json.loads(row["evidence"])}


@pytest.mark.parametrize(
    ("rule_id", "shop"), [("order_brushing", CROWD), ("order_brushing", FEW), ("rebate_echo", ECHO)]
)
def test_rule_alone_is_watched_and_no_more(built, rule_id: str, shop: int) -> None:
    assert built("select fraud_note from suspected_fraud_shop where shop_id = %s", (shop,)) == [{"fraud_note": rule_id}]
    assert built("select band from shop_risk where shop_id = %s", (shop,)) == [{"band": "watch"}]


def test_all_who_tie_are_named_however_many(built) -> None:
    hit = _hit(built, "order_brushing", CROWD)
    assert hit["evidence"]["members"] == list(TIED)
    assert (hit["order_count"], len(hit["evidence"]["order_ids"])) == (180, 50)
    assert hit["reason"] == (
        "180 orders by 60 customers in windows of 3,600 seconds with 3 or more orders per customer."
        " Of these customers, 60 placed the most, 3 orders each. A group order that is placed in parts looks the same."
    )


def test_others_in_the_window_are_counted_and_guests_are_not(built) -> None:
    hit = _hit(built, "order_brushing", FEW)
    assert hit["evidence"]["members"] == [91]
    assert hit["evidence"]["order_ids"] == [2_110 + n for n in range(5)]
    assert hit["reason"] == (
        "6 orders by 2 customers in windows of 3,600 seconds with 3 or more orders per customer."
        " The customer with the most placed 5 orders of these. A group order that is placed in parts looks the same."
    )


def test_echo_claims_the_rebates_and_says_what_chance_gives(built) -> None:
    hit = _hit(built, "rebate_echo", ECHO)
    assert (hit["order_count"], hit["money_at_risk"]) == (6, 45_900)
    assert hit["evidence"]["members"] == [70, 95, 9_000]
    assert hit["reason"] == (
        "3 orders without a voucher by 3 customers, each of exactly the rebate that the same customer had received at the"
        " shop up to 120 minutes before. The shop has no other order without a voucher, which would say what chance gives."
        " A side product or a fee at that price looks the same."
    )


def test_dish_that_everybody_takes_is_no_echo(built) -> None:
    assert (
        built("select * from fraud_signal where rule_id = 'rebate_echo' and subject_id = %s", (str(SIDE_DISH),)) == []
    )
