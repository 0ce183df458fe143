"""``make run SOURCE=<file or folder>``: one run of the DAG in one process, without Airflow's services.

1. The database, the dbt manifest, and a metadata database of its own, so that it never meets the demo's scheduler.
2. The pipeline's lease, held by the run's process: if it is killed, the next run takes over at once.
3. The DAG, task after task; one line each. What the tasks log goes to a file.
4. The report on standard output. The exit status is the outcome.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from campaign.campaigns import CampaignError, load_campaigns
from campaign.ingest.load.replace import Replace
from campaign.orchestration.run_params import RunConfError, refuse_unknown_campaign
from campaign.publishing.gate import Decision
from campaign.settings import PROJECT_ROOT
from local_stack.airflow.home import prepare_airflow_home
from local_stack.console import Problem, ended_by, say
from local_stack.dbt.manifest import ensure_manifest
from local_stack.environment import stack_environment
from local_stack.mysql.database import database_in_use
from local_stack.secrets_file import load_secrets
from local_stack.services import Services, kill_group
from local_stack.settings import StackSettings, read_settings

EXAMPLE = "make run SOURCE=include/data_sample/transaction_data.csv"
WILD = set("*?[")
HINTS = {signal.SIGKILL: " (by a person, or by the system because memory ran out: see dmesg)"}
AS_BEFORE = {"0": Replace.NOTHING, "1": Replace.ORDERS}  # REPLACE was a switch once


def run(settings: StackSettings, source: Path, conf: dict[str, Any]) -> int:
    """Run the pipeline on a source and print the report; return 0 when the run succeeded."""
    # What a person names on the command line may be read; a form or a request may not widen it.
    settings = settings.model_copy(
        update={"allowed_roots": os.pathsep.join(filter(None, [settings.allowed_roots, str(_folder_of(source))]))}
    )
    services = Services(settings.state_folder)
    with database_in_use(settings, keep_up=lambda: bool(services.alive())) as ready:
        secrets = load_secrets(settings.state_folder)
        home = settings.state_folder / "airflow-headless"
        environment = stack_environment(ready, secrets, home)
        ensure_manifest(environment, settings.logs)
        prepare_airflow_home(home, environment, secrets["AIRFLOW_ADMIN_PASSWORD"], settings.logs)
        log = settings.logs / "runs" / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
        say(f"Pipeline: {source}  (log: {log})")
        status = _in_a_process_of_its_own({**conf, "source": str(source)}, environment, log)
        if status < 0:
            raise Problem(
                f"the run's process was killed by {signal.Signals(-status).name}{HINTS.get(-status, '')}. Nothing half done "
                f"was published; make run again. What its tasks said until then is in {log}"
            )
        if status:
            raise Problem(f"the run failed. All that its tasks said is in {log}")
    return 0


def _in_a_process_of_its_own(conf: dict[str, Any], environment: Mapping[str, str], log: Path) -> int:
    """Run the DAG in a child and return its status. An interrupt kills the child: dbt and Airflow would swallow it.

    What a killed run leaves is what any killed run leaves: no half publication, and a lease that is free at once.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "local_stack.airflow.headless_run", json.dumps(conf), str(log)]
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, start_new_session=True)
    try:
        return process.wait()
    finally:
        kill_group(process.pid)


def find_source(text: str, callers_folder: Path) -> Path:
    """Return the absolute path that SOURCE means: seen from the caller's folder, else from the project's root.

    Raises Problem when it is missing. A pattern such as ``inbox/*.csv`` is returned as it is, made absolute.
    """
    if not text:
        raise Problem(f"SOURCE is missing: the CSV file, or the folder of CSV files, to run on. Example: {EXAMPLE}")
    given = Path(text).expanduser()
    candidates = [folder / given for folder in dict.fromkeys((callers_folder, PROJECT_ROOT))]
    for path in candidates:
        if path.exists() or (WILD & set(text) and _folder_of(path).is_dir()):
            return path.resolve() if path.exists() else _folder_of(path).resolve() / path.relative_to(_folder_of(path))
    looked = " and ".join(str(path.parent) for path in candidates)
    raise Problem(f"SOURCE={text} does not exist (looked in {looked}). Give a CSV file or a folder. Example: {EXAMPLE}")


def _folder_of(source: Path) -> Path:
    """Return the folder that has to be readable: the source itself, its parent, or what stands before a pattern."""
    if source.is_dir():
        return source
    parts = source.parts
    wild = next((number for number, part in enumerate(parts) if WILD & set(part)), len(parts) - 1)
    return Path(*parts[: min(wild, len(parts) - 1)])


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Read the command line; SOURCE and the caller's folder come through the environment, untouched by a shell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaign")
    parser.add_argument("--replace", default=Replace.NOTHING)
    parser.add_argument("--full-refresh", action="store_true")
    parser.add_argument("--gate", default=Decision.FAIL)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    if arguments.campaign and not arguments.campaign.isdecimal():
        raise Problem(
            f"CAMPAIGN={arguments.campaign} is not a campaign's number (first column of dbt/seeds/campaign.csv)."
        )
    replace = AS_BEFORE.get(arguments.replace, arguments.replace)
    if replace not in list(Replace):
        raise Problem(
            f"REPLACE={replace} is none of: orders (stored orders of other content take the file's), days (besides, stored "
            "orders that the file lacks are removed from its days), nothing."
        )
    if arguments.gate not in (Decision.APPROVE, Decision.REJECT, Decision.FAIL):
        raise Problem(
            f"GATE={arguments.gate} is none of: approve (publish, however much changes), reject (keep what is served where more"
            " than CAMPAIGN_GATE_SHARE changes), fail (the same, and the run fails with the difference)."
        )
    callers_folder = Path(os.environ.get("CAMPAIGN_CALLER_FOLDER") or Path.cwd())
    source = find_source(os.environ.get("CAMPAIGN_SOURCE", ""), callers_folder)
    conf = {
        "campaign": int(arguments.campaign) if arguments.campaign else None,
        "replace": replace,
        "full_refresh": arguments.full_refresh,
        "gate": arguments.gate,
    }
    try:
        refuse_unknown_campaign(conf["campaign"], load_campaigns())
    except (CampaignError, RunConfError) as error:
        raise Problem(str(error)) from None
    return run(read_settings(), source, conf)


if __name__ == "__main__":
    sys.exit(ended_by(main))
