"""No session waits for ever for what another holds, and the error at the end says what to do."""

from __future__ import annotations

from contextlib import closing

import pytest
from jinja2 import Environment
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import LockWaitError, connect, connect_through_airflow
from campaign.orchestration.cosmos_stages import CONNECTION_ID
from campaign.settings import PROJECT_ROOT, Settings, get_settings

WAITS = "select @@session.lock_wait_timeout, @@session.innodb_lock_wait_timeout"


@pytest.fixture
def impatient(mysql_settings: Settings, airflow_connection, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CAMPAIGN_TABLE_WAIT_SECONDS", "1")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


def through_airflow(settings: Settings) -> MySQLConnectionAbstract:
    return connect_through_airflow(CONNECTION_ID)


@pytest.mark.parametrize("way", [connect, through_airflow])
@pytest.mark.parametrize(
    ("holds", "waits"),
    [
        ("select * from held", "drop table held"),
        ("select * from held for update", "update held set number = 2"),
    ],
)
def test_wait_ends_with_a_sentence(raw_connection, impatient, way, holds, waits) -> None:
    build = impatient.build_database
    with raw_connection.cursor() as cursor:
        cursor.execute(f"create table if not exists {build}.held (number int not null primary key)")
        cursor.execute(f"replace into {build}.held values (1)")
    with closing(connect(impatient, build)) as holder, closing(way(impatient)) as waiter:
        holder.autocommit = False
        with holder.cursor() as cursor, waiter.cursor() as waiting:
            cursor.execute(holds)
            cursor.fetchall()
            waiting.execute(f"use {build}")
            waiting.execute(WAITS)
            assert waiting.fetchone() == (1, 1)
            with pytest.raises(LockWaitError, match="CAMPAIGN_TABLE_WAIT_SECONDS.* SHOW FULL PROCESSLIST"):
                waiting.execute(waits)


@pytest.mark.parametrize(("given", "seconds"), [("45", 45), ("", 300)])
def test_dbt_sessions_have_the_same_bound(raw_connection, given: str, seconds: int) -> None:
    statements: list[str] = []
    text = (PROJECT_ROOT / "dbt" / "macros" / "engines" / "mysql.sql").read_text()
    context = {"var": lambda name: 16, "env_var": lambda name, default: given or default, "return": statements.append}
    Environment(extensions=["jinja2.ext.do"]).from_string(text).make_module(context).mysql__session_settings()
    with raw_connection.cursor() as cursor:
        cursor.execute(statements[0])
        cursor.execute("select @@session.lock_wait_timeout")
        assert cursor.fetchone() == (seconds,)
