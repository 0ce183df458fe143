"""Compares names with their snapshot, ``<area>.txt`` beside this file: a name may be added, and none may go or change."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent
WRITES = "CAMPAIGN_PROMISES"  # `make promises` sets it to "add"

BROKEN = """Names of the area {area!r} that others rely on are gone or have changed ({count}):
  {names}
Restore them. To change one on purpose: delete its line from {file}, run `make promises`, and say in CHANGELOG.md under
"Unreleased" what its users have to do."""


class BrokenPromise(AssertionError):
    """A name that others rely on is gone."""


def hold(area: str, names: list[str], folder: Path = FOLDER) -> list[str]:
    """Raise BrokenPromise if a name of the snapshot is not among ``names``; return, and warn of, those that are new.

    Where the environment says CAMPAIGN_PROMISES=add, the new ones are written into the snapshot.
    """
    assert names, f"no name of the area {area!r} was found, so nothing was compared"
    file = folder / f"{area}.txt"
    adds = os.environ.get(WRITES) == "add"
    assert adds or file.exists(), f"the area {area!r} has no snapshot: run `make promises`"
    promised = file.read_text().splitlines() if file.exists() else []
    if gone := sorted(set(promised) - set(names)):
        shown = "tests/promises/" + file.name
        raise BrokenPromise(BROKEN.format(count=len(gone), area=area, names="\n  ".join(gone), file=shown))
    new = sorted(set(names) - set(promised))
    if new and adds:
        file.write_text("".join(f"{name}\n" for name in sorted(names)))
    elif new:
        warnings.warn(f"{area}: new names; `make promises` adds them: {', '.join(new)}", stacklevel=2)
    return new
