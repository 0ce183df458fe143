"""A folder that all worker processes share while the service runs: counted log-in failures and metrics lie in it.

``gunicorn.conf.py`` has it made before it forks; an app started otherwise makes its own. Who made it removes it when it ends.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "WEBAPI_RUNTIME_FOLDER"


def runtime_folder() -> Path:
    """Return the folder, making it when first asked; only this user may look into it."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        # Not in /dev/shm: systemd empties that of a user's files when the user logs out.
        folder = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="campaign-webapi-")
        atexit.register(_remove, folder, os.getpid())
    return Path(folder)


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:  # forked workers inherit this duty and must not fulfil it
        shutil.rmtree(folder, ignore_errors=True)
