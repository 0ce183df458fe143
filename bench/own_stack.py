"""A real Airflow on a MySQL server of its own, both in a folder of its own, with the project's sample as the file to load."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.own_server import own_server
from campaign.settings import Settings
from local_stack.airflow.api import AirflowApi
from local_stack.airflow.own_airflow import own_airflow
from local_stack.environment import settings_by_name
from local_stack.sample import SAMPLE
from local_stack.settings import StackSettings
from local_stack.supervisor.supervision import Supervision

LONGEST_RUN = 600


@dataclass(frozen=True)
class Stack:
    """What runs, and the conf of a run that builds everything."""

    airflow: AirflowApi
    server: Settings
    services: Supervision
    inbox: Path
    conf: dict[str, object]

    def ended(self, run_id: str) -> str:
        """Wait until a run has ended, and return its state: success, failed, or the last one where it hangs."""
        deadline, state = time.monotonic() + LONGEST_RUN, "unknown"
        while state not in ("success", "failed") and time.monotonic() < deadline:
            time.sleep(2)  # asking costs Airflow some
            with suppress(OSError):
                state = self.airflow.run_state(run_id)
        return state

    def run(self, **conf: object) -> str:
        """Run once and return the state of the end."""
        return self.ended(self.airflow.trigger(self.conf | conf))


@contextmanager
def own_stack(folder: Path, **changed: object) -> Iterator[Stack]:
    """Start server and Airflow in ``folder``; ``changed`` are settings by their names in the environment."""
    exports, inbox = folder / "exports", folder / "inbox"
    exports.mkdir()
    shutil.copy(SAMPLE, exports)
    with own_server(folder) as server:
        own = {"CAMPAIGN_INBOX": inbox, "CAMPAIGN_INBOX_LOOK_SECONDS": 0, "CAMPAIGN_ALLOWED_ROOTS": str(exports)}
        settings = StackSettings(**settings_by_name(server) | own | changed)
        with own_airflow(settings) as airflow:
            airflow.unpause()
            conf = {"source": str(exports), "full_refresh": True}
            yield Stack(airflow, server, Supervision(settings.state_folder), inbox, conf)
