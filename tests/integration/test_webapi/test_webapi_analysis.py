"""Suspects one by one, many ids at once, a shop's days, campaigns side by side, and their files."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from .running_service import Service

RANKED = "/api/v1/campaigns/1/suspects/customers/ranked"


def customers(api: Service, query: str = "") -> list[int]:
    return [one["customer_id"] for one in api.answer(f"{RANKED}{query}", signed_in=True)["suspects"]]


def test_suspected_customers_come_once_each_most_money_first(api: Service) -> None:
    answer = api.answer(RANKED, signed_in=True)
    assert (answer["subjects"], answer["next_cursor"]) == (3, None)
    first, *others = answer["suspects"]
    assert first == {
        "customer_id": 10,
        "band": "breach",
        "score": 55,
        "rules": ["have_orders_under_1000", "owner_ring", "use_more_than_1_voucher_per_day"],
        "orders": 6,
        "money_at_risk": 40000,
        "money_watched": 0,
        "rank": 2,
        "class": "Silver",
        "total_gmv": 140000,
        "total_orders": 4,
        "vouchers_used": 3,
        "total_rebate": 60000,
    }
    assert [one["customer_id"] for one in others] == [11, 12]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?sort=score", [10, 11, 12]),
        ("?band=review", [11, 12]),
        ("?rule=owner_ring", [10, 11, 12]),
        ("?rule=use_more_than_1_voucher_per_day", [10]),
        ("?day=2019-10-30", [10]),
        ("?day=2019-10-30&rule=owner_ring", []),  # 10 has hits of both, and no hit that is both
        ("?day=2019-10-31&rule=owner_ring", [10, 11, 12]),
        ("?least_money=10001", [10]),
        ("?least_money=10000", [10, 11, 12]),
        ("?class=Gold", [12]),
        ("?class=Gold&band=breach", []),
    ],
)
def test_filters_of_suspected_people(api: Service, query: str, found: list[int]) -> None:
    assert customers(api, query) == found
    assert api.answer(RANKED + query, signed_in=True)["subjects"] == len(found)


@pytest.mark.parametrize("sort", ["money", "score"])
def test_pages_of_suspected_people_leave_nobody_out(api: Service, sort: str) -> None:
    seen, cursor = [], ""
    while True:
        page = api.answer(f"{RANKED}?sort={sort}&limit=1{cursor}", signed_in=True)
        seen += [one["customer_id"] for one in page["suspects"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [10, 11, 12]


@pytest.mark.parametrize(
    "query", ["?rule=order_boosting", "?sort=rank", "?least_money=1_0", "?least_money=-1", "?day=yesterday"]
)
def test_filter_that_can_not_be_meant_is_422(api: Service, query: str) -> None:
    assert api.get(RANKED + query, signed_in=True).status_code == 422


def test_suspected_shops_come_with_owner_and_rules(api: Service) -> None:
    (shop,) = api.answer("/api/v1/campaigns/1/suspects/shops/ranked", signed_in=True)["suspects"]
    assert (shop["shop_id"], shop["shop_owner_uid"], shop["rules"]) == (100, 900, ["order_boosting"])
    assert (shop["band"], shop["money_watched"], shop["rank"]) == ("watch", 20000, 1)


def test_many_customers_and_shops_at_once(api: Service) -> None:
    answer = api.answer("/api/v1/campaigns/1/customers?ids=13,10,99,10", signed_in=True)
    assert [(one["customer_id"], one["suspected"], one["band"], one["score"]) for one in answer["customers"]] == [
        (10, True, "breach", 55),
        (13, False, None, None),
    ]
    assert answer["unknown"] == [99]
    repeated = api.answer("/api/v1/campaigns/1/customers?ids=13&ids=10,99&ids=10", signed_in=True)
    assert repeated == answer
    shops = api.answer("/api/v1/campaigns/2/shops?ids=100,101,102", signed_in=True)
    assert [(one["shop_id"], one["shop_owner_uid"], one["rank"]) for one in shops["shops"]] == [
        (100, 900, 1),
        (102, 902, 1),
    ]
    assert shops["unknown"] == [101]


@pytest.mark.parametrize(
    "ids", ["", "1,", ",", "a", "1;2", "1 2", "-1", "1_0", str(2**63), ",".join(map(str, range(301)))]
)
def test_ids_that_are_none_are_422(api: Service, ids: str) -> None:
    assert api.get(f"/api/v1/campaigns/1/customers?ids={ids}", signed_in=True).status_code == 422


def test_as_many_ids_as_allowed_fit_in_an_address(api: Service) -> None:
    ids = ",".join(str(2**63 - 1 - number) for number in range(300))
    assert len(api.answer(f"/api/v1/campaigns/1/customers?ids={ids}", signed_in=True)["unknown"]) == 300


def test_ids_searched_for_are_not_logged(api: Service) -> None:
    response = api.get("/api/v1/campaigns/1/customers?ids=13,99887766", signed_in=True)
    assert all("99887766" not in str(line) for line in api.logged(response.headers["X-Request-ID"]))


def test_days_of_a_shop(api: Service) -> None:
    answer = api.answer("/api/v1/campaigns/1/shops/100/daily", signed_in=True)
    assert (answer["shop_id"], answer["shop_owner_uid"]) == (100, 900)
    assert [(day["txn_date"], day["total_orders"], day["total_gmv"]) for day in answer["days"]] == [
        ("2019-10-30", 3, 600000),
        ("2019-10-31", 2, 400000.5),
    ]
    assert answer["days"][0]["first_order_time"] == "2019-10-30 08:00:00"
    for path in ("/api/v1/campaigns/1/shops/999/daily", "/api/v1/campaigns/9/shops/100/daily"):
        assert api.get(path, signed_in=True).status_code == 404


def test_campaigns_side_by_side(api: Service) -> None:
    answer = api.answer("/api/v1/campaigns/comparison?campaigns=1,3", signed_in=True)
    unbegun, first = answer["campaigns"]
    assert (first["campaign_id"], first["days"], first["gmv_per_day"], first["average_order"]) == (
        1,
        4,
        295000.13,
        147500.06,
    )
    assert (first["share_with_voucher"], first["rebate_per_voucher"], first["rebate_share"]) == (0.625, 20000, 0.0847)
    assert (first["orders_per_customer"], first["share_at_risk"]) == (2, 0.6)
    assert (unbegun["campaign_id"], unbegun["total_orders"], unbegun["average_order"]) == (3, 0, None)
    everything = api.answer("/api/v1/campaigns/comparison", signed_in=True)["campaigns"]
    assert [one["campaign_id"] for one in everything] == [3, 2, 1]
    assert api.get("/api/v1/campaigns/comparison?campaigns=1,9", signed_in=True).status_code == 404


@pytest.mark.parametrize(
    "path", [RANKED, "/api/v1/campaigns/1/suspects/customers", "/api/v1/campaigns/1/customers?ids=10,12&x="]
)
def test_workbook_holds_what_the_csv_holds_and_no_formula(api: Service, path: str) -> None:
    path = path.replace("&x=", "")
    sign = "&" if "?" in path else "?"
    text = api.get(f"{path}{sign}format=csv", signed_in=True).content.decode()
    response = api.get(f"{path}{sign}format=xlsx", signed_in=True)
    assert response.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert response.headers["Content-Disposition"].endswith('.xlsx"')
    (sheet,) = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets
    rows = [["" if cell.value is None else str(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert rows == [[cell.removeprefix("'") for cell in row] for row in csv.reader(io.StringIO(text))]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}
    assert len(rows) > 1


def test_byte_order_mark_by_parameter(api: Service) -> None:
    path = "/api/v1/campaigns/1/daily?format=csv"
    plain, marked = (api.get(path + more, signed_in=True).content for more in ("", "&bom=1"))
    assert marked == b"\xef\xbb\xbf" + plain


def test_order_says_what_it_is_evidence_of(api: Service) -> None:
    answer = api.answer("/api/v1/campaigns/1/orders/501", signed_in=True)
    assert {
        name: answer[name] for name in ("order_time", "shop_id", "shop_owner_uid", "customer_id", "gmv", "rebate")
    } == {
        "order_time": "2019-10-31 09:00:00",
        "shop_id": 100,
        "shop_owner_uid": 900,
        "customer_id": 10,
        "gmv": 70000,
        "rebate": 20000,
    }
    assert [(hit["rule"], hit["subject_type"], hit["orders"], hit["amount"]) for hit in answer["hits"]] == [
        ("owner_ring", "owner_ring", 3, 20000),
        ("use_more_than_1_voucher_per_day", "customer", 3, 40000),
    ]
    for path in ("campaigns/1/orders/777", "campaigns/2/orders/501"):
        refused = api.get(f"/api/v1/{path}", signed_in=True)
        assert refused.status_code == 404 and "evidence of no listed hit" in refused.json()["detail"]
    assert (
        api.get("/api/v1/campaigns/9/orders/501", signed_in=True).json()["detail"].startswith("There is no campaign 9")
    )
    assert api.get("/api/v1/campaigns/1/orders/501").status_code == 401
