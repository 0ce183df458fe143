"""A lock of the MySQL server: one process at a time, whatever machine it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mysql.connector.abstracts import MySQLConnectionAbstract


@contextmanager
def named_lock(connection: MySQLConnectionAbstract, name: str, seconds: int, busy: Exception) -> Iterator[None]:
    """Hold the lock for a ``with`` block. It falls free with the connection, so a killed process keeps nobody out.

    Raises ``busy`` when another connection has not let it go after ``seconds``.
    """
    with connection.cursor() as cursor:
        cursor.execute("select get_lock(%s, %s)", (name, seconds))
        if cursor.fetchone()[0] != 1:
            raise busy
    try:
        yield
    finally:
        if connection.is_connected():
            with connection.cursor() as cursor:
                cursor.execute("select release_lock(%s)", (name,))
                cursor.fetchall()
