"""The web service's pure parts: money, ids, cursors, CSV cells, back-off, remembered passwords, the shared log file."""

from __future__ import annotations

import itertools
import json
import logging
import multiprocessing
import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from werkzeug.security import generate_password_hash

from webapi.auth import access, backoff
from webapi.auth.budget import LookupBudget
from webapi.marts.queries import suspected_customers, top_shops
from webapi.observability.logs import JsonLine, SharedRotatingFileHandler, printable
from webapi.presenters.tables import cell
from webapi.protocol.form_bodies import is_whole
from webapi.protocol.paging import LONGEST_CURSOR, Amount, WholeNumber, WrongCursor, make_cursor, read_cursor
from webapi.routes.exports import file_name
from webapi.schemas import CampaignPath, PageQuery, exact_number

CENTS = st.integers(0, 10**15 - 1).map(lambda cents: Decimal(cents) / 100)


@given(CENTS)
def test_money_survives_json_to_the_unit(amount):
    text = json.dumps(exact_number(amount))
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == amount


@given(st.integers(0, 10**16))
def test_money_without_a_fraction_is_an_integer_however_large(units):
    assert json.dumps(exact_number(Decimal(units).quantize(Decimal("0.01")))) == str(units)


@given(st.text())
def test_id_is_digits_or_refused(text):
    canonical = text.isascii() and text.isdigit() and int(text) < 2**63 and len(text) <= 25
    if canonical:
        assert CampaignPath(campaign_id=text).campaign_id == int(text)
    else:
        with pytest.raises(ValidationError):
            CampaignPath(campaign_id=text)


KEYS = {
    WholeNumber: st.integers(-(2**63), 2**63 - 1),
    Amount: CENTS,
    date: st.dates(),
    str: st.text(max_size=40),
}
TYPED_KEYS = st.lists(st.sampled_from(list(KEYS)), min_size=1, max_size=5).flatmap(
    lambda types: st.tuples(st.just(types), st.tuples(*(KEYS[one] for one in types)).map(list))
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["NaN", "sNaN", "1e999999"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)


@given(TYPED_KEYS, st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_cursor_gives_back_the_keys_with_their_types(typed_keys, filters):
    types, keys = typed_keys
    cursor = make_cursor("list", filters, keys)
    assert read_cursor("list", filters, types, cursor) == keys
    assert cursor.isascii() and not set(cursor) & set("+/=&?#% ")


@given(st.text(max_size=LONGEST_CURSOR))
def test_cursor_that_is_none_of_ours_is_refused(text):
    with pytest.raises(WrongCursor):
        read_cursor("list", {}, [WholeNumber, WholeNumber], text)


@given(st.sampled_from(list(KEYS)), JSON)
def test_cursor_with_anything_in_place_of_a_key_is_refused_or_of_its_type(key_type, value):
    mark, _ = json.loads(urlsafe_b64decode(make_cursor("list", {}, [1]) + "=="))
    cursor = urlsafe_b64encode(json.dumps([mark, value]).encode()).decode().rstrip("=")
    with suppress(WrongCursor):
        (key,) = read_cursor("list", {}, [key_type], cursor)
        held = {WholeNumber: int, Amount: Decimal}.get(key_type, key_type)
        assert type(key) is held
        f"{key}".encode()  # raises for half a character, which no statement could be sent
        assert held is not Decimal or key.is_finite()
        assert held is not int or -(2**63) <= key < 2**63


def test_cursor_of_other_filters_list_or_length_is_refused():
    cursor = make_cursor("list", {"rule": "a"}, [1, 2])
    for name, filters, keys in (("other", {"rule": "a"}, 2), ("list", {"rule": "b"}, 2), ("list", {"rule": "a"}, 3)):
        with pytest.raises(WrongCursor):
            read_cursor(name, filters, [WholeNumber] * keys, cursor)


def test_page_condition_spells_out_mixed_directions():
    sql, parameters = suspected_customers().statement(1, [Decimal("5.00"), 10, "rule", "2019-10-30", "10"], 51)
    assert "s.money_at_risk < %(after_0)s or (s.money_at_risk = %(after_0)s and (s.customer_id > %(after_1)s or" in sql
    assert "limit 51" in sql
    assert parameters["after_0"] == Decimal("5.00") and parameters["campaign_id"] == 1


def test_no_value_of_a_request_is_written_into_sql():
    hostile = "x' or 1=1 -- "
    wanted = suspected_customers(rule=hostile, severity=hostile, band=hostile, customer_class=hostile, day=hostile)
    sql, parameters = wanted.statement(1, [hostile] * 5, 51)
    assert hostile not in sql and list(parameters.values()).count(hostile) == 10


def test_top_of_shops_orders_by_the_rank_that_was_asked_for():
    assert "order by r.orders_rank asc, r.shop_id asc" in top_shops("orders").statement(1, None, 10)[0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@sum(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "=cmd|' /C calc'!A0",
        "＝1+1",
        "＠SUM(A1)",
        "\ufeff=1",
        "\u200b\u00a0＋1",
        "\x00=1",
        "\ufeff\ufeff\t-1",
    ],
)
def test_cell_disarms_what_a_spreadsheet_would_run(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["1 order of 1 VND", "2019-10-30", "", 5, -5, 1.5, True])
def test_cell_leaves_harmless_values_alone(value):
    assert cell(value) == value


def test_file_is_named_after_its_filters():
    name = file_name(2, "suspected_customers", {"rule": "owner_ring", "severity": "high", "day": '2019-10-30"\r\n'}, 7)
    assert name == "campaign_2_suspected_customers_rule-owner_ring_severity-high_day-2019-10-30____generation_7"


@pytest.mark.parametrize("text", ["1_0", "+5", " 5", "5 ", "٣", "1e1", "5.0", ""])
def test_limit_is_digits_or_refused(text):
    with pytest.raises(ValidationError):
        PageQuery(limit=text)


def test_cell_writes_lists_with_spaces_and_nothing_for_null():
    assert (cell([501, 502]), cell([]), cell(None)) == ("501 502", "", "")


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logins(tmp_path: Path, clock: Clock) -> backoff.LoginBackoff:
    return backoff.LoginBackoff(tmp_path / "folder" / "logins.sqlite", clock)


def sign_in(logins: backoff.LoginBackoff, address: str, user: str) -> int:
    wait = logins.guess(address, user)
    if not wait:
        logins.was_right(address, user)
    return wait


def test_backoff_doubles_up_to_its_longest_and_forgets(logins, clock):
    waits = []
    for _ in range(2000):  # more than a float could double
        assert logins.guess("192.0.2.1", "marcom") == 0
        wait = logins.seconds_to_wait("192.0.2.1", "marcom")
        waits.append(wait)
        clock.now += wait
    assert waits[:4] == [0] * 4
    assert waits[4:9] == [2, 4, 8, 16, 30] and max(waits) == backoff.LONGEST_WAIT == 30
    clock.now += backoff.FORGOTTEN_AFTER + 1
    logins.guess("192.0.2.1", "marcom")
    assert logins.seconds_to_wait("192.0.2.1", "marcom") == 0


def test_backoff_of_one_address_and_user_touches_no_other(logins):
    for _ in range(backoff.FREE_FAILURES):
        logins.guess("192.0.2.1", "marcom")
    assert logins.seconds_to_wait("192.0.2.1", "marcom") > 0
    assert logins.seconds_to_wait("192.0.2.1", "analyst") == 0
    assert logins.seconds_to_wait("192.0.2.2", "marcom") == 0


def test_refused_guess_is_not_counted(logins, clock):
    answers = [logins.guess("192.0.2.1", "marcom") for _ in range(20)]
    assert answers == [0] * 5 + [2] * 15
    clock.now += 2
    assert logins.guess("192.0.2.1", "marcom") == 0


def test_backoff_is_over_after_a_success(logins, clock):
    for _ in range(backoff.FREE_FAILURES):
        logins.guess("192.0.2.1", "marcom")
    clock.now += 2
    assert sign_in(logins, "192.0.2.1", "marcom") == 0
    logins.guess("192.0.2.1", "marcom")
    assert logins.seconds_to_wait("192.0.2.1", "marcom") == 0


def test_who_signed_in_within_a_day_is_not_delayed_by_others_of_the_address(logins, clock):
    assert sign_in(logins, "192.0.2.1", "marcom") == 0
    for number in range(200):
        logins.guess("192.0.2.1", f"user{number}")
        logins.guess(f"198.51.100.{number}", "marcom")
    assert logins.seconds_to_wait("192.0.2.1", "analyst") > 0 < logins.seconds_to_wait("203.0.113.1", "marcom")
    assert sign_in(logins, "192.0.2.1", "marcom") == 0
    clock.now += backoff.KNOWN_FOR - 1
    assert logins.seconds_to_wait("192.0.2.1", "marcom") == 0


def test_who_signed_in_more_than_a_day_ago_is_anybody(logins, clock):
    sign_in(logins, "192.0.2.1", "marcom")
    clock.now += backoff.KNOWN_FOR + 1
    for number in range(backoff.FREE_FAILURES_OF_ADDRESS):
        logins.guess("192.0.2.1", f"user{number}")
    assert logins.seconds_to_wait("192.0.2.1", "marcom") > 0


def test_user_who_needs_no_check_stays_known(logins, clock):
    sign_in(logins, "192.0.2.1", "marcom")
    for _ in range(30):
        clock.now += 7200
        logins.note_known("192.0.2.1", "marcom")
    for number in range(backoff.FREE_FAILURES_OF_ADDRESS):
        logins.guess("192.0.2.1", f"user{number}")
    assert logins.seconds_to_wait("192.0.2.1", "marcom") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_client_is_an_address_or_a_64_of_ipv6(one, other, same):
    assert (backoff.network(one) == backoff.network(other)) is same


@pytest.mark.parametrize(
    ("guesses", "checked_at_once", "checked_in_a_minute"),
    [
        ([("192.0.2.1", "marcom")], 5, 10),
        ([("192.0.2.1", f"user{n}") for n in range(100)], 20, 25),
        ([(f"2001:db8::{n:x}", f"user{n}") for n in range(100)], 20, 25),
        ([(f"192.0.2.{n}", "marcom") for n in range(100)], 50, 55),
    ],
    ids=["one user", "many users", "many addresses of one client", "many clients"],
)
def test_nobody_gets_more_guesses_checked(logins, clock, guesses, checked_at_once, checked_in_a_minute):
    tries = itertools.cycle(guesses)
    with ThreadPoolExecutor(16) as at_once:
        waits = list(at_once.map(lambda _: logins.guess(*next(tries)), range(200)))
    assert waits.count(0) == checked_at_once
    checked = checked_at_once
    for _ in range(120):  # twice a second, for a minute
        clock.now += 0.5
        checked += sum(logins.guess(*next(tries)) == 0 for _ in range(5))
    assert checked <= checked_in_a_minute


def test_right_guess_costs_an_address_nothing(logins):
    for number in range(200):
        assert sign_in(logins, "192.0.2.1", f"user{number}") == 0


def test_backoff_survives_the_tidying_of_its_file(tmp_path, logins):
    logins.guess("192.0.2.1", "marcom")
    shutil.rmtree(tmp_path / "folder")
    assert logins.seconds_to_wait("192.0.2.1", "marcom") == 0
    logins.guess("192.0.2.1", "marcom")


def test_lookups_of_an_address_are_counted_by_all_workers_and_for_a_minute(tmp_path, clock):
    workers = [LookupBudget(tmp_path / "lookups", 10, clock) for _ in range(2)]
    clock.now = 1200.5  # the beginning of a minute
    waits = [workers[number % 2].seconds_to_wait(f"2001:db8::{number:x}") for number in range(12)]
    assert waits == [0] * 10 + [60] * 2
    assert workers[0].seconds_to_wait("192.0.2.2") == 0
    clock.now += 30
    assert workers[1].seconds_to_wait("2001:db8::1") == 30
    clock.now += 30
    assert workers[1].seconds_to_wait("2001:db8::1") == 0


def test_many_addresses_do_not_spend_the_budget_of_another(tmp_path, clock):
    budget = LookupBudget(tmp_path / "lookups", 8, clock)
    assert all(
        budget.seconds_to_wait(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") == 0 for n in range(5000) for _ in range(2)
    )


def test_budget_of_nothing_is_no_limit(tmp_path, clock):
    budget = LookupBudget(tmp_path / "lookups", 0, clock)
    assert {budget.seconds_to_wait("192.0.2.1") for _ in range(100)} == {0}


def test_unknown_user_costs_as_much_as_a_wrong_password(monkeypatch):
    checked: list[str] = []
    check = access.check_password_hash
    monkeypatch.setattr(access, "check_password_hash", lambda *pair: checked.append(pair[0]) or check(*pair))
    right = generate_password_hash("right", "scrypt:1024:8:1")
    users = access.Users({"marcom": right})
    assert not users.verify("nobody", "right") and checked == [right], "the same hash, the same cost; yet no entry"
    assert not users.verify("marcom", "wrong") and len(checked) == 2


def test_right_password_is_checked_slowly_once_and_a_wrong_one_always(monkeypatch):
    checked: list[str] = []
    check = access.check_password_hash
    monkeypatch.setattr(access, "check_password_hash", lambda *pair: checked.append(pair[0]) or check(*pair))
    users = access.Users({"marcom": generate_password_hash("right", "scrypt:1024:8:1")})
    assert [users.verify("marcom", word) for word in ("right", "right", "wrong", "wrong", "right")] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert len(checked) == 3


def test_printable_drops_control_characters_and_cuts():
    assert printable("a\n\r\t\x00\x1b\x7f\x85\u2028b") == "ab"
    assert printable("x" * 100) == "x" * 64


def write_lines(path: Path, writer: int, lines: int) -> None:
    handler = SharedRotatingFileHandler(path, largest=20_000, kept=1000)
    handler.setFormatter(JsonLine())
    logger = logging.Logger(f"writer {writer}")
    logger.addHandler(handler)
    for number in range(lines):
        logger.info("line", extra={"fields": {"writer": writer, "number": number, "padding": "x" * 100}})


def test_log_file_shared_by_processes_rotates_without_losing_a_line(tmp_path):
    path = tmp_path / "api.log"
    spawning = multiprocessing.get_context("spawn")
    writers = [spawning.Process(target=write_lines, args=(path, writer, 500)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    files = [one for one in tmp_path.glob("api.log*") if one.suffix != ".lock"]
    assert len(files) > 10 and all(one.stat().st_size <= 20_000 for one in files)
    written = [json.loads(line) for one in files for line in one.read_text().splitlines()]
    assert sorted((line["writer"], line["number"]) for line in written) == [
        (w, n) for w in range(4) for n in range(500)
    ]


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"POST /sign-in HTTP/1.1\r\nContent-Length: 6\r\n\r\nname", False),
        (b"POST /sign-in HTTP/1.1\r\nContent-Length: 6\r\n\r\nname=a", True),
        (b"POST /me HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"POST /me?x HTTP/1.1\r\ncontent-length: 99999\r\n\r\n", True),  # answered 413, without the body
        (b"POST /api/v1/campaigns HTTP/1.1\r\nContent-Length: 6\r\n\r\n", True),  # answered 405
    ],
)
def test_a_request_is_answered_when_its_head_has_come_and_a_form_when_its_body_has(
    received: bytes, whole: bool
) -> None:
    assert is_whole(received) is whole
