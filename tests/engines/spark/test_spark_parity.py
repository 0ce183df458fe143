"""Spark gives what MySQL gives, row for row, by two executors; and one of them killed in the middle changes nothing.

``make test-engines`` runs it; it needs Java 17. The cluster is the small form: one process with two real executors.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from campaign.settings import Settings
from scripts.mysql_server import free_port
from scripts.sample import SAMPLE
from scripts.spark_cluster import Ports, SparkCluster, spark_cluster, spark_package
from scripts.stack_settings import StackSettings
from tests.engines.cases import CASES, ORDERS, project_with_cases
from tests.engines.parity import built_by, built_by_mysql, differences, ingest
from tests.integration.marts_harness import WITHOUT_TESTS, store


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
def sample(spark, mysql_settings: Settings, empty_databases, tmp_path_factory):
    """Load the sample and build it with MySQL; return what MySQL gave."""
    empty_databases()
    ingest(mysql_settings, SAMPLE)
    return built_by_mysql(mysql_settings, tmp_path_factory.mktemp("sample"))


def executor_processes() -> list[psutil.Process]:
    """Return the processes of the executors, which Spark starts as children of its one process here."""
    children = psutil.Process().children(recursive=True)
    commands = {each: each.as_dict(["cmdline"])["cmdline"] or [] for each in children}  # none for one that just ended
    return [each for each, command in commands.items() if "CoarseGrainedExecutorBackend" in " ".join(command)]


def test_the_sample_gives_the_same_marts_by_the_work_of_both_executors(spark, sample, mysql_settings, tmp_path) -> None:
    assert differences(sample, built_by("spark", mysql_settings, tmp_path)) == []
    tasks = {each["id"]: each["completedTasks"] for each in spark.executors()}
    assert len(tasks) == 2 and min(tasks.values()) > 100, tasks


def test_an_executor_killed_in_the_middle_changes_nothing(spark, sample, mysql_settings, tmp_path) -> None:
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
    found = built_by("spark", mysql_settings, tmp_path, *WITHOUT_TESTS)
    killer.join(timeout=1)
    assert killed, "the build was over before anything was killed"
    assert {each["id"] for each in spark.executors()} != before, "no executor was lost"
    assert differences(sample, found) == []


def test_what_engines_do_differently_is_the_same(spark, mysql_settings, empty_databases, tmp_path: Path) -> None:
    empty_databases()
    project = project_with_cases(tmp_path)
    store(mysql_settings, [order.as_row() for order in ORDERS])
    expected = built_by_mysql(mysql_settings, tmp_path, project)
    found = built_by("spark", mysql_settings, tmp_path, *WITHOUT_TESTS, project=project)
    assert differences(expected, found) == []
    assert dict(found["engine_case"][1:]) == {name: text for name, (_, text) in CASES.items()}
