"""Which MySQL server program this machine can run for the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from local_stack.console import Problem, say
from local_stack.mysql import apt_archive
from local_stack.settings import StackSettings

SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/libexec:/usr/local/mysql/bin:/opt/homebrew/bin"
# Window functions and common table expressions, which the marts are made of, are older than these; nothing older is tested.
OLDEST = {"mysql": (8, 0), "mariadb": (10, 6)}
CREATES_BY_GTID = (8, 0, 21)

CHOICES = """
The choices: install MySQL 8.4 or newer (or MariaDB 10.6 or newer) so that mysqld is on PATH; or run one elsewhere and give
MYSQL_HOST, MYSQL_PORT, MYSQL_ADMIN_USER and MYSQL_ADMIN_PASSWORD; or run the whole stack in containers."""


def unsuitable(variables: dict[str, str]) -> str:
    """Return why a server with these global variables cannot be used, and what to do; or the empty string."""
    version = variables["version"]
    kind = "mariadb" if "mariadb" in version.lower() else "mysql"
    number = tuple(int(part) for part in re.match(r"(\d+)\.(\d+)\.(\d+)", version).groups())
    if number[:2] < OLDEST[kind]:
        return f"it is {kind} {version}, older than {'.'.join(map(str, OLDEST[kind]))}: upgrade it, or name another."
    if variables.get("read_only") == "ON":
        return "it is read-only, as a replica is: name the server that takes writes."
    if kind == "mysql" and variables.get("enforce_gtid_consistency") == "ON" and number < CREATES_BY_GTID:
        return (
            f"enforce_gtid_consistency is ON, and MySQL {version} then refuses CREATE TABLE … SELECT, by which marts are built:"
            f" upgrade it to {'.'.join(map(str, CREATES_BY_GTID))} or newer."
        )
    return ""


@dataclass(frozen=True)
class ServerBinary:
    """A server program that was seen to run: the way it was found, the words that start it, and where it comes from."""

    way: str
    kind: str
    version: str
    command: tuple[str, ...]
    base_options: tuple[str, ...]
    origin: str

    def __str__(self) -> str:
        """Say it to a person."""
        name = {"mysql": "MySQL", "mariadb": "MariaDB"}[self.kind]
        return f"{name} {self.version} ({self.origin})"


def resolve_server(settings: StackSettings, known_way: str = "") -> ServerBinary:
    """Find a server: installed, else unpacked from the distribution's archive (MySQL, then MariaDB).

    ``CAMPAIGN_MYSQL_SERVER`` picks one of the ways. Where it is ``auto``, ``known_way`` is the one that made the data
    folder: another server could not read it. Raises Problem with what was tried and the choices that are left.
    """
    ways: dict[str, Callable[[StackSettings], ServerBinary]] = {
        "installed": _installed,
        "mysql": _unpacked_mysql,
        "mariadb": _unpacked_mariadb,
    }
    wanted = settings.mysql_server if settings.mysql_server != "auto" else known_way
    chosen = [wanted] if wanted in ways else list(ways)
    failures = []
    for way in chosen:
        try:
            return ways[way](settings)
        except Problem as problem:
            failures.append(f"- {way}: {problem}")
    raise Problem("no MySQL server can be started here.\n" + "\n".join(failures) + CHOICES)


def _installed(settings: StackSettings) -> ServerBinary:
    path = os.pathsep.join([os.environ.get("PATH", ""), SYSTEM_FOLDERS])
    program = shutil.which("mysqld", path=path) or shutil.which("mariadbd", path=path)
    if not program:
        raise Problem("neither mysqld nor mariadbd is on PATH.")
    return _inspect("installed", (program,), (), f"installed as {program}")


def _unpacked_mysql(settings: StackSettings) -> ServerBinary:
    # Debian keeps MySQL in its unstable suite only; Ubuntu has it in every release, with the version in the package's name.
    suite = "sid" if apt_archive.distribution() == "debian" else apt_archive.own_suite()
    return _unpacked(settings, "mysql", r"^mysql-server-core(-[0-9.]+)?$", suite)


def _unpacked_mariadb(settings: StackSettings) -> ServerBinary:
    return _unpacked(settings, "mariadb", r"^mariadb-server-core(-[0-9.]+)?$", apt_archive.own_suite())


def _unpacked(settings: StackSettings, kind: str, pattern: str, suite: str) -> ServerBinary:
    distribution = apt_archive.distribution()
    if not distribution:
        raise Problem("this is neither Debian nor Ubuntu.")
    folder = settings.state_folder.resolve() / f"{kind}-server"
    if not (folder / "complete").exists():
        say(f"  unpacking {kind} from the archive of {distribution} ({suite}) into {folder}")
    prefix = apt_archive.unpack(pattern, suite, folder)
    program = "usr/sbin/mysqld" if kind == "mysql" else "usr/sbin/mariadbd"
    messages = next(path for path in (prefix / "usr/share/mysql", prefix / "usr/share/mariadb") if path.is_dir())
    return _inspect(
        kind,
        apt_archive.loader_command(prefix, program),
        (f"--basedir={prefix / 'usr'}", f"--lc-messages-dir={messages}"),
        f"unpacked from {distribution} {suite}",
    )


def _inspect(way: str, command: tuple[str, ...], base_options: tuple[str, ...], origin: str) -> ServerBinary:
    """Ask the program for its version; refuse one that does not start or is too old."""
    asked = subprocess.run([*command, "--no-defaults", "--version"], capture_output=True, text=True)
    found = re.search(r"Ver (\d+)\.(\d+)(\.\d+)?", asked.stdout)
    if asked.returncode or not found:
        raise Problem(f"{command[-1]} does not start: {(asked.stderr or asked.stdout).strip()[-400:]}")
    kind = "mariadb" if "mariadb" in asked.stdout.lower() else "mysql"
    if (int(found[1]), int(found[2])) < OLDEST[kind]:
        raise Problem(f"{command[-1]} is {kind} {found[0][4:]}, older than {'.'.join(map(str, OLDEST[kind]))}.")
    return ServerBinary(way, kind, found[0][4:], command, base_options, origin)
