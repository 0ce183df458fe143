"""The Makefile's commands as a person or a script calls them: from another folder, with awkward text."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from campaign.settings import PROJECT_ROOT, Settings


def make(*arguments: str, folder: Path = PROJECT_ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make without a shell in between, silent about folders."""
    return subprocess.run(
        ["make", "--no-print-directory", "-C", str(PROJECT_ROOT), *arguments],
        cwd=folder,
        # Not the MAKEFLAGS of the make that may be running these tests.
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")} | {"PWD": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_the_commands() -> None:
    ended = make()
    assert ended.returncode == 0
    for command in ("demo", "stop", "run", "sql", "test", "lint"):
        assert f"\n  {command} " in ended.stdout


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("select 'it''s', \"quoted\", `a`.`b` from (select 1 as b) as a", "it's\tquoted\t1\n"),
        (
            "select '%s', 'a|b', 5 % 3, '$HOME', '$(HOME)', '`id`', '#', '\\\\'",
            "%s\ta|b\t2\t$HOME\t$(HOME)\t`id`\t#\t\\\\\n",
        ),
        ("select null, 1.50, cast('2020-01-02' as date) union all select 'two\nlines', 2, null", None),
        ("select 1 where 1 = 0", ""),
    ],
)
def test_make_sql_prints_rows_and_nothing_else(mysql_settings: Settings, statement: str, rows: str | None) -> None:
    ended = make("sql", f"Q={statement}")
    expected = "NULL\t1.50\t2020-01-02\ntwo\\nlines\t2.00\tNULL\n" if rows is None else rows
    assert (ended.stdout, ended.returncode) == (expected, 0), ended.stderr


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ("select 1 as `total\torders`, 'x' as đơn", "total\\torders\tđơn\n1\tx\n"),
        ("select 1 as one where 1 = 0", "one\n"),
        ("do 1", ""),
    ],
)
def test_make_sql_prints_column_names_when_asked(mysql_settings: Settings, statement: str, lines: str) -> None:
    ended = make("sql", f"Q={statement}", "NAMES=1")
    assert (ended.stdout, ended.returncode) == (lines, 0), ended.stderr


def test_make_sql_passes_on_what_the_server_says(mysql_settings: Settings) -> None:
    ended = make("sql", "Q=select * from nothing_of_that_name")
    assert (ended.stdout, ended.returncode) == ("", 2)
    assert "nothing_of_that_name' doesn't exist" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sql"], "Q is missing. Example: make sql"),
        (["airflow"], 'ARGS is missing. Example: make airflow ARGS="dags list"'),
        (["airflow", "ARGS=dags list 'x"], "ARGS cannot be read (No closing quotation): close every quote"),
        (["run"], "SOURCE is missing"),
        (["run", "SOURCE=not there.csv"], "SOURCE=not there.csv does not exist"),
        (["run", "SOURCE=dbt", "CAMPAIGN=one"], "CAMPAIGN=one is not a campaign's number"),
        (["run", "SOURCE=dbt", "REPLACE=weeks"], "REPLACE=weeks is none of: orders"),
        (["run", "SOURCE=dbt", "GATE=maybe"], "GATE=maybe is none of: approve"),
        (["run", "SOURCE=dbt", "CAMPAIGN=999"], "campaign 999 is not in dbt/seeds/campaign.csv"),
        (["demo", "AIRFLOW_PORT=none"], "AIRFLOW_PORT='none'"),
    ],
)
def test_wrong_command_ends_with_a_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    ended = make(*arguments, folder=tmp_path)
    assert ended.returncode != 0
    assert sentence in ended.stderr and "Traceback" not in ended.stderr
    assert ended.stdout == ""
