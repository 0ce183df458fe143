"""The pages on small marts: what they show, that hostile names stay text, that nothing is inline, and the charts' geometry."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.security import generate_password_hash

from campaign.settings import PROJECT_ROOT
from webapi import create_app
from webapi.auth.tokens import make_token
from webapi.marts import one_generation, queries
from webapi.marts.database import DatabaseUnavailable
from webapi.pages import charts
from webapi.pages.door import within
from webapi.pages.words import change, grouped, limit_sentence
from webapi.presenters import lookup_answers
from webapi.presenters.lookup_answers import LOOKUPS, Lookup, NotYours
from webapi.settings import WebSettings

USER, PASSWORD = AUTH = ("somebody", "a long password")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = "<script>alert(1)</script>"
CAMPAIGN = {
    "generation": 7,
    "published_at": datetime(2026, 6, 14, tzinfo=UTC),
    "campaign_id": 2,
    "name": HOSTILE,
    "campaign_name": HOSTILE,
    "starts_on": date(2026, 6, 10),
    "ends_on": date(2026, 6, 13),
    "time_zone": "Asia/Ho_Chi_Minh",
    "currency": "VND",
    "voucher_rate": Decimal("0.3"),
    "voucher_cap": Decimal(20000),
    "vouchers_per_customer_per_day": 1,
}


def test_bars_are_as_high_as_their_share_of_the_highest():
    assert [bar.height for bar in charts.bars(["a", "b", "c"], [0, 5, 10])] == [0, 100, 200]
    assert charts.bars([], []) == [] and charts.bars(["a"], [0])[0].height == 0


def test_bars_stand_in_their_place_and_on_what_is_below_them():
    (bar,) = charts.bars(["a"], [5], places=[3], slots=4, highest=10, below=[2])
    assert (bar.height, bar.y) == (100, 60) and 540 < bar.x < 720


def test_line_runs_from_edge_to_edge():
    assert charts.line([0, 47], [Decimal(0), Decimal(100)], 47) == "0.0,200.0 720.0,0.0"


def test_ticks_are_few():
    assert charts.ticks(list("abcdefg"), 4) == ["a", "", "c", "", "e", "", "g"]


def test_numbers_are_grouped_and_nothing_is_a_dash():
    assert [grouped(one) for one in (1234567, Decimal("1234.50"), Decimal("5.00"), None)] == [
        "1,234,567",
        "1,234.50",
        "5",
        "–",
    ]


def test_change_is_signed_and_none_on_nothing():
    assert [change(*one) for one in ((110, 100), (75, 100), (1, 1), (1, 0), (1, None))] == [
        "+10.0 %",
        "−25.0 %",
        "",
        "",
        "",
    ]


def test_limit_sentence_names_the_grains_that_held_and_those_that_did_not():
    one = {"grain": "customer", "held": False, "most_per_day": 6}
    other = {"grain": "customer_shop", "held": True, "most_per_day": 1}
    sentence = limit_sentence([one, other])
    assert sentence == (
        "The daily voucher limit held per customer and shop; it was exceeded per customer (up to 6 a day)."
    )
    assert "No voucher" in limit_sentence([])


def test_statements_of_two_generations_are_read_again_until_they_are_of_one():
    generations = iter([7, 8, 8, 8])
    found = one_generation.read_together({name: lambda: [{"generation": next(generations)}] for name in "ab"})
    assert {rows[0]["generation"] for rows in found.values()} == {8}
    endless = iter(range(100))
    with pytest.raises(DatabaseUnavailable):
        one_generation.read_together({name: lambda: [{"generation": next(endless)}] for name in "ab"})


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/campaigns/2?with=1", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
    ],
)
def test_only_addresses_of_this_service_are_gone_on_to(target: str, kept: bool) -> None:
    assert within(target) == (target if kept else None)


KEY = "a key of the tests, 32 characters long"
EXAMPLES = json.loads((PROJECT_ROOT / "webapi" / "openapi" / "examples.json").read_text())
CUSTOMER = EXAMPLES["/api/v1/customers/{customer_id}"]
SHOPS = EXAMPLES["/api/v1/shop-owners/{shop_owner_uid}/shops"]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> FlaskClient:
    """The app on rows of a small campaign; lookups are open, or as the parameter says."""
    monkeypatch.setenv("WEBAPI_RUNTIME_FOLDER", str(tmp_path))
    settings = WebSettings(
        WEBAPI_USERS=f"{USER}:{generate_password_hash(PASSWORD, 'scrypt:1024:8:1')}",
        MYSQL_HOST="127.0.0.1",
        MYSQL_PORT=1,
        MYSQL_API_PASSWORD="unused",
        WEBAPI_LOG_FILE=tmp_path / "api.log",
        WEBAPI_LOOKUPS=getattr(request, "param", "open"),
        WEBAPI_TOKEN_KEY=KEY,
        WEBAPI_CONTACT="<help@shop.example>",
        _env_file=None,
    )
    return create_app(settings).test_client()


class Answers:
    """Stands for the lookups: the examples of the document, of whoever is asked for."""

    contact = "<help@shop.example>"

    def answer(self, lookup: Lookup, number: int, campaign_id: int | None, only_uid: int | None) -> tuple[int, bytes]:
        if only_uid not in (None, number):
            raise NotYours
        record = CUSTOMER if lookup is lookup_answers.CUSTOMER else SHOPS
        return 7, json.dumps({**record, "campaign": {**record["campaign"], "name": HOSTILE}}).encode()


def _with_records(client: FlaskClient) -> None:
    client.application.extensions[queries.DATABASE] = Rows(True)
    client.application.extensions[LOOKUPS] = Answers()


class Rows:
    """Stands for the database: the campaign's row, with the columns of the list that is asked for."""

    def __init__(self, with_orders: bool) -> None:
        self.figures = dict.fromkeys(("total_orders", "total_customers", "total_shops", "vouchers_used"), 4)
        self.figures |= {
            "total_gmv": Decimal(400000),
            "total_rebate": Decimal(60000),
            "total_spending": Decimal(400000),
        }
        self.with_orders = with_orders

    def rows(self, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        row = _AnyColumn(CAMPAIGN)
        if self.with_orders:
            row |= self.figures
            row |= {"txn_date": date(2026, 6, 10), "txn_hour": 5, "ranked": "shops", "class": "Gold", "members": 4}
            row |= {"elapsed_hours": 6, "running_orders_percent": 100, "new_customers": 3, "returning_customers": 1}
            row |= {"kind": "no_voucher", "days_after": 1, "band": 20, "from_amount": 66667, "rate_percent": 30}
            row |= {"voucher_gmv": Decimal(300000), "grain": "customer", "excess_money": 0, "most_per_day": 1}
            row |= {"members_percent": 0, "gmv_percent": 0, "vouchers_at_cap": 2, "rule_id": "r", "title": HOSTILE}
            row |= {"shop_id": 8202, "gmv_rank": 1} if "gmv_rank" in sql else {"customer_id": 8101, "spending_rank": 1}
        return [row]


class _AnyColumn(dict):
    """A row whose other columns are NULL."""

    def __missing__(self, column: str) -> None:
        return None


@pytest.mark.parametrize("with_orders", [True, False])
def test_pages_show_the_campaign_as_text_and_nothing_inline(client: FlaskClient, with_orders: bool) -> None:
    client.application.extensions[queries.DATABASE] = Rows(with_orders)
    for address in ("/campaigns", "/campaigns/2", "/campaigns/2?with=2", "/plan/2?rate=25&minimum=10.5"):
        answer = client.get(address, auth=AUTH)
        assert answer.status_code == 200, answer.text
        assert "&lt;script&gt;" in answer.text and "<script" not in answer.text
        assert not re.search(r"\s(style|on\w+)=|<style", answer.text)
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        assert ("60,000" in answer.text) is with_orders
        again = client.get(address, auth=AUTH, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        assert again.headers["Content-Security-Policy"] == answer.headers["Content-Security-Policy"]
        if address.startswith("/campaigns/"):
            assert ("8202" in answer.text) is with_orders
            assert ("No order of this campaign" in answer.text) is not with_orders


def test_a_browser_is_sent_to_sign_in_and_a_program_gets_401(client: FlaskClient) -> None:
    for address in ("/campaigns", "/campaigns/2"):
        assert client.get(address).status_code == 401
        sent = client.get(address, headers=BROWSER)
        assert (sent.status_code, sent.location) == (302, f"/sign-in?next={address}")
    assert client.get("/api/v1/campaigns", headers=BROWSER).status_code == 401
    assert client.get("/assets/style.css").mimetype == "text/css"


def _token(client: FlaskClient, address: str = "/sign-in") -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get(address, headers=BROWSER).text)[1]


def _sign_in(client: FlaskClient, password: str = PASSWORD, **more: str) -> Any:
    form = {"name": USER, "password": password, "csrf_token": _token(client)} | more
    return client.post("/sign-in", data=form, headers=BROWSER)


def test_signed_in_by_the_page_pages_and_api_answer_until_signed_out(client: FlaskClient) -> None:
    client.application.extensions[queries.DATABASE] = Rows(True)
    signed_in = _sign_in(client, next="/campaigns/2")
    assert (signed_in.status_code, signed_in.location) == (303, "/campaigns/2")
    cookie = signed_in.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and PASSWORD not in cookie
    for address in ("/campaigns/2", "/api/v1/campaigns"):
        assert client.get(address).status_code == 200
    signed_out = client.post("/sign-out", data={"csrf_token": _token(client, "/sign-out")}, headers=BROWSER)
    assert signed_out.status_code == 303 and client.get("/campaigns/2").status_code == 401


def test_wrong_password_is_said_and_slowed_as_at_the_api(client: FlaskClient) -> None:
    answers = [_sign_in(client, "wrong") for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert "The user name or the password is wrong." in answers[0].text and "Retry-After" in answers[-1].headers
    assert client.get("/api/v1/campaigns", auth=AUTH).status_code == 429


def test_a_form_without_its_token_is_rejected(client: FlaskClient) -> None:
    sent = client.post("/sign-in", data={"name": USER, "password": PASSWORD}, headers=BROWSER)
    assert sent.status_code == 400 and client.get("/campaigns").status_code == 401


def test_a_session_ends_when_the_password_changes(client: FlaskClient) -> None:
    client.application.extensions[queries.DATABASE] = Rows(True)
    _sign_in(client)
    assert client.get("/campaigns").status_code == 200
    users = client.application.extensions["webapi_users"]
    users._hashes[USER] = generate_password_hash("another password", "scrypt:1024:8:1")
    assert client.get("/campaigns").status_code == 401


def test_cookie_goes_over_tls_only_where_it_came_over_tls(client: FlaskClient) -> None:
    plain = client.get("/sign-in", headers=BROWSER)
    other = client.application.test_client()
    over_tls = other.get("/sign-in", headers=BROWSER, base_url="https://localhost")
    assert "Secure" not in plain.headers["Set-Cookie"] and "Secure" in over_tls.headers["Set-Cookie"]


def test_errors_are_pages_for_browsers_and_problems_for_programs(client: FlaskClient) -> None:
    page, problem = client.get("/nowhere", headers=BROWSER), client.get("/nowhere")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")


def test_own_page_says_rank_class_reasons_and_how_to_contest_as_text(client: FlaskClient) -> None:
    _with_records(client)
    sent = client.post("/me", data={"kind": "customer", "id": "8101"}, headers=BROWSER)
    assert (sent.status_code, sent.location) == (303, "/me/customers/8101")
    page = client.get(sent.location, headers=BROWSER)
    assert page.status_code == 200 and "<script" not in page.text and "&lt;script&gt;" in page.text
    assert f"{CUSTOMER['spending_rank']:,} of {CUSTOMER['of']:,}" in page.text
    assert "&lt;help@shop.example&gt;" in page.text and page.headers["Cache-Control"] == "no-store"
    for reason in CUSTOMER["reasons"]:
        assert escape(reason["title"]) in page.text and all(str(one) in page.text for one in reason["order_ids"])
    owner = client.get("/me/owners/8102", headers=BROWSER)
    assert all(f">{shop['shop_id']}<" in owner.text for shop in SHOPS["shops"])


def test_own_page_speaks_the_language_of_the_browser_or_the_one_chosen(client: FlaskClient) -> None:
    _with_records(client)
    address, vietnamese = "/me/customers/8101", {**BROWSER, "Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5"}
    page = client.get(address, headers=vietnamese)
    assert '<html lang="vi">' in page.text and "Nếu bạn cho rằng điều này sai" in page.text
    chosen = client.get(f"/language/en?next={address}", headers=vietnamese)
    assert (chosen.status_code, chosen.location) == (303, address)
    assert '<html lang="en">' in client.get(address, headers=vietnamese).text


@pytest.mark.parametrize("number", ["", "12a", "1 2", "9" * 20, "١٢"])
def test_a_wrong_id_is_said_at_the_form(client: FlaskClient, number: str) -> None:
    page = client.post("/me", data={"kind": "shop", "id": number}, headers=BROWSER)
    assert page.status_code == 422 and "digits only" in page.text


@pytest.mark.parametrize("client", ["token"], indirect=True)
def test_closed_records_open_by_a_token_that_stays_out_of_addresses_and_cookies(client: FlaskClient) -> None:
    _with_records(client)
    closed = client.get("/me/customers/8101", headers=BROWSER)
    assert (closed.status_code, closed.location) == (302, "/me")
    assert client.get("/me/customers/8101").status_code == 401
    token = make_token(KEY, 8101, timedelta(days=1))
    opened = client.post("/me", data={"token": token}, headers=BROWSER)
    assert (opened.status_code, opened.location) == (303, "/me/customers/8101")
    assert token not in opened.headers["Set-Cookie"]
    assert client.get(opened.location, headers=BROWSER).status_code == 200
    other = client.get("/me/customers/8102", headers=BROWSER)
    assert other.status_code == 403 and "does not open this record" in other.text


@pytest.mark.parametrize("client", ["token"], indirect=True)
def test_a_wrong_token_is_said_and_logged(client: FlaskClient) -> None:
    page = client.post("/me", data={"token": "nonsense"}, headers=BROWSER)
    assert page.status_code == 401 and "not made for this service" in page.text


@pytest.mark.parametrize(
    "query", ["rate=101", "rate=1e1", "cap=-1", "cap=NaN", "limit=0", "minimum=1.234", "rate=", "x=1"]
)
def test_wrong_terms_are_rejected(client: FlaskClient, query: str) -> None:
    client.application.extensions[queries.DATABASE] = Rows(True)
    assert client.get(f"/api/v1/campaigns/2/plan?{query}", auth=AUTH).status_code == 422


def test_plan_by_the_campaigns_own_terms_is_what_was_paid(client: FlaskClient) -> None:
    client.application.extensions[queries.DATABASE] = Rows(True)
    plan = client.get("/api/v1/campaigns/2/plan", auth=AUTH).json
    assert (plan["estimated_rebate"], plan["estimate_may_be_off_by"]) == (plan["total_rebate"], 0)
    opened = client.get("/plan", auth=AUTH)
    assert (opened.status_code, opened.location) == (302, "/plan/2")
