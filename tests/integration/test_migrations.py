"""Kept tables of an earlier release are brought up to date, and keep their rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.db.migrations import FIRST, MigrationError, apply, find_migrations, read_version
from campaign.db.schema import ensure_kept_tables, kept_tables, version_table
from campaign.settings import PROJECT_ROOT, Settings

FIRST_RELEASE = PROJECT_ROOT / "tests" / "fixtures" / "schema_of_first_release.sql"
ADD_COLUMN = "-- why\nalter table {raw}.ingest_file\n    add column seen_by varchar(20) null;\n"
ADD_KEY = "alter table {raw}.rejected_row add key rejected_row_column (column_name)"


@pytest.fixture
def connection(mysql_settings: Settings) -> Iterator[MySQLConnectionAbstract]:
    """Return the loader's connection to databases without kept tables; those of this release are back afterwards."""
    with connect(mysql_settings) as opened:
        _drop_all(opened, mysql_settings)
        yield opened
        _drop_all(opened, mysql_settings)
        ensure_kept_tables(opened, mysql_settings)


def test_first_release_becomes_what_schema_sql_says(
    connection: MySQLConnectionAbstract, mysql_settings: Settings
) -> None:
    ensure_kept_tables(connection, mysql_settings)
    wanted = _definitions(connection, mysql_settings)
    _drop_all(connection, mysql_settings)

    _make_first_release(connection, mysql_settings)
    ensure_kept_tables(connection, mysql_settings)

    assert _definitions(connection, mysql_settings) == wanted, (
        "schema.sql says something else than the first release's tables and all migrations after it: a change of a kept "
        "table needs a file in include/campaign/db/migrations (README.md there)."
    )


def test_new_database_needs_no_migration(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    # The statement would fail: in a new database schema.sql has made its table as it is now.
    (tmp_path / "0002_never_run.sql").write_text("alter table {raw}.no_such_thing nonsense")

    ensure_kept_tables(connection, mysql_settings, tmp_path)

    assert read_version(connection, version_table(mysql_settings)) == 2


def test_old_rows_stay_and_migrations_run_once_in_order(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    _make_first_release(connection, mysql_settings)
    _run(connection, "insert into source_version (version) values (41)")
    (tmp_path / "0002_note_who_saw_a_file.sql").write_text(ADD_COLUMN)
    (tmp_path / "0003_count_up.sql").write_text("update {raw}.source_version set version = version + 1")

    ensure_kept_tables(connection, mysql_settings, tmp_path)
    ensure_kept_tables(connection, mysql_settings, tmp_path)

    assert _run(connection, "select version from source_version") == [(42,)]
    assert _run(connection, "select count(seen_by) from ingest_file") == [(0,)]
    assert read_version(connection, version_table(mysql_settings)) == 3


def test_change_made_but_not_noted_is_no_error(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    _make_first_release(connection, mysql_settings)
    (tmp_path / "0002_note_who_saw_a_file.sql").write_text(ADD_COLUMN)
    (tmp_path / "0003_find_by_column.sql").write_text(ADD_KEY)
    ensure_kept_tables(connection, mysql_settings, tmp_path)
    _run(connection, f"update {version_table(mysql_settings)} set version = {FIRST}")

    ensure_kept_tables(connection, mysql_settings, tmp_path)

    assert read_version(connection, version_table(mysql_settings)) == 3


def test_failed_migration_is_named_and_not_noted(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    _make_first_release(connection, mysql_settings)
    (tmp_path / "0002_broken.sql").write_text("alter table {raw}.ingest_file add column")

    with pytest.raises(MigrationError, match=r"0002_broken\.sql failed: 1064"):
        ensure_kept_tables(connection, mysql_settings, tmp_path)

    assert read_version(connection, version_table(mysql_settings)) == FIRST


def test_tables_of_a_newer_release_are_refused(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    ensure_kept_tables(connection, mysql_settings, tmp_path)
    _run(connection, f"update {version_table(mysql_settings)} set version = 7")

    with pytest.raises(
        MigrationError, match="at version 7 and this release knows 1: they were used by a newer release"
    ):
        ensure_kept_tables(connection, mysql_settings, tmp_path)


def test_two_processes_at_once_apply_a_migration_once(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    _make_first_release(connection, mysql_settings)
    _run(connection, "insert into source_version (version) values (0)")
    (tmp_path / "0002_count_up.sql").write_text(
        "update {raw}.source_version set version = version + 1 + 0 * sleep(0.5)"
    )
    failures: list[BaseException] = []

    def ensure() -> None:
        try:
            with connect(mysql_settings) as own:
                ensure_kept_tables(own, mysql_settings, tmp_path)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ensure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert _run(connection, "select version from source_version") == [(1,)]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["0003_too_far.sql"], r"numbers must run from 2 on without gaps, and are \[3\]"),
        (["0002_one.sql", "0002_two.sql"], r"without gaps, and are \[2, 2\]"),
        (["2_short.sql"], "is not named as a migration is"),
    ],
)
def test_misnumbered_files_are_refused(tmp_path: Path, files: list[str], says: str) -> None:
    for name in files:
        (tmp_path / name).write_text("select 1")
    with pytest.raises(MigrationError, match=says):
        find_migrations(tmp_path)


def test_file_with_two_statements_is_refused(
    connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    ensure_kept_tables(connection, mysql_settings)
    (tmp_path / "0002_two.sql").write_text("select 1;\nselect 2;\n")
    _run(connection, f"update {version_table(mysql_settings)} set version = {FIRST}")
    with pytest.raises(MigrationError, match="must hold exactly one statement"):
        apply(connection, version_table(mysql_settings), {}, tmp_path)


def _make_first_release(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    text = FIRST_RELEASE.read_text().replace("{raw}", settings.raw_database).replace("{mart}", settings.mart_database)
    for statement in "\n".join(line for line in text.splitlines() if not line.startswith("--")).split(";\n"):
        if statement.strip():
            _run(connection, statement.strip().rstrip(";"))


def _drop_all(connection: MySQLConnectionAbstract, settings: Settings) -> None:
    for table in (*kept_tables(settings), version_table(settings)):
        _run(connection, f"drop table if exists {table}")


def _definitions(connection: MySQLConnectionAbstract, settings: Settings) -> dict[str, list[str]]:
    """Return, for each kept table, its columns (comments and their order too) and keys as MySQL writes them."""
    found = {}
    for table in kept_tables(settings):
        ((_, text),) = _run(connection, f"show create table {table}")
        found[table] = [line for line in text.splitlines() if not line.startswith(")")]
    return found


def _run(connection: MySQLConnectionAbstract, statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.with_rows else []
