"""A rollback says what changes, serves an earlier generation whole, and can be undone; a set number of generations is kept."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

from campaign.db.connection import tables_in
from campaign.publishing import publish as publishing
from campaign.publishing import rollback as rolling
from campaign.publishing.difference import Figures, IncomparableError, Place, difference
from tests.fixtures.small_marts import TABLES, write_marts

SUSPECTS = {1: range(5), 2: range(5), 3: range(3, 9), 4: range(20)}


@pytest.fixture
def keeping_three(raw_connection, mysql_settings, monkeypatch):
    """Return settings that keep three generations, with four published."""
    for module in (publishing, rolling):
        monkeypatch.setattr(module, "published_tables", lambda: TABLES)
    settings = mysql_settings.model_copy(update={"generations_kept": 3})
    for number, suspects in SUSPECTS.items():
        write_marts(raw_connection, settings.build_database, suspects, orders=100 * number)
        publishing.publish(raw_connection, settings, f"run {number}")
    return settings


def served(connection, settings) -> tuple[int, int]:
    """Return the generation and the orders that are served, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select generation, total_orders from {settings.mart_database}.current_generation, campaign_summary"
        )
        return cursor.fetchone()


@pytest.fixture
def mart_connection(raw_connection, mysql_settings):
    raw_connection.database = mysql_settings.mart_database
    return raw_connection


def kept(connection, settings) -> list[int]:
    return sorted(rolling.kept_generations(connection, settings))


def test_difference_says_totals_suspects_money_and_rules(raw_connection, mysql_settings):
    before, after = Place(mysql_settings.mart_database), Place(mysql_settings.build_database)
    write_marts(raw_connection, before.database, range(5))
    write_marts(raw_connection, after.database, range(3, 9), orders=120)
    found = difference(raw_connection, before, after)
    (campaign,) = found.campaigns
    assert campaign.before == Figures(100, Decimal(5_000_000), 5, Decimal(100_000))
    assert campaign.after == Figures(120, Decimal(6_000_000), 6, Decimal(120_000))
    assert (campaign.new, campaign.dropped) == (4, 3)
    assert found.share == campaign.share == 7 / 5
    text = "\n".join(found.lines())
    for part in (
        "Campaign 2, Sample", "orders 100 → 120; GMV 5,000,000 → 6,000,000 VND",
        "suspects 5 → 6: 4 new, 3 dropped; money at risk 100,000 → 120,000 VND",
        "order_burst: hits 5 → 6; money at risk 100,000 → 120,000 VND",
        "4 new:\n    - customer 5 of campaign 2: 20,000 VND", "3 dropped:\n    - customer 0 of campaign 2: 20,000 VND",
    ):  # fmt: skip
        assert part in text


def test_difference_of_equal_sets_is_none_and_from_nothing_is_infinite(raw_connection, mysql_settings):
    mart, build, previous = (Place(each) for each in mysql_settings.databases[1:])
    write_marts(raw_connection, mart.database, range(5))
    write_marts(raw_connection, build.database, range(5))
    write_marts(raw_connection, previous.database, ())
    same = difference(raw_connection, mart, build)
    assert same.share == 0
    assert list(same.lines())[-1] == "- No total, no suspect and no money at risk changes."
    assert difference(raw_connection, previous, mart).share == float("inf")


def test_sets_of_other_columns_cannot_be_compared(raw_connection, mysql_settings):
    mart, build = mysql_settings.mart_database, mysql_settings.build_database
    write_marts(raw_connection, mart, range(5))
    write_marts(raw_connection, build, range(5))
    with raw_connection.cursor() as cursor:
        cursor.execute(f"alter table {mart}.shop_risk drop column band")
    with pytest.raises(IncomparableError, match="band"):
        difference(raw_connection, Place(mart), Place(build))


def test_as_many_generations_are_kept_as_are_set(mart_connection, keeping_three):
    assert kept(mart_connection, keeping_three) == [2, 3, 4]
    two = keeping_three.model_copy(update={"generations_kept": 2})
    write_marts(mart_connection, two.build_database, range(5))
    publishing.publish(mart_connection, two, "run 5")
    assert kept(mart_connection, two) == [4, 5]
    assert tables_in(mart_connection, two.previous_database) == {*TABLES, "current_generation"}


def test_plan_says_what_changes_and_changes_nothing(mart_connection, keeping_three):
    change = rolling.plan(mart_connection, keeping_three)
    assert (change.served, change.target) == (4, 3)
    for part in (
        "Serve generation 3, as of 20", "UTC, run run 3\ninstead of generation 4, as of ",
        "Kept: 2, 3, 4. To undo it: roll back to generation 4.", "suspects 20 → 6: 0 new, 14 dropped",
    ):  # fmt: skip
        assert part in change.text
    assert served(mart_connection, keeping_three) == (4, 400)


@pytest.mark.parametrize("generation", [3, 2])
def test_any_kept_generation_is_served_and_it_can_be_undone(mart_connection, keeping_three, generation):
    assert rolling.rollback(mart_connection, keeping_three, generation) == generation
    assert served(mart_connection, keeping_three) == (generation, generation * 100)
    assert kept(mart_connection, keeping_three) == [2, 3, 4]
    # A task that is tried again after it had succeeded must not undo it.
    assert rolling.rollback(mart_connection, keeping_three, generation, served=4) == generation
    assert served(mart_connection, keeping_three) == (generation, generation * 100)
    assert rolling.rollback(mart_connection, keeping_three) == 4
    assert served(mart_connection, keeping_three) == (4, 400)


def test_what_was_not_shown_does_not_happen(mart_connection, keeping_three):
    with pytest.raises(
        rolling.NoSuchGenerationError, match="Generation 4 is served, and 3 was when the change was shown"
    ):
        rolling.rollback(mart_connection, keeping_three, 2, served=3)
    with pytest.raises(rolling.NoSuchGenerationError, match=r"Generation 1 is not kept. Kept: 2, 3, 4"):
        rolling.rollback(mart_connection, keeping_three, 1)
    assert served(mart_connection, keeping_three) == (4, 400)


def test_readers_that_do_not_let_go_leave_all_sets_as_they_were(
    mart_connection, keeping_three, mysql_settings, monkeypatch
):
    from campaign.publishing import swap as swapping

    rename = swapping.rename

    def in_use(connection, settings, moves):
        moves = list(moves)
        if any(f"{settings.mart_database}." in old for old, _ in moves):
            raise publishing.TablesInUseError("somebody reads")
        rename(connection, settings, moves)

    rolling.rollback(mart_connection, keeping_three, 2)  # the set before is 4 now, newer than the kept 3
    with monkeypatch.context() as patch, pytest.raises(publishing.TablesInUseError):
        patch.setattr(swapping, "rename", in_use)
        rolling.rollback(mart_connection, keeping_three, 3)
    assert served(mart_connection, keeping_three) == (2, 200)
    assert rolling.plan(mart_connection, keeping_three).target == 4


def test_command_shows_and_then_serves(mart_connection, keeping_three, monkeypatch, capsys):
    monkeypatch.setattr(rolling, "get_settings", lambda: keeping_three)
    monkeypatch.setattr(sys, "argv", ["campaign.publishing.rollback", "2", "--show"])
    rolling.main()
    assert served(mart_connection, keeping_three) == (4, 400)
    monkeypatch.setattr(sys, "argv", ["campaign.publishing.rollback", "two"])
    with pytest.raises(
        SystemExit, match="two is no generation's number; make rollback SHOW=1 names those that are kept"
    ):
        rolling.main()
    monkeypatch.setattr(sys, "argv", ["campaign.publishing.rollback", "2"])
    rolling.main()
    assert "instead of generation 4" in (shown := capsys.readouterr().out) and "Serving generation 2." in shown
    assert served(mart_connection, keeping_three) == (2, 200)
