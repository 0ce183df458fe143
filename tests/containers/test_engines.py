"""CAMPAIGN_ENGINE in compose: DuckDB, its store a volume, and Spark outside the containers, by a folder that both see.

Both give the marts that MySQL gave, row for row.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_stack.airflow.follow_run import follow_run
from local_stack.mysql.server import free_port
from local_stack.settings import StackSettings
from local_stack.spark.cluster import Ports, SparkCluster, spark_cluster, spark_package
from tests.containers.composition import Composition

pytestmark = pytest.mark.timeout(1800)
# What says which generation a table is of, and how it came about.
OF_THE_GENERATION = {"current_generation", "publication"}
Marts = dict[str, list[list[str]]]


@pytest.fixture(scope="module")
def by_mysql(served: Composition) -> Marts:
    """Return what MySQL has built and published."""
    assert _engine(served) == "mysql"
    marts = _marts(served)
    assert len(marts["fraud_signal"]) > 50, "a sample without hits would prove little"
    return marts


@pytest.fixture
def spark(served: Composition, tmp_path_factory) -> Iterator[SparkCluster]:
    """Have a cluster on this machine, at an address that only containers reach."""
    ports = Ports(thrift=free_port(), application=free_port())
    package, address = spark_package(StackSettings().state_folder), served.machine("airflow-scheduler")
    cluster = SparkCluster(tmp_path_factory.mktemp("spark"), package, ports, small=True, address=address)
    with spark_cluster(cluster):
        yield cluster


def test_duckdb_gives_what_mysql_gave(served: Composition, by_mysql: Marts) -> None:
    with served.with_settings(CAMPAIGN_ENGINE="duckdb"):
        _run(served)
        assert _engine(served) == "duckdb"
        assert _different(_marts(served), by_mysql) == set()


def test_spark_gives_what_mysql_gave(served: Composition, by_mysql: Marts, spark, tmp_path_factory) -> None:
    store = tmp_path_factory.mktemp("store")
    store.chmod(0o777)  # for the containers' user and for the cluster's
    settings = {"CAMPAIGN_STORE": store, "SPARK_HOST": spark.address, "SPARK_PORT": spark.ports.thrift}
    with served.with_settings(CAMPAIGN_ENGINE="spark", **settings):
        _run(served)
        assert _engine(served) == "spark"
        assert min(each["completedTasks"] for each in spark.executors()) > 0
        assert _different(_marts(served), by_mysql) == set()


def _run(composition: Composition) -> None:
    """Build and publish all that is there, though nothing of it is new."""
    airflow = composition.airflow
    follow_run(airflow, airflow.trigger({"full_refresh": True}), lambda: None)


def _engine(composition: Composition) -> str:
    """Return who built what is served."""
    return composition.sql("select engine from campaign_mart.publication order by generation desc limit 1")[0][0]


def _marts(composition: Composition) -> Marts:
    """Return the rows of every table that is served, in an order of their own."""
    tables = {name for (name,) in composition.sql("show tables in campaign_mart")} - OF_THE_GENERATION
    return {name: sorted(composition.sql(f"select * from campaign_mart.{name}")) for name in tables}


def _different(found: Marts, expected: Marts) -> set[str]:
    return {name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)}
