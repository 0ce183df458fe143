"""Damage by hand: the next run notices it, says so, and repairs it or refuses with the command that does."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.schema import ensure_kept_tables
from campaign.orchestration import run_report
from campaign.publishing import publish as publishing
from campaign.publishing import rerun, rollback
from campaign.publishing.damage import DamageError, refuse_lost_orders
from campaign.publishing.swap import NameTakenError
from campaign.settings import Settings
from tests.fixtures.ingest_bench import Bench, good
from tests.integration.test_publish import TABLES, build, logged, served

MART = "campaign_mart"
FILE = {"file_name": "orders.csv", "status": "loaded", "campaign_ids": [1]}


@pytest.fixture
def published(raw_connection, mysql_settings, monkeypatch) -> MySQLConnectionAbstract:
    """Return the connection after two publications."""
    for module in (publishing, rerun, rollback):
        monkeypatch.setattr(module, "published_tables", lambda: TABLES)
    for number in (1, 2):
        build(raw_connection, mysql_settings, number)
        publishing.publish(raw_connection, mysql_settings, f"run {number}")
    return raw_connection


def run(connection: MySQLConnectionAbstract, statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.with_rows else []


# What somebody did -> what the run says of it.
DAMAGE = {
    f"delete from {MART}.current_generation": "current_generation has 0 rows instead of one",
    f"insert into {MART}.current_generation select 9, published_at, engine, run_id, source_version, models_version,"
    f" rule_set_version, source_files, row_counts from {MART}.publication limit 1": "has 2 rows instead of one",
    f"drop table {MART}.current_generation": "",
    f"alter table {MART}.current_generation drop column row_counts, drop column generation, drop column run_id": "altered",
    f"alter table {MART}.current_generation drop column engine": "altered",
    f"drop table {MART}.mart_b": "campaign_mart.mart_b is no table any more",
    f"delete from {MART}.mart_b": "campaign_mart.mart_b has 0 rows and was published with 1",
    f"alter table {MART}.mart_b add column mine int": "a column or key of a table in campaign_mart was altered",
    f"alter table {MART}.mart_b add key mine (content)": "a column or key of a table in campaign_mart was altered",
    f"alter table {MART}.mart_b modify content bigint": "a column or key of a table in campaign_mart was altered",
}


@pytest.mark.parametrize("statement", DAMAGE)
def test_damaged_set_is_noticed_said_and_replaced(published, mysql_settings: Settings, caplog, statement: str) -> None:
    assert publishing.is_current(published, mysql_settings)
    run(published, statement)
    with caplog.at_level(logging.WARNING):
        noticed = not publishing.is_current(published, mysql_settings)
        publishing.complete_log(published, mysql_settings)
        run_report.render(run_report.collect(published, mysql_settings, "run 3", [FILE]))
        rerun.has_published(published, mysql_settings, "run 3")
    assert noticed
    assert DAMAGE[statement] in caplog.text
    build(published, mysql_settings, 3)
    assert publishing.publish(published, mysql_settings, "run 3").generation >= 3
    assert served(published, mysql_settings) == [3, 3, 3]
    assert publishing.is_current(published, mysql_settings)
    assert logged(published, mysql_settings)[:2] == [1, 2]


def test_rollback_to_a_set_without_its_number_is_refused(published, mysql_settings) -> None:
    run(published, f"delete from {mysql_settings.previous_database}.current_generation")
    with pytest.raises(rollback.NoSuchGenerationError, match="no generation to go back to"):
        rollback.rollback(published, mysql_settings)
    assert served(published, mysql_settings) == [2, 2, 2]


@pytest.mark.parametrize("database", ["campaign_mart", "campaign_previous"])
def test_view_in_the_place_of_a_table_is_named_with_the_command_that_drops_it(published, mysql_settings, database):
    run(published, f"drop table {database}.mart_b")
    run(published, f"create view {database}.mart_b as select 7 as content")
    build(published, mysql_settings, 3)
    with pytest.raises(NameTakenError) as refused:
        publishing.publish(published, mysql_settings, "run 3")
    (command,) = re.findall('make sql Q="(.*?)"', str(refused.value))
    assert command == f"drop view {database}.mart_b"
    run(published, command)
    publishing.publish(published, mysql_settings, "run 3")
    assert served(published, mysql_settings) == [3, 3, 3]


@pytest.mark.parametrize("statement", ["drop table transaction_data", "delete from transaction_data"])
def test_lost_orders_are_refused_until_their_files_load_again(
    raw_connection, mysql_settings, tmp_path: Path, monkeypatch, statement: str
) -> None:
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)
    bench = Bench(raw_connection, mysql_settings, tmp_path)
    file = bench.write("orders.csv", *good(*range(40)), b"x")
    refuse_lost_orders(raw_connection, mysql_settings)
    assert bench.load(file).rows_accepted == 40
    refuse_lost_orders(raw_connection, mysql_settings)
    run(raw_connection, statement)
    ensure_kept_tables(raw_connection, mysql_settings)
    with pytest.raises(DamageError, match="transaction_data is empty, and 1 files with 40 accepted rows") as refused:
        refuse_lost_orders(raw_connection, mysql_settings)
    (command,) = re.findall('make sql Q="(.*?)"', str(refused.value))
    run(raw_connection, command)
    ensure_kept_tables(raw_connection, mysql_settings)
    refuse_lost_orders(raw_connection, mysql_settings)
    assert bench.load(file).rows_accepted == 40
