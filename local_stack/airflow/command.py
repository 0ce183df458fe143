"""``make airflow ARGS="…"``: Airflow's own command line, with the local stack's home, database and settings."""

from __future__ import annotations

import os
import shlex
import sys

from campaign.settings import PROJECT_ROOT
from local_stack.airflow.home import prepare_airflow_home
from local_stack.console import Problem, ended_by
from local_stack.environment import stack_environment, with_secrets
from local_stack.secrets_file import load_secrets
from local_stack.settings import read_settings

EXAMPLE = 'make airflow ARGS="dags list"'


def main() -> int:
    """Become Airflow with the words of CAMPAIGN_ARGS; the Makefile passes ARGS in it, so that no shell reads it."""
    try:
        words = shlex.split(os.environ.get("CAMPAIGN_ARGS", ""))
    except ValueError as error:
        raise Problem(f"ARGS cannot be read ({error}): close every quote. Example: {EXAMPLE}") from None
    if not words:
        raise Problem(f"ARGS is missing. Example: {EXAMPLE}")
    settings = read_settings()
    secrets = load_secrets(settings.state_folder)
    home = settings.state_folder / "airflow"
    environment = stack_environment(with_secrets(settings, secrets), secrets, home)
    prepare_airflow_home(home, environment, secrets["AIRFLOW_ADMIN_PASSWORD"], settings.logs)
    os.chdir(PROJECT_ROOT)
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *words], environment)


if __name__ == "__main__":
    sys.exit(ended_by(main))
