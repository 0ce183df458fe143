"""Imported once by every Airflow process; forked tasks inherit what is imported here.

Without this each task pays about 6 s of CPU to import Airflow's operators, Cosmos, dbt and its MySQL adapter.
Measured on six models with the LocalExecutor: 55 s for a DAG run without, 24 s with it (docs/explanation/decisions/0001).
"""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType

# What forks tasks: the scheduler, or a Celery worker, by way of its pool. The API server and the DAG processor have no use for
# dbt in memory. Not here: Polars and DuckDB, which the task `ingest` uses; their threads do not survive a fork.
FORKS_TASKS = "worker" if os.environ.get("AIRFLOW__CORE__EXECUTOR") == "CeleryExecutor" else "scheduler"
if FORKS_TASKS in sys.argv:
    from dbt.adapters.mysql import MySQLCredentials
    from dbt.contracts.project import Configuration, PackageConfig, ProfileConfig, Project, ProjectFlags
    from dbt.contracts.selection import SelectorFile
    from dbt.task.test import TestResultData

    import campaign.orchestration.cosmos_stages
    import campaign.orchestration.failure_alerts
    import campaign.orchestration.inbox_trigger
    import campaign.orchestration.run_report
    import campaign.publishing.publish
    import campaign.publishing.rerun  # noqa: F401

    if FORKS_TASKS == "worker":
        from celery.signals import heartbeat_sent

        from local_stack.containers.health import leave_sign_of_life

        heartbeat_sent.connect(leave_sign_of_life)

    # What dbt checks its configuration by, computed anew (0.2 s) in every process that has not inherited it.
    for contract in (
        Configuration, MySQLCredentials, PackageConfig, ProfileConfig, Project, ProjectFlags, SelectorFile, TestResultData,
    ):  # fmt: skip
        contract.json_schema()


def share_memory_with_forks() -> None:
    """Keep what is in memory at a fork out of all later collections, here and in the children.

    A full collection writes to every object, and a page that was written to is no longer shared. After a run the scheduler and
    its workers take 327 MB with this and 404 without, the triggerer 247 and 288 (bench/README.md).
    """
    main = os.getpid()

    def freeze() -> None:
        if os.getpid() == main:  # a worker forks task after task, and would never be rid of their garbage
            gc.freeze()

    os.register_at_fork(before=freeze)
    gc.unfreeze = lambda: None  # LocalExecutor undoes it after its forks


if {"scheduler", "triggerer"} & set(sys.argv):
    share_memory_with_forks()


def stand_in_for_mysqlclient() -> None:
    """Let Airflow start on PyMySQL: for every mysql URL it asks for MySQLdb, to teach that driver a type, and ends without it."""
    package, converters = ModuleType("MySQLdb"), ModuleType("MySQLdb.converters")
    converters.conversions, converters.DateTime2literal = {}, str
    package.converters = converters
    sys.modules |= {"MySQLdb": package, "MySQLdb.converters": converters}


if os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "").startswith("mysql+pymysql:"):
    stand_in_for_mysqlclient()
