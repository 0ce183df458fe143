"""What is compared: the sample, the hard orders and the real days, where they were given, built by MySQL in one go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from campaign.settings import Settings
from local_stack.sample import SAMPLE
from tests.engines.cases import orders_file, project_with_cases
from tests.engines.parity import Rows, built_by_mysql, ingest


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return project_with_cases(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def by_mysql(mysql_settings: Settings, empty_databases, project: Path, tmp_path_factory) -> Rows:
    """Load all files and build them with MySQL. Another engine is fed with what is then there."""
    folder = tmp_path_factory.mktemp("mysql")
    files = [SAMPLE, orders_file(folder)]
    if real := os.environ.get("CAMPAIGN_REAL_DATA"):
        files.append(Path(real) / "transaction_data.csv")
    empty_databases()
    for file in files:
        ingest(mysql_settings, file, project)
    return built_by_mysql(mysql_settings, folder, project=project)
