"""A full disk and a lost server, each with the real error of the system, a library or the driver where one can be had."""

from __future__ import annotations

from pathlib import Path

import mysql.connector
import polars as pl
import pytest
from mysql.connector import errorcode
from mysql.connector.errors import get_mysql_exception

from campaign.db.connection import connect
from campaign.ingest.load.failure import ER_DISK_FULL, LoadFailedError, in_a_sentence
from campaign.settings import Settings
from tests.integration.test_webapi.running_service import Gate


def test_server_that_goes_away_is_named_with_what_is_stored(mysql_settings: Settings) -> None:
    gate = Gate(mysql_settings.mysql_port)
    settings = mysql_settings.model_copy(update={"mysql_port": gate.port})
    with connect(settings) as connection, connection.cursor() as cursor:
        gate.shut()
        with pytest.raises(LoadFailedError) as failed, in_a_sentence(settings, "october.csv"):
            cursor.execute("select 1")
    assert f"the MySQL server at 127.0.0.1:{gate.port} went away while october.csv was loaded" in str(failed.value)
    assert "stored as a whole or not at all" in str(failed.value)


def test_server_that_is_down_is_named(mysql_settings: Settings) -> None:
    gate = Gate(mysql_settings.mysql_port)
    gate.shut()
    settings = mysql_settings.model_copy(update={"mysql_port": gate.port})
    with pytest.raises(LoadFailedError, match=f"127.0.0.1:{gate.port} went away"), in_a_sentence(settings, "a.csv"):
        connect(settings)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errorcode.ER_RECORD_FILE_FULL, "The table 'transaction_data' is full"),
        (ER_DISK_FULL, "Disk full (/tmp/x); waiting for someone to free some space..."),
        (errorcode.ER_GET_ERRNO, "Got error 28 - 'No space left on device' from storage engine"),
        (3, "Error writing file './binlog.000001' (OS errno 28 - No space left on device)"),
    ],
)
def test_full_disk_of_the_server_is_named_with_its_folders(mysql_settings: Settings, number: int, message: str) -> None:
    with pytest.raises(LoadFailedError) as failed, in_a_sentence(mysql_settings, "october.csv"):
        raise get_mysql_exception(number, message)
    with connect(mysql_settings) as connection, connection.cursor() as cursor:
        cursor.execute("select @@datadir, @@tmpdir")
        for folder in cursor.fetchone():
            assert folder in str(failed.value)
    assert f"the disk of the MySQL server at 127.0.0.1:{mysql_settings.mysql_port} is full" in str(failed.value)


def write_a_file(target: str) -> None:
    Path(target).write_bytes(b"rows")


def write_parquet(target: str) -> None:
    pl.DataFrame({"order_id": range(100_000)}).write_parquet(target)


@pytest.mark.parametrize("write", [write_a_file, write_parquet])
def test_full_disk_of_this_machine_is_named_with_the_folder(mysql_settings: Settings, write) -> None:
    with pytest.raises(LoadFailedError) as failed, in_a_sentence(mysql_settings, "october.csv"):
        write("/dev/full")
    assert f"the disk of this machine that holds {mysql_settings.state_folder} is full" in str(failed.value)
    assert "CAMPAIGN_STATE" in str(failed.value)


@pytest.mark.parametrize("statement", ["select * from nothing_of_that_name", "select"])
def test_other_errors_pass_as_they_are(mysql_settings: Settings, statement: str) -> None:
    with connect(mysql_settings) as connection, connection.cursor() as cursor:  # noqa: SIM117
        with pytest.raises(mysql.connector.ProgrammingError), in_a_sentence(mysql_settings, "october.csv"):
            cursor.execute(statement)
