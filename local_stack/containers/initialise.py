"""What comes before Airflow's services, at every ``up``: everything in it may run again.

1. Airflow's metadata database is made or brought to this image's Airflow.
2. The campaign's kept tables are made or brought to this release (include/campaign/db/migrations).
3. The dbt documentation of this image goes to its volume, from which Airflow shows it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import mysql.connector

from campaign.db.connection import connect
from campaign.db.migrations import MigrationError
from campaign.db.schema import ensure_kept_tables
from campaign.settings import Settings
from campaign.transform.dbt_project import MANIFEST
from local_stack.console import Problem, ended_by, say
from local_stack.containers.executor import workers_run_the_tasks
from local_stack.containers.waiting import wait_for_database

DOCUMENTATION = ("index.html", "catalog.json", "manifest.json")


def main() -> int:
    """Do the three steps. Raises Problem."""
    workers_run_the_tasks()  # or a contradiction in .env ends the start here, where the others wait for it
    wait_for_database()
    say("Airflow's metadata database")
    if subprocess.run(["airflow", "db", "migrate"]).returncode:
        raise Problem("airflow db migrate failed; its last lines are above.")
    say("Kept tables")
    settings = Settings()
    try:
        with connect(settings) as connection:
            ensure_kept_tables(connection, settings)
    except (mysql.connector.Error, MigrationError) as error:
        raise Problem(f"user {settings.mysql_user} can't prepare the kept tables: {error}") from None
    say("dbt documentation")
    folder = Path(os.environ["DBT_DOCS_FOLDER"])
    for name in DOCUMENTATION:
        if name != "catalog.json" or not (folder / name).exists():  # the image's is empty, the last run's is not
            shutil.copy(MANIFEST.with_name(name), folder)
    say("Ready.")
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
