"""CAMPAIGN_ENGINE=spark: a cluster outside the containers and a folder that both see give the marts that MySQL gave, row for row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.mysql_server import free_port
from scripts.services import wait_until
from scripts.spark_cluster import Ports, SparkCluster, spark_cluster, spark_package
from scripts.stack_settings import StackSettings
from tests.containers.composition import Composition

pytestmark = pytest.mark.timeout(1800)
# What says which generation a table is of, and how it came about.
OF_THE_GENERATION = {"current_generation", "publication"}


@pytest.fixture(scope="module")
def spark(served: Composition, tmp_path_factory) -> Iterator[SparkCluster]:
    """Have a cluster on this machine, at an address that only containers reach, and the composition switched over to it."""
    address, store = served.machine("airflow-scheduler"), tmp_path_factory.mktemp("store")
    store.chmod(0o777)  # for the containers' user and for the cluster's
    ports = Ports(thrift=free_port(), application=free_port())
    package = spark_package(StackSettings().state_folder)
    cluster = SparkCluster(tmp_path_factory.mktemp("spark"), package, ports, small=True, address=address)
    settings = {"CAMPAIGN_ENGINE": "spark", "CAMPAIGN_STORE": store, "SPARK_HOST": address, "SPARK_PORT": ports.thrift}
    with spark_cluster(cluster), served.with_settings(**settings):
        yield cluster


def test_spark_gives_what_mysql_gave_row_for_row(served: Composition, spark: SparkCluster) -> None:
    engines = "select engine from campaign_mart.publication order by generation"
    assert served.sql(engines)[-1] == ["mysql"]
    by_mysql = _marts(served)
    airflow = served.airflow
    run_id = airflow.trigger({"full_refresh": True})
    assert wait_until(lambda: airflow.run_state(run_id) not in ("queued", "running"), 1200, every=2)
    failed = [task["task_id"] for task in airflow.task_instances(run_id) if task["state"] == "failed"]
    assert (airflow.run_state(run_id), failed) == ("success", [])
    assert served.sql(engines)[-1] == ["spark"]
    assert min(each["completedTasks"] for each in spark.executors()) > 0

    by_spark = _marts(served)
    assert len(by_mysql["fraud_signal"]) > 50, "a sample without hits would prove little"
    assert {table for table in by_mysql.keys() | by_spark.keys() if by_mysql.get(table) != by_spark.get(table)} == set()


def _marts(composition: Composition) -> dict[str, list[list[str]]]:
    """Return the rows of every table that is served, in an order of their own."""
    tables = {name for (name,) in composition.sql("show tables in campaign_mart")} - OF_THE_GENERATION
    return {name: sorted(composition.sql(f"select * from campaign_mart.{name}")) for name in tables}
