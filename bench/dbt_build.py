"""Runs one stage of the dbt project as its own command, and says how long it and its nodes took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from campaign.settings import Settings
from campaign.transform.dbt_project import DBT_PROJECT


@dataclass(frozen=True)
class Build:
    """Seconds of the whole command, node name -> (kind, seconds), and kind -> from when until when each of its nodes ran."""

    seconds: float
    nodes: dict[str, tuple[str, float]]
    spans: dict[str, list[tuple[datetime, datetime]]]

    def seconds_of(self, kind: str) -> float:
        """Return the sum over nodes of a kind (model, test, seed); with several threads it may be more than the whole."""
        return sum(seconds for each, seconds in self.nodes.values() if each == kind)

    def wall_seconds_of(self, kind: str) -> float:
        """Return the seconds in which at least one node of a kind ran."""
        total, until = 0.0, datetime.min.replace(tzinfo=UTC)
        for begin, end in sorted(self.spans.get(kind, [])):
            total += max(0.0, (end - max(begin, until)).total_seconds())
            until = max(until, end)
        return total


def build(settings: Settings, *arguments: str) -> Build:
    """Run ``dbt build`` with these arguments against the settings' server. Raises RuntimeError when a node fails."""
    target = settings.state_folder / "dbt"
    folders = {"project-dir": DBT_PROJECT, "profiles-dir": DBT_PROJECT, "target-path": target, "log-path": target}
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "build", *arguments]
    command += [part for name, folder in folders.items() for part in (f"--{name}", str(folder))]
    environment = {
        **os.environ,
        "MYSQL_HOST": str(settings.mysql_host),
        "MYSQL_PORT": str(settings.mysql_port),
        "MYSQL_USER": settings.mysql_user,
        "MYSQL_PASSWORD": settings.mysql_password.get_secret_value(),
        "CAMPAIGN_ENGINE": settings.engine,
        "CAMPAIGN_STORE": str(settings.store_folder),
        "CAMPAIGN_RAW_DATABASE": settings.raw_database,
        "CAMPAIGN_BUILD_DATABASE": settings.build_database,
        # As the DAG does: the connector would read the machine's certificates for every connection.
        "SSL_CERT_FILE": os.devnull,
        "SSL_CERT_DIR": os.devnull,
    }
    started = time.monotonic()
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seconds = time.monotonic() - started
    if ended.returncode:
        raise RuntimeError(f"dbt build {' '.join(arguments)} failed:\n{ended.stdout}")
    results = json.loads((target / "run_results.json").read_text())["results"]
    nodes, spans = {}, {}
    for result in results:
        kind, _, name = result["unique_id"].split(".")[:3]
        nodes[name] = (kind, result["execution_time"])
        moments = [
            datetime.fromisoformat(step[end]) for step in result["timing"] for end in ("started_at", "completed_at")
        ]
        if moments:
            spans.setdefault(kind, []).append((min(moments), max(moments)))
    return Build(seconds, nodes, spans)
