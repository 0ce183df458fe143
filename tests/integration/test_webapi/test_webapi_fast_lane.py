"""The fast lane and Flask give the same answer; what the lane is not sure of, Flask answers."""

from __future__ import annotations

import time

import pytest
import requests

from .running_service import Service, run

# The lane takes a client only that says plainly that it takes JSON.
TO_FLASK = {"Accept": "application/json;q=0.9"}
PATHS = [
    *(f"/api/v1/customers/{customer}" for customer in (10, 11, 12, 13)),
    *(f"/api/v1/shops/{shop}" for shop in (100, 101, 102)),
    *(f"/api/v1/shop-owners/{owner}/shops" for owner in (900, 901, 902)),
]
UNKNOWN = ["/api/v1/customers/99", "/api/v1/shops/99", "/api/v1/shop-owners/99/shops"]
DIFFER = {"Date", "X-Request-ID"}


def same(service: Service, path: str, **headers: str) -> requests.Response:
    """Return the answer that both ways gave."""
    fast = [service.get(path, headers=headers) for _ in range(2)]  # read, and perhaps remembered
    slow = service.get(path, headers=headers | TO_FLASK)
    for one in fast:
        assert one.status_code == slow.status_code
        assert {name: value for name, value in one.headers.items() if name not in DIFFER} == {
            name: value for name, value in slow.headers.items() if name not in DIFFER
        }
        if slow.status_code in (200, 304):
            assert one.content == slow.content
    return slow


@pytest.mark.parametrize("query", ["", "?campaign_id=1", "?campaign_id=2", "?campaign_id=01", "?campaign_id="])
@pytest.mark.parametrize("path", [*PATHS, *UNKNOWN])
def test_both_ways_give_the_same_bytes_and_headers(api: Service, path: str, query: str) -> None:
    answer = same(api, path + query)
    if answer.status_code == 200:
        assert same(api, path + query, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert same(api, path + query, **{"If-None-Match": f"W/{answer.headers['ETag']}"}).status_code == 304
        assert same(api, path + query, **{"If-None-Match": '"7-0123456789abcdef"'}).status_code == 200
        assert same(api, path + query, **{"If-None-Match": "*"}).status_code == 304


def test_both_ways_are_counted_for_their_route_and_logged_alike(api: Service) -> None:
    lines = []
    for headers in ({}, TO_FLASK):
        response = api.get("/api/v1/customers/10", headers=headers)
        (line,) = api.logged(response.headers["X-Request-ID"])
        lines.append({name: value for name, value in line.items() if name not in ("time", "ms", "request_id")})
    assert lines[0] == lines[1] and lines[0]["generation"] == 7
    assert 'route="unknown"' not in "".join(
        line for line in api.get("/metrics").text.splitlines() if "customers" in line
    )


def test_remembered_answer_needs_no_table(api: Service, marts) -> None:
    asked = {"Connection": "close"}  # each goes to whichever worker is free
    assert api.get("/api/v1/customers/13", headers=asked).status_code == 200
    run(marts, "rename table customer_pending_rank to put_aside")
    try:
        api.get("/readyz")
        ask = (api.get("/api/v1/customers/13", headers=asked).status_code for _ in range(100))
        remembered = 200 in ask  # by the worker that has answered it before; the other one gives 503
        unread = api.get("/api/v1/customers/12?campaign_id=0001")  # no other test asks so
    finally:
        run(marts, "rename table put_aside to customer_pending_rank")
    assert remembered
    assert (unread.status_code, unread.headers["Content-Type"]) == (503, "application/problem+json")


def test_remembered_answer_is_forgotten_with_its_generation(api: Service, marts) -> None:
    assert api.answer("/api/v1/customers/12")["total_spending"] == 900000.5
    run(marts, "update customer_pending_rank set total_spending = 5 where customer_id = 12")
    run(marts, "update current_generation set generation = 8")
    try:
        time.sleep(1)
        for _ in range(8):
            answer = api.get("/api/v1/customers/12", headers={"Connection": "close"}).json()
            assert (answer["generation"], answer["total_spending"]) == (8, 5)
    finally:
        run(marts, "update customer_pending_rank set total_spending = 900000.50 where customer_id = 12")
        run(marts, "update current_generation set generation = 7")
        time.sleep(1)
