"""What the commands say to a person: one line per step, and problems without a traceback.

Everything goes to standard error, so that standard output carries results only (``make sql`` is read by programs).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

LAST_LINES = 15


class Problem(Exception):
    """Something a person can mend. The message says what failed, where to look and what to do."""


class NotReady(Problem):
    """Something takes longer than a person wants to wait. It may yet come, so nothing is torn down for it."""


def say(line: str) -> None:
    """Print one line of progress."""
    print(line, file=sys.stderr, flush=True)


def last_lines(log: Path, count: int = LAST_LINES, before: str = "") -> str:
    """Return the end of a log, indented, under a line that names the file; empty when there is none.

    ``before``: the end of what stands before the last line that begins so.
    """
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 64 * 1024))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    if before and (marks := [place for place, line in enumerate(lines) if line.startswith(before)]):
        lines = lines[: marks[-1]]
    lines = lines[-count:]
    return f"\nLast lines of {log}:\n" + "\n".join(f"  {line[:400]}" for line in lines) if lines else ""


def ended_by(command: Callable[[], int]) -> int:
    """Run a command; turn a Problem into its sentence and status 1, and an interrupt into status 130."""
    try:
        return command()
    except Problem as problem:
        say(f"\nFailed: {problem}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130
