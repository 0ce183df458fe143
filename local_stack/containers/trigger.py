"""Run the pipeline on a CSV in the inbox and follow it: ``python -m local_stack.containers.trigger NAME < FILE``.

The file comes on standard input and gets its name in the inbox only when it is whole: a daily run that looks at that moment
does not see half of it. Without NAME the run reads the whole inbox.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from campaign.ingest.source_files import SUFFIXES
from campaign.settings import get_settings
from local_stack.airflow.api import AirflowApi
from local_stack.airflow.follow_run import follow_run
from local_stack.airflow.home import ADMIN
from local_stack.console import Problem, ended_by, say
from local_stack.containers.waiting import api_url
from local_stack.http_client import Refused


def drop(name: str, inbox: Path) -> Path:
    """Write standard input to the inbox under a name of the kind that runs look for. Raises Problem."""
    if Path(name).name != name or not name.lower().endswith(SUFFIXES):
        raise Problem(f"{name!r} is not the name of a CSV: it must end with {' or '.join(SUFFIXES)}.")
    unfinished, file = inbox / f".{name}.unfinished", inbox / name
    try:
        with unfinished.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    say(f"{file}: {file.stat().st_size:,} bytes")
    return file


def main() -> int:
    """Drop the file, start a run on it, and show its tasks as they end."""
    inbox = get_settings().inbox
    source = drop(sys.argv[1], inbox) if len(sys.argv) > 1 else inbox
    airflow = AirflowApi(api_url(), ADMIN, os.environ["AIRFLOW_ADMIN_PASSWORD"])
    try:
        run_id = airflow.trigger({"source": str(source)})
        say(f"Pipeline: run {run_id}")
        airflow.unpause()
        follow_run(airflow, run_id, lambda: None)
    except (OSError, Refused) as error:
        raise Problem(f"Airflow's API server at {api_url()}: {error}. Is it up? (make ps)") from None
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
