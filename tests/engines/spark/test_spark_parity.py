"""Spark gives what MySQL gives, row for row, by two executors; and one of them killed in the middle changes nothing.

``make test-engines`` runs it; it needs Java 17. The cluster is the small form: one process with two real executors. One build by
each engine serves the sample, the real days and the cases. Spark's leaves dbt's tests out: MySQL's rows have passed them, and
Spark's are the same rows. That the tests' own SQL runs on Spark is seen where an executor is killed.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from campaign.settings import Settings
from local_stack.mysql.server import free_port
from local_stack.sample import SAMPLE_CAMPAIGN
from local_stack.settings import StackSettings
from local_stack.spark.cluster import WORKERS, Ports, SparkCluster, spark_cluster, spark_package
from tests.engines.cases import CASES
from tests.engines.failing_rows import assert_rows_of_a_failed_test_are_in_mysql
from tests.engines.parity import REAL_CAMPAIGN, Rows, built_by, differences, of_campaign
from tests.integration.marts_harness import WITHOUT_TESTS


@pytest.fixture(scope="module")
def spark(tmp_path_factory) -> SparkCluster:
    """Have a cluster, to which the environment leads dbt."""
    ports = Ports(thrift=free_port(), application=free_port())
    folder = tmp_path_factory.mktemp("spark")
    cluster = SparkCluster(folder, spark_package(StackSettings().state_folder), ports, small=True)
    with pytest.MonkeyPatch.context() as environment, spark_cluster(cluster):
        environment.setenv("SPARK_PORT", str(ports.thrift))
        yield cluster


@pytest.fixture(scope="module")
def by_spark(spark: SparkCluster, by_mysql: Rows, mysql_settings: Settings, project: Path, tmp_path_factory) -> Rows:
    return built_by("spark", mysql_settings, tmp_path_factory.mktemp("spark"), *WITHOUT_TESTS, project=project)


def executor_processes() -> list[psutil.Process]:
    """Return the processes of the executors, which Spark starts as children of its one process here."""
    children = psutil.Process().children(recursive=True)
    commands = {each: each.as_dict(["cmdline"])["cmdline"] or [] for each in children}  # none for one that just ended
    return [each for each, command in commands.items() if "CoarseGrainedExecutorBackend" in " ".join(command)]


def test_the_sample_and_hard_orders_give_the_same_marts(by_mysql: Rows, by_spark: Rows) -> None:
    assert len(of_campaign(SAMPLE_CAMPAIGN, by_mysql)["fraud_signal"]) > 50, "a sample without hits would prove little"
    assert differences(by_mysql, by_spark) == []


def test_two_real_days_give_the_same_marts(real_data: Path, by_mysql: Rows, by_spark: Rows) -> None:
    expected, found = (of_campaign(REAL_CAMPAIGN, rows) for rows in (by_mysql, by_spark))
    assert len(expected["customer_pending_rank"]) > 1_000
    assert differences(expected, found) == []


def test_both_executors_did_the_work(spark: SparkCluster, by_spark: Rows) -> None:
    tasks = {each["id"]: each["completedTasks"] for each in spark.executors()}
    assert len(tasks) == len(WORKERS) and min(tasks.values()) > 100, tasks


def test_what_engines_do_differently_gives_what_it_should(by_spark: Rows) -> None:
    assert dict(by_spark["engine_case"][1:]) == {name: text for name, (_, text) in CASES.items()}


def test_rows_of_a_failed_test_are_in_mysql(spark, mysql_settings, airflow_connection, tmp_path) -> None:
    assert_rows_of_a_failed_test_are_in_mysql("spark", mysql_settings, tmp_path)


def test_an_executor_killed_in_the_middle_changes_nothing(spark, by_mysql, mysql_settings, project, tmp_path) -> None:
    before = {each["id"] for each in spark.executors()}
    killed: list[int] = []

    def kill_when_the_build_is_under_way() -> None:
        done = sum(each["completedTasks"] for each in spark.executors())
        while sum(each["completedTasks"] for each in spark.executors()) < done + 100:
            time.sleep(0.2)
        victim = executor_processes()[0]
        victim.kill()
        killed.append(victim.pid)

    killer = threading.Thread(target=kill_when_the_build_is_under_way, daemon=True)
    killer.start()
    found = built_by("spark", mysql_settings, tmp_path, project=project)
    killer.join(timeout=1)
    assert killed, "the build was over before anything was killed"
    assert {each["id"] for each in spark.executors()} != before, "no executor was lost"
    assert differences(by_mysql, found) == []
