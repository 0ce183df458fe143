"""The small form of ``make chaos``: a fault of each kind, at a random moment of a stage that turns with the day's seed."""

from __future__ import annotations

import os
import random

import pytest

from tests.chaos.faults import FAULTS, STAGES, try_idle_reader, try_out
from tests.chaos.world import World, world

SEED = int(os.environ.get("CAMPAIGN_KILL_SEED", random.SystemRandom().randrange(10**6)))
# The others are in the long form: they take longer, or need a disk of their own.
TRIED = {"kill -9 driver": 2, "kill -9 mysqld": 1, "driver stopped": 1}
# A killed server leaves to the system what it has written; only a machine that fails would need the flushes.
UNFLUSHED = ("--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-doublewrite=OFF")


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> World:
    with world(tmp_path_factory.mktemp("chaos"), UNFLUSHED) as made:
        made.random.seed(SEED)
        yield made


@pytest.mark.parametrize(
    ("fault", "number"), [(fault, number) for fault, times in TRIED.items() for number in range(times)]
)
def test_fault_at_a_random_moment_leaves_nothing_behind(here, fault, number):
    stage = STAGES[(SEED + number) % len(STAGES)]
    trial = try_out(here, fault, stage)
    assert trial.lost == "", f"{fault} in {stage}, CAMPAIGN_KILL_SEED={SEED}"


def test_idle_reader_is_named_and_leaves_nothing_behind(here):
    assert try_idle_reader(here).lost == ""


def test_comparison_sees_a_lost_row_and_a_changed_mart(here):
    """A chaos test that could not fail would prove nothing."""
    from campaign.db.connection import connect

    for statement in (
        "delete from campaign_raw.transaction_data limit 1",
        "update campaign_mart.totals set orders = orders + 1",
    ):
        with connect(here.settings) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
    assert {found.split(":")[0] for found in here.differences()} == {"transaction_data", "totals"}
    assert set(TRIED) <= set(FAULTS)
