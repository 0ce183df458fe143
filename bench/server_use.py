"""How much memory and disk a private server takes while a block runs, looked at several times a second."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 0.5


@dataclass
class ServerUse:
    """The most so far, in bytes. ``disk``: the data folder with its temporary tables; ``sort_files``: unnamed spill files."""

    memory: int = 0
    disk: int = 0
    sort_files: int = 0
    disk_before: int = 0


@contextmanager
def watched(server_folder: Path) -> Iterator[ServerUse]:
    """Watch the server of this folder until the block ends."""
    use = ServerUse(disk_before=_size(server_folder / "data"))
    pid = int((server_folder / "server.pid").read_text())
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            use.memory = max(use.memory, _memory(pid))
            use.disk = max(use.disk, _size(server_folder / "data"))
            use.sort_files = max(use.sort_files, _unnamed_files(pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield use
    finally:
        ended.set()
        watcher.join()


def _memory(pid: int) -> int:
    (kilobytes,) = (
        line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return 1024 * int(kilobytes)


def _size(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # temporary tables come and go
                size += 512 * os.stat(os.path.join(place, name)).st_blocks
    return size


def _unnamed_files(pid: int) -> int:
    """Sorts spill into files that were unlinked at once: only the process still has them."""
    size = 0
    for name in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            status = name.stat()
            size += 512 * status.st_blocks if status.st_nlink == 0 else 0
    return size
