"""Write-audit-publish on a real server: all or nothing, no gap and no mixture for a reader, and the way back."""

from __future__ import annotations

import threading
import time

import mysql.connector
import pytest

from campaign.db.connection import connect, tables_in
from campaign.orchestration import run_report
from campaign.publishing import publish as publishing
from campaign.publishing import rollback
from campaign.publishing import swap as swapping

TABLES = ("mart_a", "mart_b", "mart_c")


@pytest.fixture(autouse=True)
def three_marts(monkeypatch):
    for module in (publishing, rollback):
        monkeypatch.setattr(module, "published_tables", lambda: TABLES)


def build(connection, settings, content: int, tables=TABLES) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"create table {settings.build_database}.{table} (content int not null)")
            cursor.execute(f"insert into {settings.build_database}.{table} values (%s)", (content,))


def served(connection, settings) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(f"select content from {settings.mart_database}.{table}" for table in TABLES))
        return [row[0] for row in cursor.fetchall()]


def test_generations_count_up_and_are_logged(raw_connection, mysql_settings):
    for number in (1, 2, 3):
        build(raw_connection, mysql_settings, number)
        assert publishing.publish(raw_connection, mysql_settings, f"run {number}").generation == number
        assert served(raw_connection, mysql_settings) == [number] * 3
    with raw_connection.cursor() as cursor:
        cursor.execute(f"select generation, run_id from {mysql_settings.mart_database}.publication order by generation")
        assert cursor.fetchall() == [(1, "run 1"), (2, "run 2"), (3, "run 3")]


def test_missing_table_publishes_nothing(raw_connection, mysql_settings):
    build(raw_connection, mysql_settings, 1)
    publishing.publish(raw_connection, mysql_settings, "run 1")
    build(raw_connection, mysql_settings, 2, TABLES[:2])
    with pytest.raises(publishing.NotBuiltError, match="mart_c not found in campaign_build: nothing was published"):
        publishing.publish(raw_connection, mysql_settings, "run 2")
    assert served(raw_connection, mysql_settings) == [1, 1, 1]


def test_second_try_of_the_same_run_returns_what_it_published(raw_connection, mysql_settings):
    build(raw_connection, mysql_settings, 1)
    first = publishing.publish(raw_connection, mysql_settings, "run 1")
    with raw_connection.cursor() as cursor:  # killed between the swap and the log
        cursor.execute(f"delete from {mysql_settings.mart_database}.publication")
    assert publishing.publish(raw_connection, mysql_settings, "run 1") == first
    with raw_connection.cursor() as cursor:
        cursor.execute(f"select generation from {mysql_settings.mart_database}.publication")
        assert cursor.fetchall() == [(1,)]


def forget(connection, settings, table: str, generation: int) -> None:
    """Leave a table without a generation, as a kill between the swap and the log leaves the log."""
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {settings.mart_database}.{table} where generation = %s", (generation,))


def logged(connection, settings) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"select generation from {settings.mart_database}.publication order by generation")
        return [generation for (generation,) in cursor.fetchall()]


def test_generation_is_not_given_twice_after_a_kill_and_a_rollback(raw_connection, mysql_settings):
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    forget(raw_connection, mysql_settings, "publication", 2)
    assert rollback.rollback(raw_connection, mysql_settings) == 1
    build(raw_connection, mysql_settings, 3)
    assert publishing.publish(raw_connection, mysql_settings, "run 3").generation == 3


def test_generation_is_not_given_twice_where_it_left_no_trace(raw_connection, mysql_settings):
    build(raw_connection, mysql_settings, 1)
    publishing.publish(raw_connection, mysql_settings, "run 1")
    forget(raw_connection, mysql_settings, "publication", 1)
    forget(raw_connection, mysql_settings, "current_generation", 1)
    build(raw_connection, mysql_settings, 2)
    assert publishing.publish(raw_connection, mysql_settings, "run 2").generation == 2
    assert logged(raw_connection, mysql_settings) == [2]


def test_publication_that_fails_leaves_a_gap_and_no_line_in_the_log(raw_connection, mysql_settings, monkeypatch):
    build(raw_connection, mysql_settings, 1)
    publishing.publish(raw_connection, mysql_settings, "run 1")
    build(raw_connection, mysql_settings, 2)
    with monkeypatch.context() as killed:
        killed.setattr(publishing, "swap", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publishing.publish(raw_connection, mysql_settings, "run 2")
    assert logged(raw_connection, mysql_settings) == [1]
    assert publishing.publish(raw_connection, mysql_settings, "run 2").generation == 3
    assert logged(raw_connection, mysql_settings) == [1, 3]


LATER_STEPS = {
    "report": lambda connection, settings: run_report.collect(connection, settings, "run 1", []),
    "rollback": lambda connection, settings: rollback.rollback(connection, settings),
    "the next publication": lambda connection, settings: publishing.publish(connection, settings, "run 3"),
}


@pytest.mark.parametrize("step", LATER_STEPS)
@pytest.mark.parametrize("missing", [1, 2])
def test_later_step_appends_what_a_killed_run_did_not_log(raw_connection, mysql_settings, step, missing):
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    build(raw_connection, mysql_settings, 3)
    forget(raw_connection, mysql_settings, "publication", missing)
    LATER_STEPS[step](raw_connection, mysql_settings)
    assert logged(raw_connection, mysql_settings)[:2] == [1, 2]


def test_databases_that_had_no_counter_go_on_counting(raw_connection, mysql_settings):
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    with raw_connection.cursor() as cursor:
        cursor.execute(f"delete from {mysql_settings.raw_database}.generation_counter")
    build(raw_connection, mysql_settings, 3)
    assert publishing.publish(raw_connection, mysql_settings, "run 3").generation == 3


def test_table_that_is_published_no_more_leaves_the_served_set(raw_connection, mysql_settings, monkeypatch):
    build(raw_connection, mysql_settings, 1)
    publishing.publish(raw_connection, mysql_settings, "run 1")
    monkeypatch.setattr(publishing, "published_tables", lambda: TABLES[:2])
    build(raw_connection, mysql_settings, 2, TABLES[:2])
    publishing.publish(raw_connection, mysql_settings, "run 2")
    with pytest.raises(mysql.connector.Error, match="mart_c"):
        served(raw_connection, mysql_settings)


def test_report_names_the_engine_that_built_what_is_served(raw_connection, mysql_settings):
    build(raw_connection, mysql_settings, 1)
    by_duckdb = mysql_settings.model_copy(update={"engine": "duckdb"})
    publishing.publish(raw_connection, by_duckdb, "run 1")
    last_lines = [
        run_report.render(run_report.collect(raw_connection, settings, run_id, [])).splitlines()[-1].strip()
        for settings, run_id in ((by_duckdb, "run 1"), (mysql_settings, "run 2"))
    ]
    assert last_lines == [
        "Published as generation 1, built by duckdb.",
        "Nothing was published by this run; generation 1, built by duckdb, is still served."
        " With full refresh, mysql builds it anew.",
    ]


def test_rollback_serves_the_generation_before_and_undoes_itself(raw_connection, mysql_settings):
    with pytest.raises(rollback.NoSuchGenerationError, match="no generation to go back to"):
        rollback.rollback(raw_connection, mysql_settings)
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    assert rollback.rollback(raw_connection, mysql_settings) == 1
    assert served(raw_connection, mysql_settings) == [1, 1, 1]
    assert rollback.rollback(raw_connection, mysql_settings) == 2
    assert served(raw_connection, mysql_settings) == [2, 2, 2]


def test_readers_wait_for_two_moves_a_table_and_no_more(raw_connection, mysql_settings, monkeypatch):
    statements, rename = [], swapping.rename
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    monkeypatch.setattr(
        swapping, "rename", lambda c, s, moves: statements.append(list(moves)) or rename(c, s, statements[-1])
    )
    build(raw_connection, mysql_settings, 3)
    publishing.publish(raw_connection, mysql_settings, "run 3")
    rollback.rollback(raw_connection, mysql_settings)
    mart = f"{mysql_settings.mart_database}."
    exclusive = [moves for moves in statements if any(mart in name for move in moves for name in move)]
    assert [len(moves) for moves in exclusive] == [2 * (len(TABLES) + 1)] * 2


def killed(*_, **__) -> None:
    raise KeyboardInterrupt


KILLED_IN = {
    "between retiring and the swap": (2, "rename", 2),
    "between the swap and the drop": (3, "in_short_tries", 1),
}


@pytest.mark.parametrize("moment", KILLED_IN)
@pytest.mark.parametrize("step", ["publish", "rollback"])
def test_killed_publication_leaves_a_set_to_serve_and_one_to_go_back_to(
    raw_connection, mysql_settings, monkeypatch, moment, step
):
    serves, function, call = KILLED_IN[moment]
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    build(raw_connection, mysql_settings, 3)
    with monkeypatch.context() as patch:
        whole, calls = getattr(swapping, function), []
        patch.setattr(
            swapping, function, lambda *all_: calls.append(1) or (killed() if len(calls) == call else whole(*all_))
        )
        with pytest.raises(KeyboardInterrupt):
            publishing.publish(raw_connection, mysql_settings, "run 3")
    assert served(raw_connection, mysql_settings) == [serves] * 3
    if step == "publish":
        build(raw_connection, mysql_settings, 4, TABLES if serves == 3 else ())
        publishing.publish(raw_connection, mysql_settings, "run 4")
        assert served(raw_connection, mysql_settings) == [4 if serves == 3 else 3] * 3
        assert rollback.rollback(raw_connection, mysql_settings) == serves
    else:
        assert rollback.rollback(raw_connection, mysql_settings) == serves - 1
        assert served(raw_connection, mysql_settings) == [serves - 1] * 3
    assert not [t for t in tables_in(raw_connection, mysql_settings.previous_database) if t.startswith("kept_")]


def test_somebodys_own_table_stays_where_it_is(raw_connection, mysql_settings):
    mart = mysql_settings.mart_database
    with raw_connection.cursor() as cursor:
        cursor.execute(f"create table {mart}.my_notes (number int)")
    for number in (1, 2, 3):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
        assert "my_notes" in tables_in(raw_connection, mart)
    rollback.rollback(raw_connection, mysql_settings)
    assert "my_notes" in tables_in(raw_connection, mart)


def test_what_is_served_is_current_until_rows_or_models_change(raw_connection, mysql_settings, monkeypatch):
    assert not publishing.is_current(raw_connection, mysql_settings)
    build(raw_connection, mysql_settings, 1)
    publishing.publish(raw_connection, mysql_settings, "run 1")
    assert publishing.is_current(raw_connection, mysql_settings)
    with raw_connection.cursor() as cursor:
        cursor.execute(
            f"insert into {mysql_settings.raw_database}.source_version (one, version) values (1, 1)"
            " on duplicate key update version = version + 1"
        )
    assert not publishing.is_current(raw_connection, mysql_settings)
    build(raw_connection, mysql_settings, 2)
    publishing.publish(raw_connection, mysql_settings, "run 2")
    assert publishing.is_current(raw_connection, mysql_settings)
    monkeypatch.setattr(publishing, "models_version", lambda: "0" * 64)
    assert not publishing.is_current(raw_connection, mysql_settings)


def test_reader_sees_no_error_and_no_mixture_during_ten_republications(raw_connection, mysql_settings):
    build(raw_connection, mysql_settings, 0)
    publishing.publish(raw_connection, mysql_settings, "run 0")
    done, reads, faults = threading.Event(), [], []

    def read() -> None:
        with connect(mysql_settings) as connection:
            while not done.is_set():
                try:
                    seen = served(connection, mysql_settings)
                except mysql.connector.Error as error:
                    faults.append(str(error))
                else:
                    reads.append(seen)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 11):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
        deadline = time.monotonic() + 20
        while [number] * 3 not in reads[-100:] and not faults and time.monotonic() < deadline:
            time.sleep(0.01)
    done.set()
    for reader in readers:
        reader.join()

    assert faults == []
    assert [seen for seen in reads if len(set(seen)) != 1] == []
    assert {seen[0] for seen in reads} >= set(range(1, 11)), "the readers did not see the generations change"
