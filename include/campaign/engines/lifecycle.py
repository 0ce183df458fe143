"""Who computes the marts (CAMPAIGN_ENGINE), and what that asks for around dbt.

MySQL, the default, works on the tables themselves: nothing is done here. Another engine works in its store: it is fed with
the accepted orders before the first dbt task, and what a task has built comes back into ``campaign_build`` when its tests have
passed.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.errors import TransientError, UserError
from campaign.settings import Settings, get_settings

# Statements name the store's files, between quotes and as patterns.
NOT_IN_A_STORE = set("'\"`*?[]{}\\")
CONNECT_SECONDS = 10

_lock: list[int] = []


class EngineError(TransientError):
    """The engine is not there. The message says where it was looked for."""


class StoreUnusableError(UserError):
    """CAMPAIGN_STORE is no folder that the engine can work in. The message says why."""


def keeper_of_first_orders(
    connection: MySQLConnectionAbstract, settings: Settings
) -> Callable[[Sequence[Path], int], None] | None:
    """Return what ``ingest_file`` gives the staged orders of a first load to, for an engine that does not read MySQL's tables."""
    if settings.engine == "mysql":
        return None
    from campaign.engines.orders_export import keep_first_orders

    return partial(keep_first_orders, connection, settings)


def before_dbt(connection: MySQLConnectionAbstract, settings: Settings, *, first: bool, anew: bool) -> None:
    """Make the engine ready for a dbt task; before the first of a run, feed it (with ``anew`` all orders again).

    Raises StoreUnusableError where the store cannot be used, EngineError where no cluster answers.
    """
    if settings.engine == "mysql":
        return
    from campaign.engines.orders_export import feed_orders  # polars: its threads would not survive the scheduler's fork

    _prepare_store(settings)
    if settings.engine == "duckdb":
        _wait_until_alone(settings.store_folder)
    else:
        _require_cluster(settings)
    if first:
        feed_orders(connection, settings, anew=anew)


def _prepare_store(settings: Settings) -> None:
    """Make the marts' folder, open to whom the store is open: a cluster that writes there is another user."""
    store, marts = settings.store_folder, settings.marts_folder
    if signs := NOT_IN_A_STORE & set(str(store)):
        raise StoreUnusableError(
            f"CAMPAIGN_STORE: {store} has {' '.join(sorted(signs))} in it, which mean something else in SQL or in patterns of"
            " file names. Name a folder whose path has none of them."
        )
    try:
        marts.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):  # another user has made it
            marts.chmod(stat.S_IMODE(store.stat().st_mode))
        TemporaryFile(dir=store).close()
    except OSError as error:
        raise StoreUnusableError(
            f"CAMPAIGN_STORE: {store} cannot be written ({error.strerror}). Name a folder that the tasks may"
            " write, with room for a copy of the orders and for the marts."
        ) from None


def _require_cluster(settings: Settings) -> None:
    host, port = settings.spark_host, settings.spark_port
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError as error:
        raise EngineError(
            f"SPARK_HOST, SPARK_PORT: no Spark answers at {host}:{port} ({error.strerror or error}). Is its thrift server up?"
            " (`make spark` starts a cluster to try it.)"
        ) from None


def after_dbt(project_folder: str, context: Mapping[str, Any]) -> None:
    """Bring back the marts that the dbt task has built. Cosmos calls it with the folder dbt ran in, after ``tell_outcome``."""
    settings = get_settings()
    if settings.engine == "mysql":
        return
    from campaign.engines.marts_import import bring_marts_back

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
