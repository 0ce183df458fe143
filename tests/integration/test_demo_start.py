"""What `make demo` runs and shows: the sample on a new stack only, then what a person has loaded or dropped into the inbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.publishing import publish
from campaign.settings import Settings
from local_stack.sample import SAMPLE, SAMPLE_CAMPAIGN, campaign_shown, is_served, next_conf, served_subjects

OF_THE_SAMPLE = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
OWN_CAMPAIGN = 1
TABLES = ("campaign", "campaign_summary")
CAMPAIGNS = "values (1, '2019-10-30', '2019-11-02'), (2, '2026-06-10', '2026-06-13')"


@pytest.fixture
def stack(mysql_settings: Settings, tmp_path: Path) -> Settings:
    """Return the settings of a stack whose inbox is empty."""
    return mysql_settings.model_copy(update={"inbox": tmp_path})


@pytest.fixture
def load(raw_connection: MySQLConnectionAbstract) -> Callable[[str, int, str], None]:
    """Return what notes a file as loaded, with one order on a day."""

    def note(sha256: str, load_no: int, day: str) -> None:
        with raw_connection.cursor() as cursor:
            cursor.execute(
                "insert into ingest_file (sha256, load_no, file_name, bytes, status, started_at, rows_accepted)"
                " values (%s, %s, 'a.csv', 1, 'loaded', utc_timestamp(3), 1)",
                (sha256, load_no),
            )
            cursor.execute(
                "insert into transaction_data values (%s, %s, %s, 1, 1, 1, 1, 0, %s)", (load_no, day, day, load_no)
            )
            cursor.execute(
                "insert into source_version values (1, %s) on duplicate key update version = %s", (load_no, load_no)
            )
        raw_connection.commit()

    return note


@pytest.fixture
def served(
    raw_connection: MySQLConnectionAbstract, stack: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Return what publishes two campaigns, both with figures."""
    monkeypatch.setattr(publish, "published_tables", lambda: TABLES)

    def build() -> None:
        with raw_connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(
                    f"create table {stack.build_database}.{table} (campaign_id int, starts_on date, ends_on date)"
                )
                cursor.execute(f"insert into {stack.build_database}.{table} {CAMPAIGNS}")
        publish.publish(raw_connection, stack, f"run {publish.source_version(raw_connection, stack)}")

    return build


def test_a_new_stack_runs_the_sample(raw_connection: MySQLConnectionAbstract, stack: Settings) -> None:
    (stack.inbox / "mine.csv").write_text("mine")
    assert next_conf(stack) == {"source": str(SAMPLE)}
    assert not is_served(stack)


def test_the_sample_is_not_run_again_and_a_persons_campaign_is_shown(
    stack: Settings, load: Callable[[str, int, str], None], served: Callable[[], None]
) -> None:
    load(OF_THE_SAMPLE, 1, "2026-06-10")
    assert next_conf(stack) == {}, "loaded and not published: a run was cut off"
    served()
    assert next_conf(stack) is None and is_served(stack)
    assert campaign_shown(stack) == SAMPLE_CAMPAIGN

    dropped = stack.inbox / "mine.csv"
    dropped.write_text("mine")
    assert next_conf(stack) == {}, "a file waits in the inbox"
    load(hashlib.sha256(b"mine").hexdigest(), 2, "2019-10-31")
    assert next_conf(stack) == {}, "the file is loaded and not published"
    assert campaign_shown(stack) == SAMPLE_CAMPAIGN
    served()
    assert next_conf(stack) is None
    assert campaign_shown(stack) == OWN_CAMPAIGN


def test_a_file_of_ones_own_before_the_first_demo_is_enough(
    stack: Settings, load: Callable[[str, int, str], None], served: Callable[[], None]
) -> None:
    load("f" * 64, 1, "2019-10-31")
    served()
    assert next_conf(stack) is None
    assert campaign_shown(stack) == OWN_CAMPAIGN


def test_orders_outside_of_every_campaign_leave_the_sample_to_be_shown(
    stack: Settings, load: Callable[[str, int, str], None], served: Callable[[], None]
) -> None:
    load(OF_THE_SAMPLE, 1, "2026-06-10")
    load("f" * 64, 2, "2024-01-01")
    served()
    assert campaign_shown(stack) == SAMPLE_CAMPAIGN


def test_a_campaign_where_nobody_is_ranked_has_no_examples(
    raw_connection: MySQLConnectionAbstract, stack: Settings
) -> None:
    with raw_connection.cursor() as cursor:
        for table in ("customer_risk", "customer_pending_rank", "shop_risk", "shop_selling_rank"):
            subject = f"{table.split('_')[0]}_id"
            cursor.execute(f"create table {stack.mart_database}.{table} ({subject} int, campaign_id int, score int)")
        cursor.execute(f"insert into {stack.mart_database}.shop_selling_rank values (7, 1, null)")
    assert served_subjects(stack, OWN_CAMPAIGN) == (None, 7)
