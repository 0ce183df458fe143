"""The read-only way to the published marts: a small pool of connections, one statement per call.

SQLAlchemy's pool over the driver itself, not an SQLAlchemy engine. Measured on a one-row lookup (p50, one thread): engine with
``pool_pre_ping`` 630 µs, this 240 µs. The driver's ``cursor()`` pings the server by itself and the engine's ping comes on top;
and the engine does not recognise this driver's time-out errors as a lost connection, so it hands the broken one out again.
Here a connection is pinged only after it lay idle. One found dead is thrown away with its pool, and the statement, being a read,
is sent once more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract
from mysql.connector.cursor import MySQLCursorBufferedDict
from mysql.connector.errors import ConnectionTimeoutError, ReadTimeoutError, WriteTimeoutError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from campaign.db.connection import SQL_MODE
from campaign.settings import Settings

logger = logging.getLogger(__name__)

Row = dict[str, Any]
Rows = TypeVar("Rows")

CONNECT_SECONDS = 1
PING_SECONDS = 1
IDLE_SECONDS = 0.25  # a connection used more recently than that is not pinged
# A publication waits for statements under way, and all that come after wait for it. So the server ends a statement early enough
# that those behind it are still waited for: they come late, they do not fail.
SERVER_SECONDS = 5
STATEMENT_SECONDS = 10
USED = "last used"

ASKS_FOR_TLS = (1045, 3159)  # also what a wrong password gets
WITHIN_THIS_MACHINE = (None, "127.0.0.1", "::1", "localhost")

NO_SUCH_TABLE = 1146
STOPPED = (3024, 1969, 1317, 1205, 1213)  # over the limit (MySQL, MariaDB), killed, lock not to be had
REFUSED = (1044, 1045, 1142, 1143)  # no right to the database, the table, the column
SERVER_GOES_AWAY = (1053, 1077, 1079, 1927, 3169)  # shutdown in progress, killed
TIMEOUTS = (ConnectionTimeoutError, ReadTimeoutError, WriteTimeoutError)


class DatabaseUnavailable(Exception):
    """MySQL can't be reached, refuses, or does not answer in time."""


class DatabaseBusy(Exception):
    """As many statements as this process sends at once are under way: overload, and no fault of the database."""


class NothingPublished(Exception):
    """There is no published generation, or it lacks a table that this answer needs."""


class _ConnectionLost(Exception):
    """The connection was dead when used."""


class MartDatabase:
    """Connections of one worker process, opened when first needed (so after the fork)."""

    def __init__(self, settings: Settings, connections: int) -> None:
        self._settings = settings
        self._replacing = threading.Lock()
        self._pool = QueuePool(
            self._connect, pool_size=connections, max_overflow=0, timeout=CONNECT_SECONDS, reset_on_return=None
        )

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Return all rows of one statement with ``%(name)s`` parameters.

        Raises DatabaseUnavailable, DatabaseBusy or NothingPublished.
        """

        def read(connection: MySQLConnectionAbstract) -> list[Row]:
            cursor = MySQLCursorBufferedDict(connection, read_timeout=STATEMENT_SECONDS)
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
            cursor.close()
            return rows

        return self._read(read)

    def texts(self, sql: str) -> list[bytes]:
        """Return the one column of all rows of a whole statement, as bytes; raises as ``rows`` does.

        Without a cursor, which costs as much as all the rest of the driver (measured: 150 µs against 90 µs).
        """

        def read(connection: MySQLConnectionAbstract) -> list[bytes]:
            connection.cmd_query(sql, read_timeout=STATEMENT_SECONDS)
            rows, _ = connection.get_rows(raw=True, read_timeout=STATEMENT_SECONDS)
            return [bytes(text) for (text,) in rows]

        return self._read(read)

    def _read(self, read: Callable[[MySQLConnectionAbstract], Rows]) -> Rows:
        try:
            with self._connection() as connection:
                return read(connection)
        except _ConnectionLost as first:
            logger.info("a pooled connection was lost (%s); asking once more on a new one", first)
        try:
            with self._connection() as connection:
                return read(connection)
        except _ConnectionLost as error:
            raise DatabaseUnavailable(str(error)) from error

    @contextmanager
    def _connection(self) -> Iterator[MySQLConnectionAbstract]:
        pool = self._pool
        try:
            pooled = pool.connect()
        except PoolTimeout as error:
            raise DatabaseBusy("all connections to MySQL are busy") from error
        except (mysql.connector.Error, OSError) as error:
            raise DatabaseUnavailable(str(error)) from error
        connection = pooled.dbapi_connection
        healthy = False
        try:
            if time.monotonic() - pooled.info.get(USED, 0) > IDLE_SECONDS:
                connection.cmd_ping()  # a server that hangs is noticed before the longer wait for a statement
            yield connection
            healthy = True
        except TIMEOUTS as error:
            raise DatabaseUnavailable("MySQL did not answer in time") from error
        except mysql.connector.Error as error:
            if error.errno == NO_SUCH_TABLE:
                healthy = True
                raise NothingPublished(error.msg) from error
            if error.errno in (*STOPPED, *REFUSED):
                raise DatabaseUnavailable(str(error)) from error
            if 2000 <= error.errno < 3000 or error.errno in SERVER_GOES_AWAY or _without_number(error):
                self._replace(pool)
                raise _ConnectionLost(str(error)) from error
            raise
        except (OSError, IndexError) as error:  # what the driver lets through when a packet is cut short
            self._replace(pool)
            raise _ConnectionLost(repr(error)) from error
        finally:
            if not healthy:
                connection.shutdown()
                pooled.invalidate()
            else:
                pooled.info[USED] = time.monotonic()
            pooled.close()

    def _replace(self, pool: QueuePool) -> None:
        """Drop every idle connection with the dead one: a server that went away took them all."""
        with self._replacing:
            if self._pool is pool:
                self._pool = pool.recreate()
                pool.dispose()

    def _connect(self) -> MySQLConnectionAbstract:
        connection = self._opened()
        # A client that stops waiting does not stop the server, so the server has a limit. MySQL and MariaDB name it differently.
        limit = (
            f"set session max_statement_time = {SERVER_SECONDS}"
            if "MariaDB" in connection.server_info
            else f"set session max_execution_time = {SERVER_SECONDS * 1000}"
        )
        with connection.cursor() as cursor:
            cursor.execute(limit)
        return connection

    def _opened(self) -> MySQLConnectionAbstract:
        """Connect by TLS where the server has it, but not within this machine, where it costs 110 µs a statement for nothing."""
        if self._settings.mysql_host not in WITHIN_THIS_MACHINE:
            return self._open()
        try:
            return self._open(ssl_disabled=True)
        except mysql.connector.Error as error:
            if error.errno not in ASKS_FOR_TLS:
                raise
        # MySQL (caching_sha2_password) takes a user's first connection after its start over TLS only, and others then without.
        over_tls = self._open()
        try:
            connection = self._open(ssl_disabled=True)
        except mysql.connector.Error:
            return over_tls
        over_tls.close()
        return connection

    def _open(self, **more: Any) -> MySQLConnectionAbstract:
        settings = self._settings
        return mysql.connector.connect(
            host=settings.mysql_host or "127.0.0.1",
            port=settings.mysql_port,
            user=settings.mysql_api_user,
            password=settings.mysql_api_password.get_secret_value(),
            database=settings.mart_database,
            charset="utf8mb4",
            collation="utf8mb4_bin",  # the driver's own default does not exist on MariaDB
            autocommit=True,
            sql_mode=SQL_MODE,
            use_pure=True,  # its C extension loads only beside a newer OpenSSL than many systems have, and has other time-outs
            connection_timeout=CONNECT_SECONDS,
            read_timeout=PING_SECONDS,  # statements have their own
            write_timeout=PING_SECONDS,
            **more,
        )


def _without_number(error: mysql.connector.Error) -> bool:
    """Say whether this is the driver's own "connection not available", which carries no error number.

    A cursor that meets it while it quotes parameters wraps it in a ProgrammingError.
    """
    lost = mysql.connector.OperationalError | mysql.connector.InterfaceError
    return error.errno == -1 and (isinstance(error, lost) or isinstance(error.__cause__, lost))
