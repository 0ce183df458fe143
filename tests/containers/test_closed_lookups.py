"""WEBAPI_LOOKUPS=token: the documentation's command makes a token in the container, and it opens its owner's record and no other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.containers.composition import Composition

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def closed(served: Composition) -> Iterator[Composition]:
    with served.with_settings(WEBAPI_LOOKUPS="token", WEBAPI_TOKEN_KEY=secrets.token_urlsafe(32)):
        yield served


def test_a_token_opens_its_owner_s_record_and_no_other(closed: Composition) -> None:
    listed = "select customer_id from campaign_mart.customer_risk order by score desc, customer_id limit 2"
    (owner,), (other,) = closed.sql(listed)
    token = closed.execute("webapi", "python", "webapi/make_token.py", owner).stdout.strip()
    path = "/api/v1/customers/"
    assert closed.ask(path + owner, signed_in=False)[0] == 401
    status, record = closed.ask(path + owner, token=token)
    assert (status, str(record["customer_id"])) == (200, owner)
    assert closed.ask(path + other, token=token)[0] == 403
    assert closed.ask(path + other)[0] == 200, "who signs in sees all"
    assert closed.ask(path + owner, token=token + "A")[0] == 401
