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

    A relative source is relative to the project's root. The inbox may be empty; any other source must name a file.
    Raises SourceError when it does not, or when any file does not lie below ``settings.read_roots``. Nothing outside of them
    is looked at, so that no message can tell what is there.
    """
    path = _absolute(source)
    if glob.has_magic(str(path)) and not os.path.lexists(path):
        found = _matches(path, settings)
    else:
        found = _files_of(ensure_allowed(path, settings), path)
    if not found and path != _absolute(settings.inbox):
        raise SourceError(f"{path} names no CSV file. A folder's files are those that end in {' or '.join(SUFFIXES)}.")
    return sorted({ensure_allowed(entry, settings) for entry in found})


def _absolute(source: str | Path) -> Path:
    try:
        return PROJECT_ROOT / Path(source).expanduser()
    except RuntimeError as error:  # ~nobody
        raise SourceError(f"{source}: {error}") from None


def _files_of(real: Path, path: Path) -> list[Path]:
    try:
        if real.is_dir():
            return [entry for entry in path.iterdir() if entry.is_file() and entry.name.lower().endswith(SUFFIXES)]
    except PermissionError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from None
    if not real.exists():
        raise SourceError(
            f"{path} does not exist. Give a CSV file, a folder with CSV files, or a pattern like 'inbox/*.csv'."
        )
    return [path]


def _matches(pattern: Path, settings: Settings) -> list[Path]:
    parts = pattern.parts
    wild = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    ensure_allowed(Path(*parts[:wild]), settings)
    if ".." in parts[wild:]:
        raise SourceError(f"{pattern} goes up by '..' behind a wildcard. Name the folder before the wildcard.")
    found = [entry for name in glob.glob(str(pattern), recursive=True) if (entry := Path(name)).is_file()]
    outside = [entry for entry in found if not _is_allowed(Path(os.path.realpath(entry)), settings)]
    if outside:
        raise SourceError(
            f"{pattern} names files, by a link, that lie outside the folders that may be read ({_roots(settings)}). "
            "Name the wanted files more narrowly, or add their folder to CAMPAIGN_ALLOWED_ROOTS."
        )
    return found


def ensure_allowed(path: Path, settings: Settings) -> Path:
    """Return the real path of a file or folder, links followed. Raises SourceError when it lies outside the read roots."""
    try:
        real = Path(os.path.realpath(path))
    except ValueError:  # a NUL character
        raise SourceError(f"{str(path)!r} is no path.") from None
    if not _is_allowed(real, settings):
        raise SourceError(
            f"{path} lies outside the folders that may be read ({_roots(settings)}). "
            "Move it there, or add its folder to CAMPAIGN_ALLOWED_ROOTS."
        )
    if real.exists() and not (real.is_file() or real.is_dir()):
        raise SourceError(f"{path} is neither a file nor a folder. Give a CSV file.")
    return real


def _is_allowed(real: Path, settings: Settings) -> bool:
    return any(real == root or root in real.parents for root in settings.read_roots)


def _roots(settings: Settings) -> str:
    return ", ".join(str(root) for root in settings.read_roots)
