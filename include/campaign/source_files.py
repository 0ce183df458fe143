"""Which files a run reads: a file, a folder's CSVs or a glob, and nothing outside the allowed folders."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from campaign.settings import PROJECT_ROOT, Settings

SUFFIXES = (".csv", ".csv.gz")


class SourceError(ValueError):
    """The source cannot be read; the message names it and says what to do."""


def find_source_files(source: str | Path, settings: Settings) -> list[Path]:
    """Return the files that ``source`` names, resolved and sorted: one file, a folder (its ``*.csv`` and ``*.csv.gz``) or a glob.

    A relative source is relative to the project's root. A folder or glob may be empty; a file must be there.
    Raises SourceError for a file that is missing, or any file that does not lie below ``settings.read_roots``.
    """
    path = PROJECT_ROOT / Path(source).expanduser()
    if path.is_dir():
        ensure_allowed(path, settings)
        found = [entry for entry in path.iterdir() if entry.is_file() and entry.name.lower().endswith(SUFFIXES)]
    elif path.exists():
        found = [path]
    elif glob.has_magic(str(path)):
        found = [Path(name) for name in glob.glob(str(path), recursive=True) if Path(name).is_file()]
    else:
        ensure_allowed(path, settings)
        raise SourceError(
            f"{path} does not exist. Give a CSV file, a folder with CSV files, or a pattern like 'inbox/*.csv'."
        )
    return sorted({ensure_allowed(entry, settings) for entry in found})


def ensure_allowed(path: Path, settings: Settings) -> Path:
    """Return the real path of a file or folder, links followed. Raises SourceError when it lies outside the read roots."""
    real = Path(os.path.realpath(path))
    if not any(real == root or root in real.parents for root in settings.read_roots):
        roots = ", ".join(str(root) for root in settings.read_roots)
        raise SourceError(
            f"{path} lies outside the folders that may be read ({roots}). "
            "Move it there, or add its folder to CAMPAIGN_ALLOWED_ROOTS."
        )
    if real.exists() and not (real.is_file() or real.is_dir()):
        raise SourceError(f"{path} is neither a file nor a folder. Give a CSV file.")
    return real
