"""What people do with the pages: sign in, look at a campaign, compare, look themselves up, contest, print."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.integration.test_webapi.running_service import Service
from webapi.auth.tokens import make_token

from .conftest import HOSTILE, TOKEN_KEY, Visitor

Visit = Callable[..., Visitor]
OPEN = ["/", "/sign-in", "/me", "/me/customers/10?campaign_id=1", "/me/shops/100", "/me/owners/900"]
SIGNED_IN = [
    "/campaigns",
    "/campaigns/1",
    "/campaigns/1?with=2",
    "/campaigns/2",
    "/campaigns/3",
    "/plan/1?rate=25&cap=15000",
    "/plan/3",
    "/sign-out",
]
# Their status is no fault of the page, but Chromium writes it on the console.
ERRORS = ["/me/customers/999", "/nowhere", "/campaigns/999"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_keeps_the_policy_fits_and_is_accessible(visit: Visit, width: int, scheme: str) -> None:
    visitor = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    visitor.sign_in()
    for address in (*OPEN, *SIGNED_IN, *ERRORS):
        page = visitor.go(address)
        for summary in page.query_selector_all("summary"):
            summary.click()
        for mark in page.query_selector_all("svg rect")[:3]:
            mark.hover(force=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{address} is wider than the window"
        )
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, (address, serious)
        if address in ERRORS:
            visitor.said.clear()
        visitor.require_clean()


def test_wrong_sign_in_is_said_and_the_right_one_leads_where_one_wanted_to_go(visit: Visit) -> None:
    visitor = visit()
    page = visitor.go("/campaigns/1")
    assert page.url.endswith("/sign-in?next=/campaigns/1")
    visitor.sign_in("wrong", "/campaigns/1")
    assert page.inner_text("[role=alert]") == "The user name or the password is wrong."
    assert page.input_value("#name") and not page.input_value("#password")
    visitor.sign_in(then="/campaigns/1")
    assert page.inner_text("h1") == "Autumn vouchers"
    visitor.follow("text=Sign out")
    visitor.follow("main button")
    visitor.go("/campaigns")
    assert "/sign-in" in page.url


def test_a_form_whose_token_was_taken_away_is_rejected(visit: Visit) -> None:
    visitor = visit()
    page = visitor.go("/sign-in")
    page.evaluate("document.querySelector('[name=csrf_token]').remove()")
    page.fill("#name", "marcom")
    page.fill("#password", "x")
    visitor.follow("main button")
    assert "no longer valid" in page.inner_text("main")


def _numbers(page: Page, region: str, column: int) -> list[int | float]:
    cells = page.locator(f"[aria-label='{region}'] tbody tr").evaluate_all(
        "(rows, column) => rows.map(row => row.cells[column].textContent)", column
    )
    return [_number(cell) for cell in cells]


def _number(text: str) -> int | float:
    return float(re.sub(r"[^0-9.\-]", "", text.replace("\N{MINUS SIGN}", "-")))


def test_plot_equals_table_equals_api(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in(then="/campaigns/1")
    figures, daily = (
        page.request.get(f"{visitor.url}/api/v1/campaigns/1/{name}").json() for name in ("figures", "daily")
    )
    plots = {
        "Bars: orders by day": ("Days", 1, [day["total_orders"] for day in daily["days"]]),
        "Bars: orders by hour": ("Hours", 1, [hour["total_orders"] for hour in figures["pace"]]),
        "Bars: vouchers by rebate": ("Rebate rates", 1, [rate["vouchers_used"] for rate in figures["rebate_rates"]]),
    }
    for plot, (table, column, numbers) in plots.items():
        bars = page.locator(f"svg[aria-label^='{plot}'] rect")
        drawn = bars.evaluate_all("bars => bars.map(bar => [bar.textContent, Number(bar.getAttribute('height'))])")
        assert [_number(title.rpartition(":")[2]) for title, _ in drawn] == numbers == _numbers(page, table, column)
        assert [height for _, height in drawn] == [round(200 * number / max(numbers), 1) for number in numbers]
    lorenz = [point["gmv_percent"] for point in figures["lorenz"]]
    assert _numbers(page, "Lorenz curves", 4) == lorenz
    assert _numbers(page, "Customers by day", 2) == [day["new_customers"] for day in figures["activity"]]
    assert _numbers(page, "Price points", 1) == [band["total_orders"] for band in figures["price_points"]]


def test_another_campaign_is_drawn_too_when_picked(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in(then="/campaigns/1")
    assert page.locator("polyline.other").count() == 0
    page.select_option("#with", "2")
    visitor.follow("text=Show")
    assert page.locator("polyline.other").count() == 1 and HOSTILE in page.inner_text(".legend >> nth=0")


def test_list_of_days_is_a_file_for_whoever_is_signed_in(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in(then="/campaigns/1")
    with page.expect_download() as download:
        page.click("text=Days as CSV")
    assert download.value.suggested_filename == "campaign_1_days_generation_7.csv"


def test_printed_page_has_the_figures_and_no_controls(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in(then="/campaigns/1")
    page.emulate_media(media="print")
    assert page.locator(".figures").first.is_visible()
    assert not page.locator("header").is_visible() and not page.locator("form").first.is_visible()


def test_a_shop_owner_reads_what_is_said_in_their_language_and_how_to_contest(visit: Visit) -> None:
    visitor = visit(locale="vi-VN")
    page = visitor.go("/")
    page.select_option("#kind", "owner")
    page.fill("#id", "900")
    visitor.follow("form button")
    assert page.inner_text("h1") == "Chủ cửa hàng 900"
    visitor.follow("th a >> nth=0")
    assert page.inner_text("h1") == "Cửa hàng 100" and "Nếu bạn cho rằng điều này sai" in page.inner_text("main")
    visitor.follow("text=English")
    assert page.inner_text("h1") == "Shop 100" and "If you think this is wrong" in page.inner_text("main")


def test_a_token_opens_its_own_records_and_is_in_no_address(visit: Visit, closed_service: Service) -> None:
    visitor = visit(closed_service.url)
    addresses: list[str] = []
    visitor.page.on("request", lambda request: addresses.append(request.url))
    page = visitor.go("/me/customers/10")
    token = make_token(TOKEN_KEY, 10, timedelta(hours=1))
    page.fill("#token", token)
    visitor.follow("form button")
    assert page.inner_text("h1") == "Customer 10"
    visitor.go("/me/customers/11")
    assert "does not open this record" in page.inner_text("main")
    assert len(addresses) > 3 and not any(token in address for address in addresses)
    assert token not in closed_service.log_file.read_text()


def test_terms_are_tried_on_the_orders_of_a_campaign(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in(then="/plan/2")
    paid, by_these_terms = page.locator(".figures dd").all_inner_texts()[2:4]
    assert paid == by_these_terms == "15,000"
    page.fill("#rate", "10")
    visitor.follow("main button")
    assert page.locator(".change").inner_text() == "\N{MINUS SIGN}66.7 %"
    plan = page.request.get(f"{visitor.url}/api/v1/campaigns/2/plan?rate=10").json()
    assert page.locator(".figures dd").all_inner_texts()[3] == f"about {plan['estimated_rebate']:,.0f}"
