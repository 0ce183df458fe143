"""One composition under test, driven as an operator does: by make and compose, with Docker or podman underneath."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from campaign.env_file import read_env_file
from local_stack.airflow.api import AirflowApi
from local_stack.http_client import Refused, basic, call
from local_stack.services import wait_until

SERVICES = (
    "mysql",
    "airflow-api-server",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "webapi",
    "proxy",
)
OF_THE_PROJECT = ("MYSQL_", "AIRFLOW", "CAMPAIGN_", "SPARK_", "WEBAPI_", "REDIS_", "COMPOSE_")
COMMAND_SECONDS = 1500


def find_engine() -> str:
    """Return docker or podman, whichever runs containers here. Raises RuntimeError, a sentence, when none does."""
    said = []
    for engine, compose in (("docker", ["docker", "compose", "version"]), ("podman", ["podman-compose", "--version"])):
        if not shutil.which(engine):
            said.append(f"{engine} is not installed")
            continue
        for command in (compose, [engine, "info"]):
            tried = subprocess.run(command, capture_output=True, text=True)
            if tried.returncode:
                said.append(f"`{' '.join(command)}` says: {tried.stderr.strip()[-300:]}")
                break
        else:
            return engine
    raise RuntimeError(
        f"these tests run containers, and no engine can here: {'; '.join(said)}. Install Docker or podman."
    )


class Composition:
    """A clean copy of the project, its images and its containers. Nothing of it is shared with other compositions."""

    def __init__(self, engine: str, project: Path, name: str) -> None:
        """Describe it; nothing is started."""
        self.engine, self.project, self.name = engine, project, name
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(OF_THE_PROJECT)},
            "COMPOSE_PROJECT_NAME": name,
        }

    @property
    def settings(self) -> dict[str, str]:
        """What stands in the copy's ``.env``."""
        return read_env_file(self.project / ".env")

    @property
    def airflow(self) -> AirflowApi:
        """A new client, signed in as the administrator when it first asks."""
        settings = self.settings
        return AirflowApi(f"http://127.0.0.1:{settings['AIRFLOW_PORT']}", "admin", settings["AIRFLOW_ADMIN_PASSWORD"])

    def run(self, *command: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy. Raises AssertionError with what it said when it fails, unless told not to check."""
        options = {"input": "", "timeout": COMMAND_SECONDS, **options}
        ran = subprocess.run(
            command, cwd=self.project, env=self._environment, capture_output=True, text=True, **options
        )
        said = f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout[-3000:]}\n{ran.stderr[-6000:]}"
        assert not check or ran.returncode == 0, said
        return ran

    def compose(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run docker compose or podman-compose."""
        return self.run("./local_stack/compose.sh", *arguments, **options)

    def execute(self, service: str, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in a service's container."""
        return self.compose("exec", "-T", service, *command, **options)

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers, running or not."""
        labels = {"com.docker.compose.project": self.name, "com.docker.compose.service": service}
        filters = [f"--filter=label={key}={value}" for key, value in labels.items()]
        return self.run(self.engine, "ps", "--all", "--quiet", "--no-trunc", *filters).stdout.split()

    def container(self, service: str) -> str:
        """Return the id of the one container of a service."""
        found = self.containers(service)
        assert len(found) == 1, f"{service} has containers {found}"
        return found[0]

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine knows of the one container of a service."""
        return self.facts(self.container(service))

    def facts(self, container: str) -> dict[str, Any]:
        """Return what the engine knows of a container."""
        return json.loads(self.run(self.engine, "inspect", container).stdout)[0]

    def machine(self, service: str) -> str:
        """Return the address at which the one container of a service reaches this machine."""
        (network,) = self.inspect(service)["NetworkSettings"]["Networks"].values()
        return network["Gateway"]

    def healthy(self, service: str) -> bool:
        """Tell whether all containers of a service are healthy."""
        found = self.containers(service)
        return bool(found) and all(map(self._healthy, found))

    def _healthy(self, container: str) -> bool:
        """Run the container's own health check now: podman has no timer for it where there is no systemd."""
        if self.engine == "podman":
            return self.run("podman", "healthcheck", "run", container, check=False).returncode == 0
        return self.facts(container)["State"].get("Health", {}).get("Status") == "healthy"

    def wait_until_healthy(self, services: tuple[str, ...] = SERVICES, seconds: float = 420) -> None:
        """Return when all are healthy. Raises AssertionError with the logs' ends of those that are not."""
        left = set(services)

        def all_healthy() -> bool:
            left.difference_update({service for service in left if self.healthy(service)})
            return not left

        if not wait_until(all_healthy, seconds, every=3):
            ids = [container for service in left for container in self.containers(service)]
            logs = [self.run(self.engine, "logs", "--tail=40", container, check=False) for container in ids]
            raise AssertionError(f"not healthy: {left}\n" + "\n---\n".join(log.stdout + log.stderr for log in logs))

    @contextmanager
    def with_settings(self, **values: object) -> Iterator[None]:
        """Have these in ``.env`` for the length of a ``with`` block, and all services healthy in it and after it."""
        env = self.project / ".env"
        before = env.read_text()
        try:
            env.write_text(before + "".join(f"{name}={value}\n" for name, value in values.items()))
            self.compose("up", "--detach")
            self.wait_until_healthy()
            yield
        finally:
            env.write_text(before)
            self.compose("up", "--detach")
            self.wait_until_healthy()

    def ask(self, path: str, signed_in: bool = True, token: str = "") -> tuple[int, Any]:
        """Ask the web service, by a token if one is given; return status and body. Raises OSError when nothing answers."""
        settings = self.settings
        authorization = basic("marcom-team", settings["WEBAPI_PASSWORD"]) if signed_in else ""
        if token:
            authorization = f"Bearer {token}"
        try:
            return 200, call(f"http://127.0.0.1:{settings['WEBAPI_PORT']}{path}", authorization=authorization)
        except Refused as refused:
            return refused.status, json.loads(refused.body)

    def sql(self, statement: str) -> list[list[str]]:
        """Run a statement as root in the server's container; return its rows as text."""
        said = self.execute(
            "mysql", "sh", "-c", 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysql -uroot -N --raw', input=statement
        )
        return [line.split("\t") for line in said.stdout.splitlines()]
