"""One customer, one shop, one owner: what an open lookup says, and what it keeps to itself."""

from __future__ import annotations

import re

import pytest


def test_customer_answer_is_about_the_newest_campaign(api):
    answer = api.answer("/api/v1/customers/10")
    assert answer["campaign"]["campaign_id"] == 2
    assert [one["campaign_id"] for one in answer["campaigns"]] == [2, 1]
    assert (answer["total_spending"], answer["total_orders"], answer["customer_class"]) == (50000, 1, "Bronze")


def test_customer_who_is_known_and_not_flagged_is_not_suspected(api):
    answer = api.answer("/api/v1/customers/10?campaign_id=2")
    assert (answer["suspected"], answer["band"], answer["reasons"]) == (False, None, [])


def test_customer_answer_in_a_chosen_campaign_is_whole(api):
    answer = api.answer("/api/v1/customers/10?campaign_id=1")
    reasons = answer.pop("reasons")
    assert answer == {
        "customer_id": 10,
        "total_spending": 140000,
        "total_orders": 4,
        "vouchers_used": 3,
        "total_rebate": 60000,
        "spending_rank": 2,
        "of": 3,
        "customer_class": "Silver",
        "suspected": True,
        "band": "breach",
        "how_to_contest": "If you think this is wrong, write to fraud-team@example.com and quote customer 10, campaign 1,"
        " generation 7; a person will look at the orders.",
        "campaign": {
            "campaign_id": 1,
            "name": "Autumn vouchers",
            "starts_on": "2019-10-30",
            "ends_on": "2019-11-02",
            "time_zone": "Asia/Ho_Chi_Minh",
            "currency": "VND",
        },
        "campaigns": answer["campaigns"],
        "generation": 7,
        "as_of": "2026-06-14T01:02:03.456Z",
    }
    assert [reason["rule"] for reason in reasons] == [
        "have_orders_under_1000",
        "owner_ring",
        "use_more_than_1_voucher_per_day",
    ]
    assert reasons[2] == {
        "rule": "use_more_than_1_voucher_per_day",
        "title": "More vouchers than allowed",
        "sentence": "3 vouchers on 31 Oct; the terms allow 1.",
        "does_not_prove": "d",
        "txn_date": "2019-10-31",
        "severity": "medium",
        "orders": 3,
        "amount": 40000,
        "amount_is_of": "subject",
        "order_ids": [501, 502, 503],
    }


OWN_ORDERS = {10: {500, 501, 502, 503}, 11: {601}, 12: {701}}


@pytest.mark.parametrize(("customer_id", "shown"), [(10, []), (11, []), (12, [701])])
def test_open_lookup_counts_other_peoples_orders_and_does_not_name_them(api, customer_id, shown):
    response = api.get(f"/api/v1/customers/{customer_id}?campaign_id=1")
    (ring,) = [reason for reason in response.json()["reasons"] if reason["rule"] == "owner_ring"]
    assert (ring["orders"], ring["amount"], ring["amount_is_of"], ring["order_ids"]) == (3, 20000, "group", shown)
    others = {10, 11, 12} - {customer_id}
    assert "members" not in response.text and not any(f":{other}," in response.text for other in others)


@pytest.mark.parametrize("customer_id", OWN_ORDERS)
def test_no_lookup_names_an_order_that_is_not_the_subjects_own(api, customer_id):
    response = api.get(f"/api/v1/customers/{customer_id}?campaign_id=1")
    named = {order for reason in response.json()["reasons"] for order in reason["order_ids"]}
    assert named <= OWN_ORDERS[customer_id]
    foreign = set.union(*OWN_ORDERS.values()) - OWN_ORDERS[customer_id]
    assert not any(re.search(rf"\b{order}\b", response.text) for order in foreign)


def test_money_is_a_number_exact_to_the_unit(api):
    assert '"total_spending":900000.5,' in api.get("/api/v1/customers/12").text
    assert '"total_spending":70000,' in api.get("/api/v1/customers/13").text


def test_rank_counts_ranks_not_customers(api):
    tied = [api.answer(f"/api/v1/customers/{customer_id}") for customer_id in (11, 13)]
    assert [(one["spending_rank"], one["of"]) for one in tied] == [(3, 3), (3, 3)]


def test_shop_answer_has_both_ranks_and_its_reasons(api):
    answer = api.answer("/api/v1/shops/100?campaign_id=1")
    assert (answer["shop_owner_uid"], answer["total_gmv"], answer["shop_class"]) == (900, 1000000.5, "Gold")
    assert (answer["gmv_rank"], answer["of"], answer["orders_rank"], answer["orders_rank_of"]) == (1, 3, 1, 3)
    assert (answer["suspected"], answer["band"]) == (True, "watch")
    (reason,) = answer["reasons"]
    assert (reason["rule"], reason["orders"], reason["amount_is_of"]) == ("order_boosting", 1, "subject")
    assert "quote shop 100, campaign 1" in answer["how_to_contest"]


@pytest.mark.parametrize("path", ["/api/v1/shops/100?campaign_id=1", "/api/v1/shop-owners/900/shops?campaign_id=1"])
@pytest.mark.parametrize("accept", ["application/json", "application/json;q=0.9"])  # the fast lane, and Flask
def test_open_lookup_of_shop_or_owner_names_no_order_because_customers_answers_name_them(api, path, accept):
    named = {
        order for reason in api.answer("/api/v1/customers/10?campaign_id=1")["reasons"] for order in reason["order_ids"]
    }
    assert 500 in named  # order of customer 10, and evidence against shop 100
    response = api.get(path, headers={"Accept": accept})
    assert not any(re.search(rf"\b{order}\b", response.text) for order in named)
    assert all(reason["order_ids"] is None for reason in response.json().get("reasons", []))


def test_shop_that_is_not_flagged_is_not_suspected(api):
    answer = api.answer("/api/v1/shops/101")
    assert (answer["campaign"]["campaign_id"], answer["suspected"], answer["reasons"]) == (1, False, [])


def test_owner_sees_the_shops_of_the_newest_campaign_they_sold_in(api):
    answer = api.answer("/api/v1/shop-owners/900/shops")
    assert answer["campaign"]["campaign_id"] == 2
    assert [shop["shop_id"] for shop in answer["shops"]] == [100]


def test_owner_sees_all_shops_of_a_chosen_campaign_best_seller_first(api):
    answer = api.answer("/api/v1/shop-owners/900/shops?campaign_id=1")
    assert [(shop["shop_id"], shop["gmv_rank"], shop["suspected"]) for shop in answer["shops"]] == [
        (100, 1, True),
        (101, 2, False),
    ]
    assert answer["shops"][0]["first_order_time"] == "2019-10-30 08:00:00"


def test_shop_that_changed_hands_is_listed_with_its_owner_of_the_time(api):
    before, after = (api.answer(f"/api/v1/shop-owners/{owner}/shops") for owner in (901, 902))
    assert [(before["campaign"]["campaign_id"], shop["shop_id"]) for shop in before["shops"]] == [(1, 102)]
    assert [(after["campaign"]["campaign_id"], shop["shop_id"]) for shop in after["shops"]] == [(2, 102)]


GUEST = "Uid 0 stands for guests, who are not one customer. Shops and campaigns count their orders."


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/api/v1/customers/99", "Customer 99 has no orders in any campaign."),
        ("/api/v1/customers/0", GUEST),
        ("/api/v1/customers/9223372036854775807", "Customer 9223372036854775807 has no orders in any campaign."),
        ("/api/v1/customers/11?campaign_id=2", "Customer 11 has no orders in campaign 2, but in: 1."),
        ("/api/v1/customers/10?campaign_id=3", "Customer 10 has no orders in campaign 3, but in: 2, 1."),
        ("/api/v1/shops/99", "Shop 99 has no orders in any campaign."),
        ("/api/v1/shop-owners/100/shops", "Shop owner 100 has no shop with orders in any campaign."),
    ],
)
def test_unknown_subject_is_404_with_a_sentence(api, path, sentence):
    response = api.get(path)
    assert (response.status_code, response.json()["detail"]) == (404, sentence)


@pytest.mark.parametrize(
    "given", ["abc", "-5", "1.0", "1_0", "+7", "%D9%A3", "10%00", "0x10", "1e3", "9" * 19, "1" * 400]
)
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/customers/{}", "customer_id"),
        ("/api/v1/shops/{}", "shop_id"),
        ("/api/v1/shop-owners/{}/shops", "shop_owner_uid"),
        ("/api/v1/customers/10?campaign_id={}", "campaign_id"),
    ],
)
def test_id_that_is_no_64_bit_whole_number_is_422_and_named(api, path, field, given):
    response = api.get(path.format(given))
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("query", ["campain_id=1", "campaign_id=1&campaign_id=2", "campaign_id="])
def test_parameter_that_can_not_be_meant_is_422(api, query):
    assert api.get(f"/api/v1/customers/10?{query}").status_code == 422


def test_lookups_need_no_credentials_and_ignore_wrong_ones(api):
    for path in ("/api/v1/customers/10", "/api/v1/shops/100", "/api/v1/shop-owners/900/shops"):
        assert api.get(path).status_code == 200
        assert api.get(path, auth=("nobody", "wrong")).status_code == 200
