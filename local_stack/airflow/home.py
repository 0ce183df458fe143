"""An Airflow home in the state folder: its metadata database (SQLite) and the password file of the one user."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from local_stack.console import say
from local_stack.services import run_step

ADMIN = "admin"


def prepare_airflow_home(home: Path, environment: Mapping[str, str], admin_password: str, log_folder: Path) -> None:
    """Write the password file; make or migrate the metadata database where this Airflow has not done so. Raises Problem."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_password(home / "passwords.json", admin_password)
    marker, current = home / "migrated_by", version("apache-airflow")
    if (home / "airflow.db").exists() and marker.exists() and marker.read_text() == current:
        return
    say(f"Airflow {current}: preparing its metadata database")
    run_step(
        "airflow db migrate",
        [sys.executable, "-m", "airflow", "db", "migrate"],
        environment,
        log_folder / f"{home.name}-migrate.log",
        f"read the log. To start with an empty metadata database (campaign data is not kept there): mv {home} {home}.old",
    )
    marker.write_text(current)


def write_password(file: Path, admin_password: str) -> None:
    """Write the sign-in of the one administrator in the simple auth manager's form, readable for its owner only."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(json.dumps({ADMIN: admin_password}) + "\n")
