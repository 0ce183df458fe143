"""What those who are signed in get: summary, series, classes, top, rules, suspects, in pages and as CSV."""

from __future__ import annotations

import csv
import io
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date

import pytest

from webapi.marts import queries
from webapi.protocol.paging import Amount, WholeNumber, make_cursor

ONE = "/api/v1/campaigns/1"


def read_csv(response) -> list[dict[str, str]]:
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8"), newline="")))


def all_pages(api, path: str, member: str, limit: int) -> list[dict]:
    found, cursor = [], ""
    while cursor is not None:
        sign = "&" if "?" in path else "?"
        answer = api.answer(f"{path}{sign}limit={limit}" + (f"&cursor={cursor}" if cursor else ""), signed_in=True)
        assert len(answer[member]) <= limit
        found += answer[member]
        cursor = answer["next_cursor"]
    return found


def test_campaigns_are_listed_newest_first_with_those_not_begun(api):
    answer = api.answer("/api/v1/campaigns", signed_in=True)
    listed = [(one["campaign_id"], one["total_orders"], one["total_gmv"]) for one in answer["campaigns"]]
    assert listed == [(3, 0, 0), (2, 1, 50000), (1, 8, 1180000.5)]


def test_summary_is_whole(api):
    answer = api.answer(f"{ONE}/summary", signed_in=True)
    numbers = {name: value for name, value in answer.items() if not isinstance(value, dict | list)}
    assert numbers == {
        "total_orders": 8,
        "guest_orders": 0,
        "total_customers": 4,
        "total_shops": 3,
        "total_gmv": 1180000.5,
        "vouchers_used": 5,
        "total_rebate": 100000,
        "average_order": 147500.06,
        "share_with_voucher": 0.625,
        "suspects": 2,
        "watched": 1,
        "money_at_risk": 60000,
        "money_watched": 20000,
        "generation": 7,
        "as_of": "2026-06-14T01:02:03.456Z",
    }
    assert answer["terms"] == {"voucher_rate": 0.3, "voucher_cap": 20000, "vouchers_per_customer_per_day": 1}
    assert [(one["grain"], one["held"], one["excess_money"]) for one in answer["enforcement"]] == [
        ("customer", False, 40000),
        ("customer_owner", True, 0),
        ("customer_shop", True, 0),
    ]


def test_summary_of_a_campaign_without_orders_is_zeros(api):
    answer = api.answer("/api/v1/campaigns/3/summary", signed_in=True)
    assert (answer["total_orders"], answer["total_gmv"], answer["average_order"], answer["enforcement"]) == (
        0,
        0,
        None,
        [],
    )


@pytest.mark.parametrize(
    "path",
    [
        "summary",
        "daily",
        "hourly",
        "classes",
        "top",
        "rules",
        "suspects/customers",
        "suspects/shops",
        "daily?format=csv",
    ],
)
def test_unknown_campaign_is_404_everywhere(api, path):
    response = api.get(f"/api/v1/campaigns/9/{path}", signed_in=True)
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no campaign 9; /api/v1/campaigns lists them."


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("daily", "days"),
        ("hourly", "hours"),
        ("top", "top"),
        ("suspects/customers", "suspects"),
        ("suspects/shops", "suspects"),
    ],
)
def test_list_of_a_campaign_without_orders_is_empty(api, path, member):
    assert api.answer(f"/api/v1/campaigns/3/{path}", signed_in=True)[member] == []


def test_daily_and_hourly_figures_come_in_order(api):
    days = api.answer(f"{ONE}/daily", signed_in=True)["days"]
    assert [(one["txn_date"], one["total_orders"], one["total_gmv"]) for one in days] == [
        ("2019-10-30", 5, 1000000),
        ("2019-10-31", 3, 180000.5),
    ]
    hours = api.answer(f"{ONE}/hourly", signed_in=True)["hours"]
    assert [(one["txn_date"], one["txn_hour"]) for one in hours] == [
        ("2019-10-30", 0),
        ("2019-10-30", 23),
        ("2019-10-31", 9),
    ]


def test_classes_name_all_three_of_customers_and_shops(api):
    classes = api.answer("/api/v1/campaigns/2/classes", signed_in=True)["classes"]
    assert [(one["ranked"], one["class"], one["members"], one["total_gmv"]) for one in classes] == [
        ("customers", "Gold", 0, 0),
        ("customers", "Silver", 0, 0),
        ("customers", "Bronze", 1, 50000),
        ("shops", "Gold", 0, 0),
        ("shops", "Silver", 0, 0),
        ("shops", "Bronze", 2, 100000),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 50])
def test_top_customers_page_through_ties_without_loss(api, limit):
    top = all_pages(api, f"{ONE}/top", "top", limit)
    assert [(one["customer_id"], one["rank"]) for one in top] == [(12, 1), (10, 2), (11, 3), (13, 3)]


def test_top_has_the_ids_of_its_kind_only(api):
    figures = ["rank", "class", "total_gmv", "total_orders", "vouchers_used", "total_rebate", "band"]
    for subject, ids in (("customers", ["customer_id"]), ("shops", ["shop_id", "shop_owner_uid"])):
        response = api.get(f"{ONE}/top?subject={subject}&format=csv", signed_in=True)
        assert list(read_csv(response)[0]) == ids + figures
        assert list(api.answer(f"{ONE}/top?subject={subject}", signed_in=True)["top"][0]) == ids + figures


def test_top_shops_by_orders(api):
    top = api.answer(f"{ONE}/top?subject=shops&by=orders", signed_in=True)["top"]
    assert [(one["shop_id"], one["rank"], one["class"]) for one in top] == [
        (100, 1, "Gold"),
        (101, 2, "Silver"),
        (102, 3, "Bronze"),
    ]


@pytest.mark.parametrize("path", ["top?subject=customers", "top?subject=shops", "top?subject=shops&by=orders"])
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_top_of_each_class_is_that_part_of_the_whole_top(api, path, limit):
    whole = api.answer(f"{ONE}/{path}", signed_in=True)["top"]
    assert {one["class"] for one in whole} == {"Gold", "Silver", "Bronze"}
    for name in ("Gold", "Silver", "Bronze"):
        of_class = all_pages(api, f"{ONE}/{path}&class={name}", "top", limit)
        assert of_class == [one for one in whole if one["class"] == name]


def test_class_of_whom_there_are_few_is_bounded_as_the_marts_bound_it(api):
    (shop, other) = api.answer("/api/v1/campaigns/2/top?subject=shops&class=Bronze", signed_in=True)["top"]
    assert (shop["rank"], other["rank"]) == (1, 1)
    for name in ("Gold", "Silver"):
        assert api.answer(f"/api/v1/campaigns/2/top?subject=shops&class={name}", signed_in=True)["top"] == []


def test_top_customers_by_orders_is_refused(api):
    response = api.get(f"{ONE}/top?by=orders", signed_in=True)
    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (422, ["by"])
    assert "subject=shops" in response.json()["detail"]


def test_rules_show_hits_of_active_unmuted_rules_only(api):
    rules = api.answer(f"{ONE}/rules", signed_in=True)["rules"]
    assert [(one["rule_id"], one["hits"], one["money_naive"]) for one in rules] == [
        ("have_orders_under_1000", 1, 0),
        ("order_boosting", 0, 20000),
        ("owner_ring", 1, 20000),
        ("use_more_than_1_voucher_per_day", 1, 40000),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 50])
def test_suspected_customers_page_by_money_at_risk(api, limit):
    suspects = all_pages(api, f"{ONE}/suspects/customers", "suspects", limit)
    assert [(one["customer_id"], one["rule"], one["amount"]) for one in suspects] == [
        (10, "use_more_than_1_voucher_per_day", 40000),
        (10, "owner_ring", 20000),
        (11, "owner_ring", 20000),
        (12, "owner_ring", 20000),
        (10, "have_orders_under_1000", 0),
    ]


def test_suspects_show_all_evidence_to_those_signed_in(api):
    (first, *_) = api.answer(f"{ONE}/suspects/customers?rule=owner_ring", signed_in=True)["suspects"]
    assert (first["order_ids"], first["members"], first["band"], first["score"]) == (
        [501, 601, 701],
        [10, 11, 12],
        "breach",
        55,
    )


@pytest.mark.parametrize(
    ("filters", "customers"),
    [
        ("rule=owner_ring", [10, 11, 12]),
        ("severity=low", [10]),
        ("band=review", [11, 12]),
        ("class=Gold", [12]),
        ("day=2019-10-30", [10]),
        ("rule=owner_ring&class=Bronze&day=2019-10-31&severity=medium&band=review", [11]),
        ("rule=have_orders_under_1000&class=Gold", []),
    ],
)
def test_suspects_filters_hold_together(api, filters, customers):
    answer = api.answer(f"{ONE}/suspects/customers?{filters}", signed_in=True)
    assert [one["customer_id"] for one in answer["suspects"]] == customers
    assert (answer["hits"], answer["subjects"]) == (len(customers), len(set(customers)))


OF_CUSTOMERS = "have_orders_under_1000, owner_ring, use_more_than_1_voucher_per_day"


@pytest.mark.parametrize(
    ("listed", "rule", "message"),
    [
        *(
            ("customers", rule, f"is no rule about customers; those are: {OF_CUSTOMERS}")
            for rule in ("owner_rings", "", "%00", "' or 1=1 -- ", "%25(campaign_id)s", "tried_out")
        ),
        (
            "customers",
            "order_boosting",
            f"is no rule about customers (its hits are in suspects/shops); those are: {OF_CUSTOMERS}",
        ),
        (
            "shops",
            "owner_ring",
            "is no rule about shops (its hits are in suspects/customers); those are: order_boosting",
        ),
    ],
)
@pytest.mark.parametrize("sent_as", ["json", "csv"])
def test_rule_that_is_none_of_the_list_is_422_and_the_known_ones_are_named(api, listed, rule, message, sent_as):
    response = api.get(f"{ONE}/suspects/{listed}?rule={rule}&format={sent_as}", signed_in=True)
    assert (response.status_code, response.json().get("errors")) == (
        422,
        [{"location": "query", "field": "rule", "message": message}],
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("severity=grave", "severity"),
        ("day=31.10.2019", "day"),
        ("day=1572480000", "day"),
        ("class=Platinum", "class"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=", "cursor"),
        ("cursor=a%20b", "cursor"),
        ("cursor=" + "a" * 2000, "cursor"),
        ("format=xml", "format"),
        ("sort=name", "sort"),
    ],
)
def test_parameter_that_can_not_be_used_is_422_and_named(api, query, field):
    response = api.get(f"{ONE}/suspects/customers?{query}", signed_in=True)
    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (422, [field])


def test_cursor_of_another_list_or_filter_is_refused(api):
    cursor = api.answer(f"{ONE}/suspects/customers?limit=1", signed_in=True)["next_cursor"]
    for path in (
        f"{ONE}/suspects/customers?rule=owner_ring",
        f"{ONE}/top?limit=1",
        "/api/v1/campaigns/2/suspects/customers?limit=1",
    ):
        response = api.get(f"{path}&cursor={cursor}", signed_in=True)
        assert (response.status_code, "with these filters" in response.json()["detail"]) == (404, True)


@pytest.mark.parametrize("cursor", ["abc", "0" * 900, "bnVsbA", "W10", "e30"])
def test_invented_cursor_is_404_with_a_sentence(api, cursor):
    response = api.get(f"{ONE}/top?cursor={cursor}", signed_in=True)
    assert response.status_code == 404
    assert response.json()["detail"].startswith("There is no such page: the cursor ")


PAGED = {
    "top_customers_by_gmv": ("top?", queries.top_customers()),
    "top_shops_by_gmv": ("top?subject=shops&", queries.top_shops("gmv")),
    "top_shops_by_orders": ("top?subject=shops&by=orders&", queries.top_shops("orders")),
    "suspected_customers": ("suspects/customers?", queries.suspected_customers()),
    "suspected_shops": ("suspects/shops?", queries.suspected_shops()),
}
RIGHT = {WholeNumber: 1, Amount: "5.00", date: "2019-10-30", str: "x"}
WRONG = {
    WholeNumber: ["1", "", "x", None, True, 1.5, 2**63, 10**400, [], "\ud800"],
    Amount: [
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "1e999999",
        "1.005",
        "x",
        "",
        None,
        True,
        ["5.00"],
        "\ud800",
    ],
    date: ["2026-99-99", "99999-01-01", "x", "", " 1", "0000-00-00", None, 1, ["2019-10-30"], "\ud800"],
    str: [None, 1, True, [], "\ud800", "a\udc00"],
}


@pytest.mark.parametrize("name", PAGED)
def test_cursor_with_a_key_that_is_not_of_its_type_is_404(api, name):
    path, wanted = PAGED[name]
    mark, *_ = json.loads(urlsafe_b64decode(make_cursor(name, {"campaign": 1}, [1]) + "=="))
    types = [key.type for key in wanted.order]
    right = [RIGHT[one] for one in types]

    def status(keys: list) -> int:
        cursor = urlsafe_b64encode(json.dumps([mark, *keys]).encode()).decode().rstrip("=")
        return api.get(f"{ONE}/{path}cursor={cursor}", signed_in=True).status_code

    assert status(right) == 200
    for place, one in enumerate(types):
        for wrong in WRONG[one]:
            assert status([*right[:place], wrong, *right[place + 1 :]]) == 404, (place, wrong)


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("daily", "days"),
        ("hourly", "hours"),
        ("rules", "rules"),
        ("top", "top"),
        ("top?subject=shops", "top"),
        ("suspects/customers", "suspects"),
        ("suspects/customers?rule=owner_ring", "suspects"),
        ("suspects/shops", "suspects"),
    ],
)
def test_csv_is_the_same_list_whole(api, path, member):
    sign = "&" if "?" in path else "?"
    answer = api.answer(f"{ONE}/{path}", signed_in=True)
    response = api.get(f"{ONE}/{path}{sign}format=csv", signed_in=True)
    rows = read_csv(response)
    assert len(rows) == len(answer[member]) > 0
    assert list(rows[0]) == list(answer[member][0])
    for row, item in zip(rows, answer[member], strict=True):
        for name, value in item.items():
            text = " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
            assert row[name].removeprefix("'") == text
    assert response.headers["X-Generation"] == "7"
    assert response.headers["Content-Disposition"].endswith('_generation_7.csv"')
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("suspects/customers?", 5),
        ("top?", 4),
        ("top?subject=shops&", 3),
        ("top?subject=shops&by=orders&", 3),
        ("top?class=Bronze&", 2),
    ],
)
def test_csv_is_as_long_as_the_limit_says_and_whole_without_one(api, path, whole):
    all_rows = read_csv(api.get(f"{ONE}/{path}format=csv", signed_in=True))
    assert len(all_rows) == whole
    for limit in (1, 2, 1000):
        response = api.get(f"{ONE}/{path}format=csv&limit={limit}", signed_in=True)
        assert read_csv(response) == all_rows[:limit]


def test_csv_goes_on_after_a_cursor(api):
    page = api.answer(f"{ONE}/suspects/customers?limit=2", signed_in=True)
    rows = read_csv(api.get(f"{ONE}/suspects/customers?format=csv&cursor={page['next_cursor']}", signed_in=True))
    everything = read_csv(api.get(f"{ONE}/suspects/customers?format=csv", signed_in=True))
    assert rows == everything[2:]


def test_first_page_of_suspects_counts_the_whole_list(api):
    first = api.answer(f"{ONE}/suspects/customers?limit=2", signed_in=True)
    assert (first["hits"], first["subjects"], len(first["suspects"])) == (5, 3, 2)
    later = api.answer(f"{ONE}/suspects/customers?limit=2&cursor={first['next_cursor']}", signed_in=True)
    assert (later["hits"], later["subjects"]) == (None, None)
    shops = api.answer(f"{ONE}/suspects/shops?limit=1", signed_in=True)
    assert (shops["hits"], shops["subjects"]) == (1, 1)


def test_suspects_say_what_is_not_proved_and_whose_amount_it_is(api):
    suspects = api.answer(f"{ONE}/suspects/customers", signed_in=True)["suspects"]
    assert {(one["rule"], one["amount_is_of"]) for one in suspects} == {
        ("use_more_than_1_voucher_per_day", "subject"),
        ("owner_ring", "group"),
        ("have_orders_under_1000", "subject"),
    }
    (shop,) = api.answer(f"{ONE}/suspects/shops", signed_in=True)["suspects"]
    assert (shop["does_not_prove"], shop["amount_is_of"], shop["order_ids"]) == ("d", "subject", [500])


def test_money_that_is_only_watched_is_told_apart_from_money_at_risk(api):
    rules = {one["rule_id"]: one for one in api.answer(f"{ONE}/rules", signed_in=True)["rules"]}
    names = ("money_naive", "money_at_risk_counted_once", "money_watched")
    assert [rules["order_boosting"][name] for name in names] == [20000, 0, 20000]
    assert [rules["owner_ring"][name] for name in names] == [20000, 20000, 0]
    (shop,) = api.answer(f"{ONE}/suspects/shops", signed_in=True)["suspects"]
    assert (shop["band"], shop["subject_money_at_risk"], shop["subject_money_watched"]) == ("watch", 0, 20000)
    (line,) = read_csv(api.get(f"{ONE}/suspects/shops?format=csv", signed_in=True))
    assert line["subject_money_watched"] == "20000"


def test_suspects_carry_their_own_money_at_risk_beside_that_of_the_hit(api):
    suspects = api.answer(f"{ONE}/suspects/customers?rule=owner_ring", signed_in=True)["suspects"]
    assert [(one["customer_id"], one["amount"], one["subject_money_at_risk"]) for one in suspects] == [
        (10, 20000, 40000),
        (11, 20000, 10000),
        (12, 20000, 10000),
    ]
    (shop,) = api.answer(f"{ONE}/suspects/shops", signed_in=True)["suspects"]
    assert shop["subject_money_at_risk"] == 0


def test_csv_of_an_empty_list_is_its_header(api):
    response = api.get("/api/v1/campaigns/3/suspects/customers?format=csv", signed_in=True)
    assert response.text.startswith("customer_id,") and response.text.count("\r\n") == 1


def test_csv_text_can_not_be_taken_for_a_formula(api):
    rows = read_csv(api.get(f"{ONE}/suspects/customers?format=csv&rule=have_orders_under_1000", signed_in=True))
    assert [row["sentence"] for row in rows] == ["'=1 order of 1 VND on 30 Oct."]
