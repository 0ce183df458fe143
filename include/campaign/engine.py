"""Who computes the marts (CAMPAIGN_ENGINE), and what that asks for around dbt.

MySQL, the default, works on the tables themselves: nothing is done here. Another engine works in its store: it is fed with
the accepted orders before the first dbt task, and what a task has built comes back into ``campaign_build`` when its tests have
passed.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings, get_settings

_lock: list[int] = []


def before_dbt(connection: MySQLConnectionAbstract, settings: Settings, *, first: bool, anew: bool) -> None:
    """Make the engine ready for a dbt task; before the first of a run, feed it (with ``anew`` all orders again).

    Raises AirflowFailException, which forbids another try, where the store cannot be written.
    """
    if settings.engine == "mysql":
        return
    from campaign.order_store import feed_orders  # polars: its threads would not survive the scheduler's fork

    try:
        _prepare(settings.marts_folder, settings.store_folder)
        TemporaryFile(dir=settings.store_folder).close()
    except OSError as error:
        from airflow.sdk.exceptions import AirflowFailException

        raise AirflowFailException(
            f"CAMPAIGN_STORE: {settings.store_folder} cannot be written ({error.strerror}). Name a folder that the tasks may"
            " write, with room for a copy of the orders and for the marts."
        ) from None
    if settings.engine == "duckdb":
        _wait_until_alone(settings.store_folder)
    if first:
        feed_orders(connection, settings, anew=anew)


def _prepare(marts: Path, store: Path) -> None:
    """Make the marts' folder, open to whom the store is open: a cluster that writes there is another user."""
    marts.mkdir(parents=True, exist_ok=True)
    with suppress(PermissionError):  # another user has made it
        marts.chmod(stat.S_IMODE(store.stat().st_mode))


def after_dbt(project_folder: str, context: Mapping[str, Any]) -> None:
    """Bring back the marts that the dbt task has built. Cosmos calls it with the folder dbt ran in, after ``tell_outcome``."""
    settings = get_settings()
    if settings.engine == "mysql":
        return
    from campaign.marts_back import bring_marts_back

    _let_others_in()
    bring_marts_back(settings, _built(Path(project_folder) / "target" / "run_results.json"))


def _built(run_results: Path) -> list[str]:
    if not run_results.exists():
        return []
    results = json.loads(run_results.read_text())["results"]
    return [result["unique_id"].split(".")[2] for result in results if result["status"] == "success"]


def _wait_until_alone(store: Path) -> None:
    """Wait for other tasks: a DuckDB file is open in one process at a time. A process that ends lets the next one in."""
    if not _lock:
        _lock.append(os.open(store / "campaign.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC))
        fcntl.flock(_lock[0], fcntl.LOCK_EX)


def _let_others_in() -> None:
    while _lock:
        os.close(_lock.pop())
