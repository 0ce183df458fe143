"""When signals add up: repetition, rules that accuse, rules that support; and when they do not."""

from __future__ import annotations

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import Order, built_from

DAYS = ("2026-06-10", "2026-06-11", "2026-06-12", "2026-06-13")


def _daily(first_id: int, uid: int, shop: int, orders: int, gmv: int = 80_000, **details: object) -> list[Order]:
    """One order a day, beginning anew with the first; the amounts differ unless said otherwise."""
    step, rebate = details.pop("step", 1_000), details.pop("rebate", 20_000)
    return [
        Order(
            first_id + n, f"{DAYS[n % 4]} {12 + n // 4}:{n:02d}:00", uid, shop, gmv + step * n, rebate if n < 4 else 0
        )
        for n in range(orders)
    ]


def _guests(first_id: int, shop: int, count: int, gmv: int = 90_000) -> list[Order]:
    """As many people, each with one order of another amount, at no fixed interval."""
    return [
        Order(
            first_id + n,
            f"{DAYS[n % 4]} {9 + n % 9}:{7 * n * n % 60:02}:00",
            first_id + n,
            shop,
            gmv + 1_500 * n,
            20_000,
        )
        for n in range(count)
    ]


FEW_TOKENS, MANY_TOKENS, REGULAR, CAPTIVE, NIGHT_ONLY, NIGHT_TOO = 1, 2, 3, 4, 5, 6
TWO_VOUCHERS, TOKENS_AT_ONE_SHOP, COFFEE_DRINKER, TOKENS_ALIKE = 9, 10, 11, 12
TESTER = 9_950  # an owner
TOKEN_SHOP, REGULARS_SHOP, CAPTIVE_SHOP, ONE_PRODUCT, FARM, NOON_SHOP, DAILY_COFFEE = 100, 300, 400, 700, 800, 600, 610

ORDERS = [
    *[Order(10 + n, f"{DAYS[n]} 10:00:00", FEW_TOKENS, 110 + n, 1 + n) for n in range(4)],
    *[Order(20 + n, f"{DAYS[n % 4]} 1{n}:00:00", MANY_TOKENS, TOKEN_SHOP, 1 + n) for n in range(5)],
    *_guests(30, TOKEN_SHOP, 6),
    *[Order(40 + n, f"{DAYS[n % 4]} 1{n}:00:00", TOKENS_ALIKE, 120 + n, 500) for n in range(5)],
    # Five orders in four days, at a shop with ten other guests and at one that has next to none.
    *_daily(50, REGULAR, REGULARS_SHOP, 5),
    *_guests(60, REGULARS_SHOP, 10),
    *_daily(80, CAPTIVE, CAPTIVE_SHOP, 5),
    *_guests(90, CAPTIVE_SHOP, 2),
    *[Order(100 + n, f"{DAYS[n]} 02:00:00", NIGHT_ONLY, 500 + n, 30_000 + 1000 * n, 9_000 + 300 * n) for n in range(4)],
    *[Order(110 + n, f"{DAYS[n]} 02:00:00", NIGHT_TOO, 510 + n, 1 + n) for n in range(4)],
    # The same amount fifteen times: by as many guests, and by three who came back day after day.
    *[
        Order(200 + n, f"{DAYS[n % 4]} 1{n % 9}:{7 * n * n % 60:02}:00", 200 + n, ONE_PRODUCT, 50_000, 15_000)
        for n in range(15)
    ],
    *[Order(300 + n, f"{DAYS[n // 3]} 1{n % 9}:15:00", 300 + n % 3, FARM, 66_700 + 10 * n, 20_000) for n in range(12)],
    # The terms allow one voucher a day; these two are at two shops of one owner.
    Order(400, f"{DAYS[0]} 12:00:00", TWO_VOUCHERS, 901, 41_000, 12_300, owner=9_900),
    Order(401, f"{DAYS[0]} 13:00:00", TWO_VOUCHERS, 902, 42_000, 12_600, owner=9_900),
    # Three customers order the same at noon, a small part of what the shop sells.
    *[Order(500 + n, f"{DAYS[0]} 12:0{n}:00", 500 + n, NOON_SHOP, 51_000, 15_300) for n in range(3)],
    *_guests(510, NOON_SHOP, 9),
    # The owner of a shop tests its checkout.
    *[Order(650 + n, f"{DAYS[0]} 09:0{n}:00", TESTER, 950, 100 + n, owner=TESTER) for n in range(2)],
    # Four token amounts and another, all at one shop; five cheap coffees, one a day with a voucher, at a shop that sells nothing else.
    *[Order(600 + n, f"{DAYS[n]} 10:00:00", TOKENS_AT_ONE_SHOP, 620, 100 + n) for n in range(4)],
    Order(604, f"{DAYS[0]} 11:00:00", TOKENS_AT_ONE_SHOP, 620, 80_000),
    *_daily(610, COFFEE_DRINKER, DAILY_COFFEE, 5, 40_000, step=0, rebate=12_000),
    Order(615, f"{DAYS[0]} 15:00:00", 615, DAILY_COFFEE, 40_000, 12_000),
]


# Eight customers share three shops, one a day: all of a gang's vouchers earn the whole rebate, hardly one of an office's does.
GANG, OFFICE = range(700, 708), range(720, 728)
ORDERS += [
    Order(
        10 * uid + day,
        f"{DAYS[day]} 1{uid % 10}:{7 * uid * day % 60:02d}:00",
        uid,
        first_shop + day,
        gmv + 1000 * (uid % 10),
        rebate,
    )
    for group, first_shop, gmv, rebate in ((GANG, 630, 80_000, 20_000), (OFFICE, 640, 30_000, 9_000))
    for uid in group
    for day in range(3)
]


@pytest.fixture(scope="module")
def built(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory):
    """Build the orders above and yield a function that queries what was built."""
    with built_from(mysql_settings, ORDERS, tmp_path_factory.mktemp("dbt")) as query:
        yield query


def _risk(built, kind: str, subject: int) -> tuple[str, int]:
    (row,) = built(f"select score, band, rules from {kind}_risk where {kind}_id = %s", (subject,))
    assert (row["score"] >= 50) == (row["band"] != "watch")
    return row["band"], row["rules"]


def test_rule_of_low_severity_never_leads_to_review_alone_however_often(built) -> None:
    assert _risk(built, "customer", FEW_TOKENS) == ("watch", 1)
    assert _risk(built, "customer", MANY_TOKENS)[0] == "watch"
    assert _risk(built, "shop", TOKEN_SHOP)[0] == "watch"


def test_regular_and_small_shop_are_one_fact_and_accuse_neither(built) -> None:
    assert _risk(built, "shop", CAPTIVE_SHOP) == ("watch", 1)
    assert _risk(built, "customer", CAPTIVE) == ("watch", 1)
    # The same five orders at a shop that has other guests.
    assert _risk(built, "customer", REGULAR) == ("watch", 1)
    assert built("select * from shop_risk where shop_id = %s", (REGULARS_SHOP,)) == []


def test_descriptive_rules_together_accuse_nobody(built) -> None:
    rules = "select fraud_note from suspected_fraud_shop where shop_id = %s order by 1"
    notes = ["one_buyer_shop", "repeated_amount", "subsidy_intensity"]
    assert [row["fraud_note"] for row in built(rules, (DAILY_COFFEE,))] == notes
    assert _risk(built, "shop", DAILY_COFFEE) == ("watch", 3)
    assert _risk(built, "customer", COFFEE_DRINKER)[0] == "watch"


def test_descriptive_rule_supports_one_that_accuses(built) -> None:
    # Five token amounts, which alone are watched (above), all of one amount: another family.
    assert _risk(built, "customer", TOKENS_ALIKE) == ("review", 2)
    # That they are at one shop is no second kind of evidence.
    assert _risk(built, "customer", TOKENS_AT_ONE_SHOP) == ("watch", 2)


def test_amplifier_adds_points_only_beside_another_rule_and_never_money(built) -> None:
    assert _risk(built, "customer", NIGHT_ONLY) == ("watch", 1)
    # 40 points for four token amounts; an amplifier adds 10 and is no second opinion.
    assert _risk(built, "customer", NIGHT_TOO) == ("watch", 2)
    money = "select sum(money_at_risk) as money from fraud_signal where rule_id = 'night_orders'"
    assert built(money) == [{"money": 0}]
    assert built("select * from money_at_risk where rule_id = 'night_orders'") == []


def test_owner_who_tests_the_checkout_is_only_watched(built) -> None:
    own = "select fraud_note, severity from suspected_fraud_customers where customer_id = %s order by 1"
    assert [tuple(row.values()) for row in built(own, (TESTER,))] == [
        ("buys_at_own_shop", "low"),
        ("have_orders_under_1000", "low"),
    ]
    assert _risk(built, "customer", TESTER) == ("watch", 2)


def test_buyers_who_come_back_tell_a_few_accounts_from_a_crowd(built) -> None:
    occurrences = "select fraud_note, occurrences from suspected_fraud_shop where shop_id = %s order by fraud_note"
    assert [tuple(row.values()) for row in built(occurrences, (ONE_PRODUCT,))] == [
        ("repeated_amount", 1),
        ("subsidy_intensity", 1),
    ]
    assert _risk(built, "shop", ONE_PRODUCT) == ("watch", 2)
    # The three who came back have what the crowd has not; it is the scorecard that says so, the others only describe the shop.
    assert [tuple(row.values()) for row in built(occurrences, (FARM,))] == [
        ("regular_spacing", 1),
        ("shop_scorecard", 1),
        ("subsidy_intensity", 7),
    ]
    assert _risk(built, "shop", FARM) == ("review", 3)


def test_money_is_at_risk_for_those_in_review_only_and_else_watched(built) -> None:
    money = "select band = 'watch' as is_watched, sum(money_at_risk) as at_risk, sum(money_watched) as watched from {}_risk group by 1"
    found = {kind: {row.pop("is_watched"): row for row in built(money.format(kind))} for kind in ("customer", "shop")}
    assert found["customer"][1]["at_risk"] == found["shop"][1]["at_risk"] == 0
    assert found["shop"][1]["watched"] > 0
    (summary,) = built("select money_at_risk, money_watched from campaign_summary where campaign_id = 2")
    rows = [row for kind in found.values() for row in kind.values()]
    assert summary == {
        "money_at_risk": sum(row["at_risk"] for row in rows),
        "money_watched": sum(row["watched"] for row in rows),
    }
    # Four vouchers of a regular who is only watched: naive per hit, and watched, not at risk.
    of_regular = "select money_at_risk as money from suspected_fraud_customers where customer_id = %s"
    assert built(of_regular, (REGULAR,)) == [{"money": 80_000}]
    regular = built("select money_at_risk, money_watched from customer_risk where customer_id = %s", (REGULAR,))
    assert regular == [{"money_at_risk": 0, "money_watched": 80_000}]


def test_voucher_that_the_terms_allow_is_claimed_by_no_rule_about_vouchers(built) -> None:
    hits = built(
        "select fraud_note, money_at_risk from suspected_fraud_customers where customer_id = %s order by 1",
        (TWO_VOUCHERS,),
    )
    assert [tuple(row.values()) for row in hits] == [
        ("several_vouchers_one_owner", 24_900),
        ("use_more_than_1_voucher_per_day", 12_600),
    ]
    money = "select band, money_at_risk, money_watched from customer_risk where customer_id = %s"
    assert built(money, (TWO_VOUCHERS,)) == [{"band": "breach", "money_at_risk": 12_600, "money_watched": 0}]


def test_hit_that_weighs_nothing_claims_nothing(built) -> None:
    (hit,) = built(
        "select occurrences, order_count, money_at_risk from fraud_signal where subject_id = %s", (NOON_SHOP,)
    )
    assert hit == {"occurrences": 0, "order_count": 3, "money_at_risk": 0}
    assert built("select money_at_risk, money_watched from shop_risk where shop_id = %s", (NOON_SHOP,)) == [
        {"money_at_risk": 0, "money_watched": 0}
    ]


def test_group_is_accused_where_its_rebates_are_beyond_chance_and_else_watched(built) -> None:
    groups = built(
        "select subject_id, severity, money_at_risk, reason from fraud_signal where rule_id = 'co_purchase_group'"
    )
    found = {row["subject_id"]: row for row in groups}
    assert {subject: row["severity"] for subject, row in found.items()} == {"700": "medium", "720": "low"}
    assert "24 of 24 vouchers earned the whole rebate, in the campaign " in found["700"]["reason"]
    assert (
        "Among 2 groups looked at, chance gives at most 0.01 that stand out as much; 1 does." in found["700"]["reason"]
    )
    assert "0 of 24 vouchers earned the whole rebate, in the campaign " in found["720"]["reason"]
    assert "no more than by chance, so it is only watched." in found["720"]["reason"]
    assert found["720"]["money_at_risk"] == 24 * 9_000  # naive, per hit
    for group, expected in ((GANG, ("review", 60_000, 0)), (OFFICE, ("watch", 0, 27_000))):
        rows = built(
            "select band, money_at_risk, money_watched from customer_risk where customer_id between %s and %s",
            (group[0], group[-1]),
        )
        assert [tuple(row.values()) for row in rows] == 8 * [expected]


def test_shadow_rule_weighs_nothing_and_is_stored(built) -> None:
    signal = "select listed, order_count from fraud_signal where rule_id = 'voucher_optimal_bunching'"
    assert built(signal) == [{"listed": 0, "order_count": 12}]
    assert built("select * from suspected_fraud_shop where fraud_note = 'voucher_optimal_bunching'") == []
