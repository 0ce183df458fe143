"""What a task finds that is cleared after its run has published."""

from __future__ import annotations

import threading

import pytest

from campaign.db.connection import connect
from campaign.publishing import publish as publishing
from campaign.publishing import rerun

TABLES = ("mart_a", "mart_b")


@pytest.fixture
def published(raw_connection, mysql_settings, monkeypatch):
    """Return the connection after `run 1` has published two marts of 500 rows."""
    for module in (publishing, rerun):
        monkeypatch.setattr(module, "published_tables", lambda: TABLES)
    with raw_connection.cursor() as cursor:
        for table in TABLES:
            name = f"{mysql_settings.build_database}.{table}"
            cursor.execute(f"create table {name} (id int not null primary key, content int not null)")
            cursor.executemany(f"insert into {name} values (%s, 1)", [(number,) for number in range(500)])
    publishing.publish(raw_connection, mysql_settings, "run 1")
    return raw_connection


def built(connection, settings) -> dict[str, int]:
    """Return table -> rows of the build database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s", (settings.build_database,)
        )
        names = [row[0] for row in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(f"select count(*) from {settings.build_database}.{name}")
            counts[name] = cursor.fetchone()[0]
    return counts


def test_the_run_that_published_gets_its_tables_back_with_their_keys(published, mysql_settings):
    assert built(published, mysql_settings) == {}
    rerun.bring_back(published, mysql_settings, "run 1")
    assert built(published, mysql_settings) == {"mart_a": 500, "mart_b": 500}
    with published.cursor() as cursor:
        cursor.execute(f"show create table {mysql_settings.build_database}.mart_a")
        assert "PRIMARY KEY (`id`)" in cursor.fetchone()[1]
    again = publishing.publish(published, mysql_settings, "run 1")
    assert (again.generation, again.row_counts) == (2, {"mart_a": 500, "mart_b": 500})


def test_another_run_gets_nothing(published, mysql_settings):
    rerun.bring_back(published, mysql_settings, "run 2")
    assert built(published, mysql_settings) == {}
    assert rerun.has_published(published, mysql_settings, "run 1")
    assert not rerun.has_published(published, mysql_settings, "run 2")


def test_what_is_being_built_is_left_alone(published, mysql_settings):
    with published.cursor() as cursor:
        cursor.execute(f"create table {mysql_settings.build_database}.mart_a (id int)")
    rerun.bring_back(published, mysql_settings, "run 1")
    assert built(published, mysql_settings) == {"mart_a": 0}


def test_a_copy_that_was_cut_off_is_made_anew(published, mysql_settings):
    with published.cursor() as cursor:
        cursor.execute(f"create table {mysql_settings.build_database}.{rerun.COPY_PREFIX}mart_a (id int)")
    rerun.bring_back(published, mysql_settings, "run 1")
    assert built(published, mysql_settings) == {"mart_a": 500, "mart_b": 500}


def test_tasks_that_start_together_copy_once(published, mysql_settings):
    errors: list[Exception] = []

    def one_task() -> None:
        try:
            with connect(mysql_settings) as connection:
                rerun.bring_back(connection, mysql_settings, "run 1")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=one_task) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert built(published, mysql_settings) == {"mart_a": 500, "mart_b": 500}


def test_before_any_publication_there_is_nothing_to_bring(raw_connection, mysql_settings):
    rerun.bring_back(raw_connection, mysql_settings, "run 1")
    assert built(raw_connection, mysql_settings) == {}
