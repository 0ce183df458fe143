"""``make spark``: a Spark of one's own on loopback, from the ``pyspark`` package and Java 17: master, two workers, thrift server.

``python -m local_stack.spark.cluster up`` returns when two executors are alive and the thrift server listens; ``down`` stops
what it started, by process id; ``fetch`` fetches the package and starts nothing. What it writes, and the package itself, lie in
``spark`` below the state folder. It asks nobody for a password: it is for trying, and for tests.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.settings import PROJECT_ROOT
from local_stack.console import Problem, ended_by, last_lines, say
from local_stack.http_client import Refused, call
from local_stack.services import Service, Services, run_step, wait_until
from local_stack.settings import read_settings

HOST = "127.0.0.1"
LOCK = PROJECT_ROOT / "requirements-spark-cluster.txt"
MASTER, WORKERS, THRIFT = "spark-master", ("spark-worker-1", "spark-worker-2"), "spark-thrift"
STOP_ORDER = ((THRIFT,), WORKERS, (MASTER,))
READY_SECONDS = 180
# One process with two real executors, as CI has it; its numbers are executors, cores and MiB of each.
SMALL = f"local-cluster[{len(WORKERS)},1,1024]"
# Statements on thousands of rows are over before the optimising compiler pays for itself. Alone, the quick one gets 48 MB for its
# code, which Spark fills again and again.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"


@dataclass(frozen=True)
class Ports:
    """Where the parts listen: SQL, the application's state, the master and its state."""

    thrift: int = 10000
    application: int = 4040
    master: int = 7077
    master_state: int = 18080


class SparkCluster:
    """A cluster whose files lie in ``folder``; ``small`` means SMALL instead of processes of their own.

    SQL is served at ``address``, whoever asks; all else stays on loopback.
    """

    def __init__(
        self,
        folder: Path,
        package: Path,
        ports: Ports = Ports(),  # noqa: B008 (frozen)
        small: bool = False,
        address: str = HOST,
    ) -> None:
        """Look at the folder; nothing is started. ``package`` is what ``spark_package`` returned."""
        self.services = Services(folder)
        self.ports, self.address = ports, address
        self._folder, self._package, self._small = folder.resolve(), package, small

    def start(self) -> None:
        """Start all parts and wait until SQL is answered by two executors. Raises Problem with the log of what ended."""
        environment = os.environ | {
            "SPARK_HOME": str(self._package),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_LOCAL_DIRS": str(self._folder / "scratch"),
            "SPARK_WORKER_DIR": str(self._folder / "work"),
        }
        (self._folder / "scratch").mkdir(parents=True, exist_ok=True)
        if not self._small:
            ports = "--port", self.ports.master, "--webui-port", self.ports.master_state
            self.services.start(self._part(MASTER, "Master", *ports), environment)
            for worker in WORKERS:
                address = f"spark://{HOST}:{self.ports.master}"
                self.services.start(self._part(worker, "Worker", "--cores", 1, "--memory", "3g", address), environment)
        self.services.start(Service(THRIFT, self._thrift_command()), environment)
        if not wait_until(self._comes_up, READY_SECONDS):
            raise Problem(
                f"Spark is not ready after {READY_SECONDS} s: {len(self.executors())} of {len(WORKERS)} executors."
                + last_lines(self.services.log_of(THRIFT))
            )

    def stop(self) -> None:
        """Stop all parts."""
        self.services.stop(STOP_ORDER)

    def executors(self) -> list[dict[str, Any]]:
        """Return Spark's account of the executors that are alive, the driver left out: id, totalTasks, hostPort and more."""
        api = f"http://{HOST}:{self.ports.application}/api/v1/applications"
        try:
            listed = [each for app in call(api) for each in call(f"{api}/{app['id']}/executors")]
        except (OSError, Refused):
            return []
        return [each for each in listed if each["id"] != "driver" and each["isActive"]]

    def is_ready(self) -> bool:
        """Tell whether SQL is answered by two executors."""
        with socket.socket() as probe:
            return probe.connect_ex((self.address, self.ports.thrift)) == 0 and len(self.executors()) == len(WORKERS)

    def _comes_up(self) -> bool:
        self.services.require_alive()
        return self.is_ready()

    def _part(self, name: str, role: str, *options: object) -> Service:
        java_class = f"org.apache.spark.deploy.{role.lower()}.{role}"
        return Service(name, (str(self._package / "bin/spark-class"), java_class, "--host", HOST, *map(str, options)))

    def _thrift_command(self) -> tuple[str, ...]:
        configuration = {
            "spark.sql.warehouse.dir": self._folder / "warehouse",
            "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={self._folder / 'metastore'};create=true",
            "spark.sql.shuffle.partitions": 2 * len(WORKERS),
            "spark.ui.port": self.ports.application,
            "spark.executor.memory": "2g",
            "spark.driver.bindAddress": HOST,
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={self._folder}",
        }
        if self._small:
            configuration |= {
                "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:metastore;create=true",
                "spark.sql.shuffle.partitions": len(WORKERS),
                "spark.executor.memory": "1g",
                "spark.log.level": "WARN",  # a build's jobs and metastore calls are some 50,000 lines
                "spark.executor.extraJavaOptions": QUICK_START,
                "spark.driver.extraJavaOptions": f"-Dderby.system.home={self._folder} {QUICK_START}",
            }
        master = SMALL if self._small else f"spark://{HOST}:{self.ports.master}"
        command = [str(self._package / "bin/spark-submit"), "--master", master]
        command += [part for name, value in configuration.items() for part in ("--conf", f"{name}={value}")]
        command += ["--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "spark-internal"]
        hive = {"port": self.ports.thrift, "bind.host": self.address}
        command += [
            part for name, value in hive.items() for part in ("--hiveconf", f"hive.server2.thrift.{name}={value}")
        ]
        return tuple(command)


@contextmanager
def spark_cluster(cluster: SparkCluster) -> Iterator[SparkCluster]:
    """Have a cluster for the length of a ``with`` block."""
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def spark_package(state_folder: Path) -> Path:
    """Return the folder of the locked pyspark, fetched if need be. Raises Problem without Java 17 or newer."""
    java = shutil.which("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr if java else "no java is on PATH"
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < 17:
        raise Problem(
            f"Spark needs Java 17 or newer: {said.splitlines()[0]}. Debian, Ubuntu: apt-get install default-jre-headless"
        )
    site = state_folder.resolve() / "spark" / "site"
    fetched = site / "fetched.txt"
    if not fetched.exists() or fetched.read_bytes() != LOCK.read_bytes():
        say(f"  fetching pyspark into {site} (some 400 MB)")
        shutil.rmtree(site, ignore_errors=True)
        command = [
            "uv",
            "pip",
            "install",
            "--python",
            sys.executable,
            "--target",
            str(site),
            "--require-hashes",
            "-r",
            str(LOCK),
        ]
        log = state_folder / "logs" / "pyspark.log"
        run_step("fetching pyspark", command, os.environ, log, "look at the network.")
        fetched.write_bytes(LOCK.read_bytes())
    return site / "pyspark"


def main() -> int:
    """Start or stop the cluster of the state folder, or fetch its package only."""
    settings = read_settings()
    if sys.argv[1:] == ["fetch"]:
        spark_package(settings.state_folder)
        return 0
    folder = settings.state_folder / "spark"
    cluster = SparkCluster(folder, folder / "site" / "pyspark", Ports(thrift=settings.spark_port))
    if sys.argv[1:] == ["down"]:
        cluster.stop()
        return 0
    if cluster.services.alive():
        if cluster.is_ready():
            say(f"Spark is up: port {cluster.ports.thrift}. make spark STOP=1 stops it.")
            return 0
        say(f"Spark does not answer on port {cluster.ports.thrift}: what is left of it is stopped first.")
        cluster.stop()
    spark_package(settings.state_folder)
    try:
        cluster.start()
    except BaseException:
        cluster.stop()
        raise
    say(
        f"Spark is up: SQL on port {cluster.ports.thrift}, state at http://{HOST}:{cluster.ports.master_state}, two executors."
    )
    port = f"SPARK_PORT={cluster.ports.thrift} " if cluster.ports != Ports() else ""
    say(f"Use it: CAMPAIGN_ENGINE=spark {port}make run SOURCE=…  Stop it: make spark STOP=1")
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
