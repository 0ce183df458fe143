"""Unpack programs of the distribution's own archive into a folder, without root and without installing anything.

apt is given private list and cache folders and an empty package status, so it fetches a program together with all its
libraries. These run on any release because the program is started through the loader that comes with them.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from local_stack.console import Problem, last_lines

KEYRINGS = ("debian-archive-keyring", "ubuntu-archive-keyring")


def distribution() -> str:
    """Return ``debian``, ``ubuntu`` or the empty string where apt cannot help."""
    if not all(shutil.which(program) for program in ("apt-get", "apt-cache", "dpkg-deb")):
        return ""
    release = platform.freedesktop_os_release()
    family = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((name for name in ("ubuntu", "debian") if name in family), "")


def own_suite() -> str:
    """Return the code name of the running release, such as ``bookworm``."""
    release = platform.freedesktop_os_release()
    return release.get("UBUNTU_CODENAME") or release.get("VERSION_CODENAME", "")


def _archive_address(suite: str) -> str:
    """Ask apt for the address the machine itself uses; its sources come in two formats and apt reads both."""
    listed = subprocess.run(["apt-get", "update", "--print-uris"], capture_output=True, text=True).stdout
    found = re.findall(r"'(\S+)/dists/([^/']+)/main/binary-", listed)
    for address, listed_suite in found:
        if listed_suite in (suite, "stable", "testing", "unstable", "sid"):
            return address
    raise Problem(f"apt on this machine has no archive of {suite} among its sources.")


def unpack(package_pattern: str, suite: str, folder: Path) -> Path:
    """Fetch the newest package matching a pattern, with its libraries; return the folder holding ``usr/``.

    ``package_pattern`` is a regular expression over package names; of several, the last by version wins. A folder that
    was unpacked before is returned as it is; one that another process is unpacking is waited for. Raises Problem with the end
    of apt's output.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _unpack(package_pattern, suite, folder)
    return folder / "prefix"


def _unpack(package_pattern: str, suite: str, folder: Path) -> None:
    prefix = folder / "prefix"
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "prefix"):
        (folder / part).mkdir(parents=True)
    keyring = next((path for name in KEYRINGS for path in Path("/usr/share/keyrings").glob(f"{name}.*")), None)
    options = f"[signed-by={keyring}] " if keyring else ""
    components = "main universe" if distribution() == "ubuntu" else "main"
    (folder / "sources.list").write_text(f"deb {options}{_archive_address(own_suite())} {suite} {components}\n")

    log = folder / "apt.log"
    _run(["apt-get", "-qq", "update"], folder, log)
    packages = _run(["apt-cache", "search", "--names-only", package_pattern], folder, log).split("\n")
    names = sorted((line.split(" ")[0] for line in packages if line), key=_numbers)
    if not names:
        raise Problem(f"suite {suite} holds no package like {package_pattern}.{last_lines(log)}")
    install = ["apt-get", "-qq", "--yes", "--no-install-recommends", "--download-only", "install", names[-1]]
    _run(install, folder, log)
    for package in sorted((folder / "cache/archives").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(prefix)], folder, log)
    for part in ("lists", "cache"):
        shutil.rmtree(folder / part)
    (folder / "complete").touch()


def loader_command(prefix: Path, program: str) -> tuple[str, ...]:
    """Return the words that start ``program`` (a path below the prefix) with the libraries beside it."""
    loaders = [*prefix.glob("lib/*/ld-linux*.so.*"), *prefix.glob("usr/lib/*/ld-linux*.so.*")]
    libraries = [*prefix.glob("lib/*-linux-gnu*"), *prefix.glob("usr/lib/*-linux-gnu*")]
    if not loaders:
        raise Problem(
            f"{prefix} holds no program loader. It is fetched again after: mv {prefix.parent} {prefix.parent}.old"
        )
    return (str(loaders[0]), "--library-path", os.pathsep.join(map(str, libraries)), str(prefix / program))


def _run(command: list[str], folder: Path, log: Path) -> str:
    """Run one command with apt confined to the folder; return its output."""
    configuration = folder / "apt.conf"
    configuration.write_text(
        f"""
Dir::State "{folder}";
Dir::State::Lists "{folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
Acquire::Languages "none";
APT::Sandbox::User "root";
Debug::NoLocking "1";
"""
    )
    if command[0].startswith("apt"):
        command = [command[0], "-c", str(configuration), *command[1:]]
    with log.open("a") as stream:
        stream.write(f"$ {' '.join(command)}\n")
        stream.flush()
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=stream, text=True)
        stream.write(ended.stdout)
    if ended.returncode:
        raise Problem(f"{Path(command[0]).name} ended with status {ended.returncode}.{last_lines(log)}")
    return ended.stdout


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]
