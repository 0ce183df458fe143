"""A load that fails by no fault of its file, in a sentence: a full disk, with whose it is, or a server that went away."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import mysql.connector
from mysql.connector import errorcode

from campaign.db.connection import connect
from campaign.errors import TransientError
from campaign.settings import Settings

NO_ROOM = ("no space left on device", "disk quota exceeded", "errcode: 28", "error 28")
ER_DISK_FULL = 1021  # the driver does not name it
SERVER_FULL = {ER_DISK_FULL, errorcode.ER_RECORD_FILE_FULL}
# The driver's own numbers (none at all, or from 2,000 on), and what a server says that ends or is stopped.
DRIVERS_OWN = (-1, *range(2_000, 2_100))
SERVER_ENDS = {errorcode.ER_SERVER_SHUTDOWN, 1077, 1927, 3169, 4031}


class LoadFailedError(TransientError):
    """The message says what is full or gone, and what to do. The file is stored as a whole or not at all."""


@contextmanager
def in_a_sentence(settings: Settings, file_name: str) -> Iterator[None]:
    """Raise LoadFailedError in place of what the driver, the system or a library raises; other errors pass."""
    try:
        yield
    except mysql.connector.Error as error:
        server = f"the MySQL server at {settings.mysql_host or '127.0.0.1'}:{settings.mysql_port}"
        if error.errno in SERVER_FULL or _says_no_room(error):
            raise LoadFailedError(
                f"{file_name} was not loaded: the disk of {server} is full ({error}).{_folders(settings)} "
                "Make room there, or move the folder to a larger disk, and run again."
            ) from error
        if error.errno in SERVER_ENDS or (error.errno in DRIVERS_OWN and not _is_programming(error)):
            raise LoadFailedError(
                f"{server} went away while {file_name} was loaded ({error}). The file is stored as a whole or not at all. "
                "See that the server is up (its log says why it ended), and run again: what is stored is then known."
            ) from error
        raise
    except Exception as error:
        if getattr(error, "errno", None) not in (errno.ENOSPC, errno.EDQUOT) and not _says_no_room(error):
            raise
        raise LoadFailedError(
            f"{file_name} was not loaded: the disk of this machine that holds {settings.state_folder} is full ({error}). "
            "A load stages its rows there. Make room, or name a folder on a larger disk in CAMPAIGN_STATE, and run again."
        ) from error


def _says_no_room(error: Exception) -> bool:
    return any(words in str(error).lower() for words in NO_ROOM)


def _is_programming(error: mysql.connector.Error) -> bool:
    """Say whether the driver found fault with the call: the server is there."""
    return isinstance(error, mysql.connector.ProgrammingError) and not isinstance(
        error.__cause__, mysql.connector.OperationalError | mysql.connector.InterfaceError
    )


def _folders(settings: Settings) -> str:
    with suppress(mysql.connector.Error), closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute("select @@datadir, @@tmpdir")
        return " Its tables are in {}, its temporary files in {}.".format(*cursor.fetchone())
    return ""
