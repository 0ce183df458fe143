"""Where a server of this project has its UNIX socket: in its own folder, or in a short one where that path is too long."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 103  # the kernel's limit is 107 bytes on Linux, 103 on macOS


def private_socket(folder: Path, name: str, longest: int = LONGEST_SOCKET_PATH) -> Path:
    """Return the path of a socket; its folder may have to be made, for this user alone."""
    path = folder / name
    if len(os.fsencode(path)) <= longest:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"campaign-{os.getuid()}-{digest}" / name


def make_folder_of(socket: Path) -> bool:
    """Make the socket's folder for this user alone; return whether it is this user's."""
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return socket.parent.stat().st_uid == os.getuid()
