"""The pages on small marts: what they show, that hostile names stay text, that nothing is inline, and the charts' geometry."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from webapi import create_app, queries
from webapi.pages import charts
from webapi.pages.campaign_pages import grouped, limit_sentence
from webapi.settings import WebSettings

AUTH = ("somebody", "a long password")
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


def test_running_shares_end_at_the_whole_and_are_none_of_nothing():
    assert charts.running_shares([1, 1, 2]) == [Decimal(25), Decimal(50), Decimal(100)]
    assert charts.running_shares([0, 0]) == []


def test_line_runs_from_edge_to_edge():
    assert charts.line([0, 47], [Decimal(0), Decimal(100)], 47) == "0.0,200.0 720.0,0.0"


def test_numbers_are_grouped_and_nothing_is_a_dash():
    assert [grouped(one) for one in (1234567, Decimal("1234.50"), Decimal("5.00"), None)] == [
        "1,234,567",
        "1,234.50",
        "5",
        "–",
    ]


def test_limit_sentence_names_the_grains_that_held_and_those_that_did_not():
    one = {"grain": "customer", "held": False, "most_per_day": 6}
    other = {"grain": "customer_shop", "held": True, "most_per_day": 1}
    sentence = limit_sentence([one, other])
    assert sentence == (
        "The daily voucher limit held per customer and shop; it was exceeded per customer (up to 6 a day)."
    )
    assert "No voucher" in limit_sentence([])


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The app on rows of a small campaign."""
    monkeypatch.setenv("WEBAPI_RUNTIME_FOLDER", str(tmp_path))
    settings = WebSettings(
        WEBAPI_USERS=f"somebody:{generate_password_hash('a long password', 'scrypt:1024:8:1')}",
        MYSQL_HOST="127.0.0.1",
        MYSQL_PORT=1,
        MYSQL_API_PASSWORD="unused",
        WEBAPI_LOG_FILE=tmp_path / "api.log",
        _env_file=None,
    )
    return create_app(settings).test_client()


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

    def rows(self, sql: str, parameters: dict) -> list[dict]:
        row = _AnyColumn(CAMPAIGN)
        if self.with_orders:
            row |= self.figures
            row |= {"txn_date": date(2026, 6, 10), "txn_hour": 5, "ranked": "shops", "class": "Gold", "members": 4}
            row |= {"shop_id": 8202, "gmv_rank": 1} if "gmv_rank" in sql else {"customer_id": 8101, "spending_rank": 1}
        return [row]


class _AnyColumn(dict):
    """A row whose other columns are NULL."""

    def __missing__(self, column: str) -> None:
        return None


@pytest.mark.parametrize("with_orders", [True, False])
def test_pages_show_the_campaign_as_text_and_nothing_inline(client: FlaskClient, with_orders: bool) -> None:
    client.application.extensions[queries.DATABASE] = Rows(with_orders)
    for address in ("/campaigns", "/campaigns/2"):
        answer = client.get(address, auth=AUTH)
        assert answer.status_code == 200, answer.text
        assert "&lt;script&gt;" in answer.text and "<script" not in answer.text
        assert not re.search(r"\s(style|on\w+)=|<style", answer.text)
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        assert "400,000" in answer.text if with_orders else "400,000" not in answer.text
        again = client.get(address, auth=AUTH, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert ("8202" in answer.text) is with_orders
    assert ("No order of this campaign" in answer.text) is not with_orders


def test_pages_and_their_style_ask_for_a_sign_in(client: FlaskClient) -> None:
    for address in ("/campaigns", "/campaigns/2", "/campaigns/style.css"):
        assert client.get(address).status_code == 401
    assert client.get("/campaigns/style.css", auth=AUTH).mimetype == "text/css"
