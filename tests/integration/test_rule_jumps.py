"""What differs between two generations of signals: a rule that jumps is said, an exception that ended is noticed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from campaign.publishing import publish as publishing
from campaign.publishing.rule_drift import rule_jumps
from campaign.settings import Settings

RULE = "order_burst"


@pytest.fixture
def generations(raw_connection, mysql_settings: Settings):
    """Return what writes one generation of a campaign: hits of the rule, orders, version of the rule."""

    def write(database: str, hits: int, orders: int = 1_000, version: int = 1, status: str = "active") -> None:
        statements = [
            "create table {0}.campaign_summary (campaign_id int, total_orders bigint)",
            f"insert into {{0}}.campaign_summary values (2, {orders})",
            "create table {0}.fraud_rule (rule_id varchar(64), version int, status varchar(16), kind varchar(16))",
            f"insert into {{0}}.fraud_rule values ('{RULE}', {version}, '{status}', 'signal')",
            "create table {0}.fraud_signal (campaign_id int, rule_id varchar(64), subject_type varchar(16),"
            " subject_id varchar(64), muted int)",
        ]
        statements += [
            f"insert into {{0}}.fraud_signal values (2, '{RULE}', 'customer', '{n}', 0)" for n in range(hits)
        ]
        with raw_connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.format(database))

    return write


def test_rule_that_finds_many_times_more_is_said_with_numbers(raw_connection, mysql_settings, generations) -> None:
    generations(mysql_settings.previous_database, hits=10)
    generations(mysql_settings.mart_database, hits=40, version=2)
    assert rule_jumps(raw_connection, mysql_settings) == [
        "Campaign 2, order_burst: 10 hits in 1,000 orders before, 40 in 1,000 now; the rule went from version 1 to 2."
    ]


def test_rule_that_finds_nothing_any_more_is_said(raw_connection, mysql_settings, generations) -> None:
    generations(mysql_settings.previous_database, hits=40)
    generations(mysql_settings.mart_database, hits=0)
    (sentence,) = rule_jumps(raw_connection, mysql_settings)
    assert "40 hits in 1,000 orders before, 0 in 1,000 now" in sentence


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"hits": 10}, {"hits": 29}),
        ({"hits": 10}, {"hits": 60, "orders": 5_000}),  # the campaign grew, and its hits with it
        ({"hits": 1}, {"hits": 8}),  # a handful
        ({"hits": 40}, {"hits": 0, "status": "retired"}),
    ],
)
def test_what_is_no_jump(raw_connection, mysql_settings, generations, before: dict, now: dict) -> None:
    generations(mysql_settings.previous_database, **before)
    generations(mysql_settings.mart_database, **now)
    assert rule_jumps(raw_connection, mysql_settings) == []


def test_first_generation_has_nothing_to_jump_from(raw_connection, mysql_settings, generations) -> None:
    generations(mysql_settings.mart_database, hits=40)
    assert rule_jumps(raw_connection, mysql_settings) == []


@pytest.mark.parametrize(("days_left", "current"), [(1, True), (0, True), (-1, False)])
def test_what_is_served_is_not_current_once_an_exception_that_mutes_a_hit_has_ended(
    raw_connection, mysql_settings, generations, days_left: int, current: bool
) -> None:
    mart = mysql_settings.mart_database
    generations(mart, hits=2)
    with raw_connection.cursor() as cursor:
        cursor.execute(
            f"create table {mart}.fraud_exception"
            " (subject_type varchar(16), subject_id varchar(64), rule_id varchar(64), until date)"
        )
        until = date.today() + timedelta(days=days_left)
        cursor.execute(f"insert into {mart}.fraud_exception values ('customer', '1', %s, %s)", (RULE, until))
        cursor.execute(f"update {mart}.fraud_signal set muted = 1 where subject_id = '1'")
        cursor.execute(f"create table {mart}.current_generation (source_version bigint, models_version varchar(64))")
        cursor.execute(
            f"insert into {mart}.current_generation values (%s, %s)",
            (publishing.source_version(raw_connection, mysql_settings), publishing.models_version()),
        )
    assert publishing.is_current(raw_connection, mysql_settings) is current


def test_exception_that_ended_before_the_build_mutes_nothing_and_asks_for_no_build(
    raw_connection, mysql_settings, generations
) -> None:
    mart = mysql_settings.mart_database
    generations(mart, hits=2)
    with raw_connection.cursor() as cursor:
        cursor.execute(
            f"create table {mart}.fraud_exception"
            " (subject_type varchar(16), subject_id varchar(64), rule_id varchar(64), until date)"
        )
        cursor.execute(f"insert into {mart}.fraud_exception values ('customer', '1', %s, '2020-01-01')", (RULE,))
        cursor.execute(f"create table {mart}.current_generation (source_version bigint, models_version varchar(64))")
        cursor.execute(
            f"insert into {mart}.current_generation values (%s, %s)",
            (publishing.source_version(raw_connection, mysql_settings), publishing.models_version()),
        )
    assert publishing.is_current(raw_connection, mysql_settings)
