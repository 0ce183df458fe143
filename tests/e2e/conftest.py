"""The whole pipeline as a person runs it: `make run` in a process of its own, on the tests' server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from campaign.db.connection import connect
from campaign.settings import PROJECT_ROOT

Pipeline = Callable[..., subprocess.CompletedProcess]
Query = Callable[[str], list[tuple]]


@pytest.fixture(scope="session")
def state(tmp_path_factory) -> Path:
    """Return the state folder of all runs; the first one makes Airflow's metadata database in it."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def start_pipeline(mysql_settings, state) -> Callable[..., subprocess.Popen]:
    """Return a function that starts a run on a source, with options of local_stack.airflow.run_pipeline."""

    def start(source: Path, *options: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "local_stack.airflow.run_pipeline", *options],
            cwd=PROJECT_ROOT,
            env=os.environ | {"CAMPAIGN_STATE": str(state), "CAMPAIGN_SOURCE": str(source)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def run_pipeline(start_pipeline) -> Pipeline:
    """Return a function that runs the pipeline on a source, with options of local_stack.airflow.run_pipeline."""

    def run(source: Path, *options: str) -> subprocess.CompletedProcess:
        process = start_pipeline(source, *options)
        stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    return run


@pytest.fixture(scope="session")
def query(mysql_settings) -> Query:
    """Return a function that runs one statement and gives its rows."""

    def rows(statement: str) -> list[tuple]:
        with connect(mysql_settings) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.with_rows else []

    return rows
