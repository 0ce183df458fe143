"""Runs a module of the package as a program, with the database up and its settings in the environment.

``python -m local_stack.mysql.with_database campaign.ingest.export_rejected october.csv``. A private server that was down is
started and stopped again.
"""

from __future__ import annotations

import os
import runpy
import sys

from campaign.settings import get_settings
from local_stack.console import Problem, ended_by
from local_stack.environment import settings_by_name
from local_stack.mysql.database import database_in_use
from local_stack.services import Services
from local_stack.settings import read_settings


def main() -> int:
    """Run the module named first with the other words as its own."""
    if len(sys.argv) < 2:
        raise Problem(
            "Which module? Example: python -m local_stack.mysql.with_database campaign.ingest.export_rejected october.csv"
        )
    settings = read_settings()
    with database_in_use(settings, keep_up=lambda: bool(Services(settings.state_folder).alive())) as ready:
        os.environ.update(settings_by_name(ready))
        get_settings.cache_clear()
        sys.argv = sys.argv[1:]
        try:
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if isinstance(end.code, str):
                raise Problem(end.code) from None
            return end.code or 0
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
