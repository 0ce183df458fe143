"""A session that has read a served table and not committed: others come late and never fail, and it is named, or ended if that is set."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import mysql.connector
import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.db.open_readers import CannotWatchError, open_readers
from campaign.publishing import publish as publishing
from campaign.settings import Settings
from tests.integration.test_publish import TABLES, build, served

pytestmark = pytest.mark.usefixtures("three_marts")


@pytest.fixture
def three_marts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "published_tables", lambda: TABLES)


@pytest.fixture
def hurried(raw_connection, mysql_settings: Settings) -> Settings:
    """Serve generation 1, have generation 2 ready, and return settings that wait for four seconds."""
    build(raw_connection, mysql_settings, 1)
    publishing.publish(raw_connection, mysql_settings, "run 1")
    build(raw_connection, mysql_settings, 2)
    return mysql_settings.model_copy(update={"publish_wait_seconds": 4})


def as_api(settings: Settings) -> MySQLConnectionAbstract:
    return mysql.connector.connect(
        host="127.0.0.1", port=settings.mysql_port, database=settings.mart_database,
        user=settings.mysql_api_user, password=settings.mysql_api_password.get_secret_value(),
    )  # fmt: skip


@pytest.fixture
def idle(hurried: Settings) -> Iterator[MySQLConnectionAbstract]:
    """Return a session of a person who looked at ``mart_b`` and went for lunch."""
    with closing(as_api(hurried)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select * from mart_b")
            cursor.fetchall()
        yield connection


def test_idle_reader_is_named_with_the_statement_that_ends_it(raw_connection, hurried, idle):
    with pytest.raises(publishing.TablesInUseError) as refused:
        publishing.publish(raw_connection, hurried, "run 2")
    sentence = str(refused.value)
    for part in (
        f"campaign_mart.mart_b is held by connection {idle.connection_id} (user campaign_api, host 127.0.0.1",
        "whose transaction has been open for ",
        f"KILL {idle.connection_id} ends it (as campaign_api or an administrator)",
        "With CAMPAIGN_PUBLISH_END_READERS=True the pipeline ends it",
        "Waited 4 s in 3 tries (CAMPAIGN_PUBLISH_WAIT_SECONDS)",
    ):
        assert part in sentence
    assert served(raw_connection, hurried) == [1, 1, 1]
    idle.commit()
    assert publishing.publish(raw_connection, hurried, "run 2").row_counts == dict.fromkeys(TABLES, 1)
    assert served(raw_connection, hurried) == [2, 2, 2]


def test_other_readers_come_late_by_a_second_at_most_and_never_fail(raw_connection, hurried, idle):
    done, seconds, faults, seen = threading.Event(), [], [], set()

    def read() -> None:
        with connect(hurried) as connection:
            while not done.is_set():
                begin = time.monotonic()
                try:
                    seen.add(tuple(served(connection, hurried)))
                except mysql.connector.Error as error:
                    faults.append(str(error))
                seconds.append(time.monotonic() - begin)
                time.sleep(0.01)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        with pytest.raises(publishing.TablesInUseError):
            publishing.publish(raw_connection, hurried, "run 2")
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert faults == []
    assert seen == {(1, 1, 1)}
    assert max(seconds) < 2.5, "a second of waiting, and one for a busy machine"


def test_reader_that_lets_go_in_time_is_waited_for(raw_connection, hurried, idle):
    with closing(idle):
        timer = threading.Timer(1.5, idle.rollback)
        timer.start()
        publishing.publish(raw_connection, hurried, "run 2")
        timer.join()
    assert served(raw_connection, hurried) == [2, 2, 2]


def test_setting_lets_the_pipeline_end_the_reader(raw_connection, hurried, caplog):
    ending = hurried.model_copy(update={"publish_end_readers": True, "publish_wait_seconds": 2})
    with closing(connect(hurried, hurried.mart_database)) as own:  # a user may end sessions of its own without a right
        own.autocommit = False
        with own.cursor() as cursor:
            cursor.execute("select * from mart_c")
            cursor.fetchall()
        with caplog.at_level(logging.WARNING):
            publishing.publish(raw_connection, ending, "run 2")
        assert f"KILL {own.connection_id} ends it (as campaign_loader or an administrator)" in caplog.text
        assert "CAMPAIGN_PUBLISH_END_READERS: ended." in caplog.text
        assert not own.is_connected()
    assert served(raw_connection, hurried) == [2, 2, 2]


def test_reader_that_may_not_be_ended_is_named_with_the_missing_right(raw_connection, hurried, idle, caplog):
    ending = hurried.model_copy(update={"publish_end_readers": True, "publish_wait_seconds": 2})
    with caplog.at_level(logging.WARNING), pytest.raises(publishing.TablesInUseError, match="mart_b is held by"):
        publishing.publish(raw_connection, ending, "run 2")
    assert "grant the loader CONNECTION_ADMIN" in caplog.text
    assert idle.is_connected()


def test_user_that_may_not_see_the_readers_learns_which_right_is_missing(hurried):
    with (
        closing(as_api(hurried)) as api,
        pytest.raises(CannotWatchError, match="SELECT on performance_schema.metadata_locks, threads"),
    ):
        open_readers(api, {"campaign_mart.mart_b"}, 1)
