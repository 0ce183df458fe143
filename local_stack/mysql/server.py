"""A MySQL server private to the project: its own data folder, port and socket, reachable from this machine only.

Nothing of the system's is read or touched: no option file, no service, no system user. The administrator's password is
set while the data folder is made, so there is no moment at which the server runs without one.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import mysql.connector
import psutil
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import SQL_MODE
from local_stack.console import Problem, last_lines, say
from local_stack.mysql.access import quoted
from local_stack.mysql.binary import ServerBinary
from local_stack.private_socket import make_folder_of, private_socket

START_SECONDS = 120
STOP_SECONDS = 60
EMPTY_ONE = "To start with an empty server instead, set CAMPAIGN_STATE to another folder."

# Who holds which table, for the message of a publication that waits, and nothing else: by itself it takes 240 MB and a share of
# every row, and so 2 MB.
UNWANTED = """
    accounts-size digests-size error-size events-stages-history-long-size events-stages-history-size
    events-statements-history-long-size events-statements-history-size events-transactions-history-long-size
    events-transactions-history-size events-waits-history-long-size events-waits-history-size hosts-size max-cond-classes
    max-digest-length max-file-classes max-index-stat max-memory-classes max-mutex-classes max-prepared-statements-instances
    max-program-instances max-rwlock-classes max-socket-classes max-sql-text-length max-stage-classes max-statement-classes
    max-statement-stack max-table-handles max-table-instances max-table-lock-stat session-connect-attrs-size
    setup-objects-size users-size
"""
PERFORMANCE_SCHEMA = (
    "--performance-schema=ON",
    "--performance-schema-instrument=%=OFF",
    "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON",
    "--performance-schema-instrument=transaction=ON",
    *(f"--loose-performance-schema-{name}=0" for name in UNWANTED.split()),
)

# Options a server does not know (MariaDB or MySQL, old or new) are skipped because of their prefix.
OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",  # nothing replicates from here; the log would double every write
    "--local-infile=ON",  # the bulk load
    "--character-set-server=utf8mb4",
    "--max-allowed-packet=64M",
    "--group-concat-max-len=1048576",  # evidence lists; the default cuts them at 1,024 bytes without an error
    "--tmp-table-size=256M",  # grouping a campaign's orders spills to disk with the default 16M
    "--max-heap-table-size=256M",
    "--loose-temptable-max-ram=1G",  # of all sessions together; what is beyond it is written to tmpdir
    # Never reached: where no room is left, MySQL does not find the temporary table that it has just made (bug 112704).
    "--loose-temptable-max-mmap=64G",
    "--sort-buffer-size=16M",
    "--loose-innodb-redo-log-capacity=1G",  # a build writes gigabytes; with less it waits for pages to be flushed
    *PERFORMANCE_SCHEMA,
    "--loose-mysqlx=OFF",
)


class PrivateServer:
    """One server on one data folder. Everything it writes lies below ``folder``."""

    def __init__(self, binary: ServerBinary, folder: Path, port: int, buffer_pool: str = "512M") -> None:
        """Describe the server; nothing is started and no file is written."""
        self.binary = binary
        self.folder = folder.resolve()
        self.port = port
        self.buffer_pool = buffer_pool
        self.options = OPTIONS
        self.data = self.folder / "data"
        self.unfinished = self.folder / "data.new"
        self.temporary = self.folder / "tmp"
        self.log = self.folder / "server.log"
        self.pid_file = self.folder / "server.pid"
        self.socket = private_socket(self.folder, "server.sock")
        self._child: subprocess.Popen[bytes] | None = None

    def initialise(self, root_password: str) -> None:
        """Make the data folder with ``root@localhost`` as the only user, unless it exists.

        Raises Problem when the existing one was made by another kind of server.
        """
        made_by = way_of_data(self.folder)
        if made_by and made_by != self.binary.way:
            raise Problem(
                f"{self.data} was made by another server ({made_by}) than the one chosen now ({self.binary.way}). "
                f"Set CAMPAIGN_MYSQL_SERVER={made_by}. {EMPTY_ONE}"
            )
        if made_by and self.data.exists():
            return
        if self.data.exists():
            # Half made by an older version, or a marker that was lost: only a person can tell.
            aside = self.folder / f"data.{time.strftime('%Y%m%dT%H%M%S')}"
            self.data.rename(aside)
            say(f"MySQL server: {self.data} does not say which server made it, and is kept as {aside}")
        # Made elsewhere and renamed: a data folder that is there is whole.
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.unfinished.mkdir(parents=True, mode=0o700)
        set_password = f"alter user 'root'@'localhost' identified by {quoted(root_password)};\n"
        if self.binary.kind == "mysql":
            self._initialise_mysql(set_password)
        else:
            self._initialise_mariadb(set_password)
        (self.folder / "made_by").write_text(self.binary.way)
        self.unfinished.rename(self.data)

    def start(self) -> None:
        """Start the server and return when it answers; a running one is left alone. Raises Problem."""
        deadline = time.monotonic() + START_SECONDS
        # One that a killed command has started, or was stopping, is waited for.
        while self.pid():
            if self._answers():
                return
            self._not_for_ever(deadline)
        refuse_taken_port(self.port, "MYSQL_PORT", "the private MySQL server")
        if not make_folder_of(self.socket):
            raise Problem(f"{self.socket.parent} belongs to another user. Set CAMPAIGN_STATE to a shorter path.")
        self._remove_files_of_the_dead()
        self.temporary.mkdir(exist_ok=True, mode=0o700)
        self._child = subprocess.Popen(
            self._command(
                self.data,
                *self.options,
                f"--port={self.port}",
                f"--socket={self.socket}",
                self._mark,
                f"--tmpdir={self.temporary}",  # the system's is memory on many machines
                f"--innodb-buffer-pool-size={self.buffer_pool}",
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("a"),
            cwd=self.folder,
            start_new_session=True,  # Ctrl-C in the terminal must not stop it before those who use it
        )
        while not (self.pid_file.exists() and self._answers()):
            if self._child.poll() is not None:
                raise Problem(f"the MySQL server ended while starting.{last_lines(self.log)}\n{self._advice()}")
            self._not_for_ever(deadline)

    def stop(self) -> None:
        """Let the server write everything out and end; do nothing when it is down."""
        pid = self.pid()
        if not pid:
            return
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            # Its command line goes first, then its memory, then the locks on its files.
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                if time.monotonic() > deadline:
                    raise Problem(
                        f"the MySQL server (process {pid}) did not end in {STOP_SECONDS} s.{last_lines(self.log)}"
                    )
                time.sleep(0.1)
        self.pid()  # reaps a child

    def pid(self) -> int | None:
        """Return the running server's process id, by its command line: files outlive a process, or are lost before it."""
        if self._child and self._child.poll() is None:  # which reaps one that has ended, or its number would stay taken
            return self._child.pid
        processes = psutil.process_iter(["cmdline"])
        return next((process.pid for process in processes if self._mark in (process.info["cmdline"] or ())), None)

    def connect_as_root(self, root_password: str) -> MySQLConnectionAbstract:
        """Connect over the socket, in autocommit."""
        return mysql.connector.connect(
            unix_socket=str(self.socket),
            user="root",
            password=root_password,
            autocommit=True,
            sql_mode=SQL_MODE,
            connection_timeout=10,
        )

    @property
    def _mark(self) -> str:
        return f"--pid-file={self.pid_file}"

    def _not_for_ever(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise Problem(
                f"the MySQL server has not answered for {START_SECONDS} s and is left to go on: after an unclean end it first "
                f"repairs its data. Run the command again to wait for it, or make stop.{last_lines(self.log)}"
            )
        time.sleep(0.1)

    def _remove_files_of_the_dead(self) -> None:
        """Remove what a server leaves that was killed. MySQL would take any process that has its number now for it."""
        if self._answers():
            raise Problem(
                f"a server that cannot be seen from here, perhaps in a container, answers on {self.socket}: stop it there."
            )
        for file in (self.pid_file, self.socket, self.socket.with_name(f"{self.socket.name}.lock")):
            file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as attempt:
            return attempt.connect_ex(str(self.socket)) == 0

    def _command(self, data: Path, *options: str) -> list[str]:
        # Run as root, the server refuses to go on unless it is told so by name.
        user = ("--user=root",) if os.getuid() == 0 else ()
        return [
            *self.binary.command,
            "--no-defaults",
            *self.binary.base_options,
            f"--datadir={data}",
            f"--secure-file-priv={self.folder}",  # the built-in folder for SELECT … INTO OUTFILE is the system's
            *user,
            *options,
        ]

    def _initialise_mysql(self, set_password: str) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".sql") as script:
            script.write(set_password)
            script.flush()
            self._make_data_folder("", "--initialize-insecure", f"--init-file={script.name}")

    def _initialise_mariadb(self, set_password: str) -> None:
        """Feed the server its own system tables, as its shell script would (which finds nothing in a private folder)."""
        scripts = self._mariadb_scripts()
        names = ("mysql_system_tables", "mysql_performance_tables", "mysql_system_tables_data")
        parts = ["create database mysql;\nuse mysql;\nset @auth_root_socket = null;\n"]
        parts += [(scripts / f"{name}.sql").read_text() for name in names]
        parts += [
            "\ndelete from global_priv where not (user = 'root' and host = 'localhost') and user <> 'mariadb.sys';\n"
        ]
        parts += ["flush privileges;\n", set_password]
        self._make_data_folder("".join(parts), "--bootstrap")

    def _mariadb_scripts(self) -> Path:
        base = next((option.split("=", 1)[1] for option in self.binary.base_options if "basedir" in option), None)
        roots = [Path(base)] if base else [Path(self.binary.command[-1]).resolve().parents[1], Path("/usr")]
        for root in roots:
            for name in ("mysql", "mariadb"):
                if (root / "share" / name / "mysql_system_tables.sql").exists():
                    return root / "share" / name
        raise Problem(f"{self.binary} has no mysql_system_tables.sql beside it. Set CAMPAIGN_MYSQL_SERVER=mysql.")

    def _make_data_folder(self, statements: str, *options: str) -> None:
        with self.log.open("a") as log:
            command = self._command(self.unfinished, "--innodb-buffer-pool-size=128M", *options)
            ended = subprocess.run(command, input=statements, stdout=log, stderr=log, text=True, cwd=self.folder)
        if ended.returncode:
            raise Problem(f"{self.binary} could not make its data folder.{last_lines(self.log)}\n{self._advice()}")

    def _advice(self) -> str:
        if self.binary.origin.startswith("installed"):
            return (
                "What to do: a security profile (AppArmor on Ubuntu) may keep an installed mysqld to its own folders; "
                "CAMPAIGN_MYSQL_SERVER=mysql uses an unpacked copy instead."
            )
        return f"What to do: read the log above. The orders in {self.data} are kept. {EMPTY_ONE}"


def way_of_data(folder: Path) -> str:
    """Return the way (``ServerBinary.way``) whose server made the data below a folder, or the empty string."""
    marker = folder / "made_by"
    return marker.read_text() if marker.exists() else ""


def refuse_taken_port(port: int, setting: str, who: str, host: str = "127.0.0.1") -> None:
    """Raise a Problem naming the setting when another program listens on the port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                advice = f"Set {setting.replace('PORT', 'BIND')} to an address of this machine"
            else:
                advice = (
                    f"Set {setting} to a free port, in the environment or in .env, for example {setting}={port + 1}"
                )
            reason = _holder_of(port) if error.errno == errno.EADDRINUSE else error.strerror
            raise Problem(f"{who} cannot have port {port} on {host}: {reason}. {advice}.") from None


def _holder_of(port: int) -> str:
    """Say which process has a port, as far as this user may see it."""
    try:
        sockets = [one for one in psutil.net_connections("tcp") if one.laddr and one.laddr.port == port]
    except psutil.Error:  # some systems show them to root only
        sockets = []
    for one in sorted(sockets, key=lambda one: one.status != psutil.CONN_LISTEN):
        with suppress(psutil.Error):
            if one.pid:
                process = f"{psutil.Process(one.pid).name()} (process {one.pid})"
                listens = one.status == psutil.CONN_LISTEN
                return f"{process} listens there" if listens else f"an outgoing connection of {process} has it"
    return f"another user's process has it (sudo ss -tanp 'sport = :{port}' names it)"


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
