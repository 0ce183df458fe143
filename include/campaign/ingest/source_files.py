"""Which files a run reads: a file, a folder's CSVs or a glob, and nothing outside the allowed folders."""

from __future__ import annotations

import glob
import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

from campaign.errors import UserError
from campaign.settings import PROJECT_ROOT, Settings

SUFFIXES = (".csv", ".csv.gz")
# Names of what systems and programs put next to a file, or of a file that is still on its way.
_COMPANION = re.compile(
    r"\..*|~\$.*|.*~|#.*#|.*:zone\.identifier|thumbs\.db|desktop\.ini|icon\r"
    r"|.*\.(part|partial|filepart|crdownload|download|opdownload|tmp|temp|swp|aria2)",
    re.IGNORECASE | re.DOTALL,
)
_MOST_NAMED = 5

log = logging.getLogger(__name__)


class SourceError(UserError):
    """The source cannot be read; the message names it and says what to do."""


def find_source_files(source: str | Path, settings: Settings, log_level: int = logging.INFO) -> list[Path]:
    """Return the files that ``source`` names, resolved and sorted: one file, a folder (its ``*.csv`` and ``*.csv.gz``) or a glob.

    A relative source is relative to the project's root. The inbox may be empty; any other source must name a file. What a folder
    or a glob holds besides, hidden and half-written files too, is passed over and counted in the log.
    Raises SourceError when it does not, or when any file does not lie below ``settings.read_roots``. Nothing outside of them
    is looked at, so that no message can tell what is there.
    """
    path = _absolute(source)
    if glob.has_magic(str(path)) and not os.path.lexists(path):
        there = _matches(path, settings)
        found = [entry for entry in there if not _COMPANION.fullmatch(entry.name)]
    elif os.path.isdir(real := ensure_allowed(path, settings)):
        there = _files_in(path)
        found = [
            entry for entry in there
            if entry.name.lower().endswith(SUFFIXES) and not _COMPANION.fullmatch(entry.name)
        ]  # fmt: skip
    else:
        there = found = [_existing(real, path)]
    passed_over = _named(set(there).difference(found))
    if passed_over:
        log.log(log_level, "%s: %s", path, passed_over)
    if not found and path != _absolute(settings.inbox):
        raise SourceError(
            f"{path} names no CSV file{f'; {passed_over}' if passed_over else ''}. A folder's files are those that end in"
            f" {' or '.join(SUFFIXES)}, less hidden and half-written ones."
        )
    return sorted({ensure_allowed(entry, settings) for entry in found})


def _absolute(source: str | Path) -> Path:
    try:
        return PROJECT_ROOT / Path(source).expanduser()
    except RuntimeError as error:  # ~nobody
        raise SourceError(f"{source}: {error}") from None


def _files_in(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if entry.is_file()]
    except PermissionError as error:
        raise SourceError(f"{folder} cannot be read: {error.strerror}.") from None


def _existing(real: Path, path: Path) -> Path:
    if not real.exists():
        raise SourceError(
            f"{path} does not exist. Give a CSV file, a folder with CSV files, or a pattern like 'inbox/*.csv'."
        )
    return path


def _named(files: Iterable[Path]) -> str:
    """Return how many files there are, and the first names; empty for none."""
    names = sorted(os.fsencode(file.name).decode("utf-8", "backslashreplace") for file in files)
    more = ", …" if len(names) > _MOST_NAMED else ""
    return f"files passed over: {len(names):,} ({', '.join(names[:_MOST_NAMED])}{more})" if names else ""


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
