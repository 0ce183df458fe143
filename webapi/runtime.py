"""A folder that all worker processes share while the service runs: counted log-in failures and metrics lie in it.

``gunicorn.conf.py`` makes it before it forks and removes it at the end; an app started otherwise makes its own.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

VARIABLE = "WEBAPI_RUNTIME_FOLDER"
IN_MEMORY = "/dev/shm"


def memory_folder() -> str | None:
    """Return a folder that lies in memory, or None where the machine has none."""
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None


def runtime_folder() -> Path:
    """Return the folder, making it when first asked; only this user may look into it."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        folder = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="campaign-webapi-", dir=memory_folder())
    return Path(folder)
