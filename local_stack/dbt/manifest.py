"""The dbt manifest, from which the DAG is checked and documented: written anew when anything in dbt/ is newer.

It is made here and not while the DAG is parsed, because ``dbt parse`` takes seconds and the DAG is parsed again and again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from campaign.transform.dbt_project import DBT_PROJECT, MANIFEST
from local_stack.console import ended_by, say
from local_stack.environment import stack_environment, with_secrets
from local_stack.secrets_file import load_secrets
from local_stack.services import run_step
from local_stack.settings import read_settings

WRITTEN_BY_DBT = {"target", "logs", "dbt_packages", ".user.yml"}


def ensure_manifest(environment: Mapping[str, str], log_folder: Path) -> None:
    """Write manifest and documentation unless the manifest is newer than every file and folder of the project. Raises Problem."""
    if MANIFEST.exists() and (MANIFEST.parent / "catalog.json").exists():
        written = MANIFEST.stat().st_mtime
        # A deleted file shows in its folder's time.
        if all(path.stat().st_mtime <= written for path in _sources(DBT_PROJECT)):
            return
    say("dbt manifest: parsing the project")
    command = [sys.executable, "-m", "local_stack.dbt.parse"]
    run_step("dbt parse", command, environment, log_folder / "dbt-parse.log", "mend the model or file named above.")


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in WRITTEN_BY_DBT:
            continue
        yield path
        if path.is_dir():
            yield from _sources(path)


def main() -> int:
    """Make the manifest where it is missing or old."""
    settings = read_settings()
    secrets = load_secrets(settings.state_folder)
    environment = stack_environment(with_secrets(settings, secrets), secrets, settings.state_folder / "airflow")
    ensure_manifest(environment, settings.logs)
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
