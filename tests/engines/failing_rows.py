"""A campaign with wrong terms, built by an engine: what is said of the test that fails, and what MySQL then has of its rows."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from campaign.db.connection import connect
from campaign.settings import Settings, get_settings
from campaign.transform.run_results import ToldInFullError, tell_outcome
from tests.engines.parity import store_of
from tests.integration.marts_harness import project_with_seeds, read_seed, run_dbt, statuses

TEST = "assert_campaign_terms_are_sound"


def assert_rows_of_a_failed_test_are_in_mysql(engine: str, settings: Settings, folder: Path) -> None:
    """Build the seed of campaigns with a voucher's rate above 1, and hold the error and the stored rows against it."""
    campaigns = read_seed("campaign")
    project = project_with_seeds(folder, {"campaign": [campaigns[0] | {"voucher_rate": "30"}, *campaigns[1:]]})
    with store_of(settings, engine, folder) as of_engine:
        of_engine.marts_folder.mkdir(parents=True)
        result = run_dbt("build", folder / "target", "--select", "path:seeds/campaign.csv", project=project)
        assert statuses(result)[TEST] == "fail"
        get_settings.cache_clear()
        try:
            with pytest.raises(ToldInFullError) as told:
                tell_outcome(str(folder), {"ti": mock.Mock(), "run_id": "a run", "task": mock.Mock()})
        finally:
            get_settings.cache_clear()
    text = next(part for part in str(told.value).split("The test ") if part.startswith(TEST))
    first = f"campaign_id={campaigns[0]['campaign_id']}"
    assert text.splitlines()[0] == f"{TEST} found 1 rows that break an assumption. They are:" and first in text
    assert f"All of them: select * from {settings.failure_database}.{TEST}" in text
    with connect(settings) as connection, connection.cursor(dictionary=True) as cursor:
        cursor.execute(f"select * from {settings.failure_database}.{TEST}")
        (row,) = cursor.fetchall()
    assert (row["failure_no"], row["campaign_id"]) == (1, campaigns[0]["campaign_id"])
