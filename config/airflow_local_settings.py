"""Imported once by every Airflow process; forked tasks inherit what is imported here.

Without this each task pays about 6 s of CPU to import Airflow's operators, Cosmos, dbt and its MySQL adapter.
Measured on six models with the LocalExecutor: 55 s for a DAG run without, 24 s with it (DECISIONS.md).
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

# Only the scheduler forks tasks; the API server and the DAG processor have no use for dbt in memory.
if "scheduler" in sys.argv:
    import dbt.adapters.mysql
    import dbt.cli.main  # noqa: F401


def stand_in_for_mysqlclient() -> None:
    """Let Airflow start on PyMySQL: for every mysql URL it asks for MySQLdb, to teach that driver a type, and ends without it."""
    package, converters = ModuleType("MySQLdb"), ModuleType("MySQLdb.converters")
    converters.conversions, converters.DateTime2literal = {}, str
    package.converters = converters
    sys.modules |= {"MySQLdb": package, "MySQLdb.converters": converters}


if os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "").startswith("mysql+pymysql:"):
    stand_in_for_mysqlclient()
