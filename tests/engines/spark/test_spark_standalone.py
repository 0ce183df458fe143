"""A cluster of processes of their own, as ``make spark`` starts it: a worker killed in the middle of a build changes nothing but time."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import psutil
import pytest

from campaign.settings import Settings
from local_stack.http_client import call
from local_stack.mysql.server import free_port
from local_stack.sample import SAMPLE
from local_stack.settings import StackSettings
from local_stack.spark.cluster import HOST, WORKERS, Ports, SparkCluster, spark_cluster, spark_package
from tests.engines.parity import built_by, built_by_mysql, differences, ingest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spark"


@pytest.fixture
def spark(folder: Path, monkeypatch) -> SparkCluster:
    ports = Ports(free_port(), free_port(), free_port(), free_port())
    monkeypatch.setenv("SPARK_PORT", str(ports.thrift))
    with spark_cluster(SparkCluster(folder, spark_package(StackSettings().state_folder), ports)) as cluster:
        yield cluster
    assert cluster.services.alive() == []


def kill_a_worker(folder: Path) -> None:
    """Kill a worker and the executor that it started, as when a machine is lost."""
    worker = psutil.Process(json.loads((folder / "run" / f"{WORKERS[0]}.json").read_text())["pid"])
    for process in (*worker.children(recursive=True), worker):
        process.kill()


def test_a_worker_killed_in_the_middle_changes_nothing_but_time(
    spark, folder, mysql_settings: Settings, empty_databases, tmp_path
) -> None:
    empty_databases()
    ingest(mysql_settings, SAMPLE)
    expected = built_by_mysql(mysql_settings, tmp_path)
    assert call(f"http://{HOST}:{spark.ports.master_state}/json/")["aliveworkers"] == 2
    killed = threading.Event()

    def kill_when_the_build_is_under_way() -> None:
        while sum(each["completedTasks"] for each in spark.executors()) < 100:
            time.sleep(0.2)
        kill_a_worker(folder)
        killed.set()

    threading.Thread(target=kill_when_the_build_is_under_way, daemon=True).start()
    found = built_by("spark", mysql_settings, tmp_path, "--select", "tag:build")
    assert killed.is_set(), "the build was over before anything was killed"
    assert len(spark.executors()) == 1
    assert len(found) >= 8
    assert differences({table: expected[table] for table in found}, found) == []
