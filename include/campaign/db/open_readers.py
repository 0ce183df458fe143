"""Which sessions keep tables from being renamed: they have read one in a transaction that is still open."""

from __future__ import annotations

from dataclasses import dataclass

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.abstracts import MySQLConnectionAbstract

# Above what an answer of the web service takes: who has held a table for longer is no passing reader.
PASSING_SECONDS = 10
MAY_WATCH = ("metadata_locks", "threads", "events_transactions_current")
ER_KILL_DENIED = errorcode.ER_KILL_DENIED_ERROR

OPEN_READERS = """
select min(concat(l.object_schema, '.', l.object_name)), t.processlist_id, t.processlist_user, t.processlist_host,
       max(coalesce(if(e.state = 'ACTIVE', e.timer_wait / 1e12, null), t.processlist_time, 0)) as seconds
from performance_schema.metadata_locks l
join performance_schema.threads t on t.thread_id = l.owner_thread_id
left join performance_schema.events_transactions_current e on e.thread_id = t.thread_id
where l.object_type = 'TABLE' and l.lock_status = 'GRANTED' and t.processlist_id <> connection_id()
  and concat(l.object_schema, '.', l.object_name) in ({tables})
group by t.processlist_id, t.processlist_user, t.processlist_host
having seconds >= %s
order by seconds desc
"""
FIND_THEM = (
    "select object_schema, object_name, processlist_id, processlist_user, processlist_host"
    " from performance_schema.metadata_locks join performance_schema.threads on thread_id = owner_thread_id"
    " where object_type = 'TABLE' and lock_status = 'GRANTED'"
)


class CannotWatchError(RuntimeError):
    """The server does not let this user see who holds a table. The message says why and what shows it."""


@dataclass(frozen=True)
class OpenReader:
    """A session with an open transaction that has read ``table``."""

    table: str
    connection_id: int
    user: str
    host: str
    seconds: float

    def __str__(self) -> str:
        """Say who it is, and how and as whom to end it."""
        return (
            f"{self.table} is held by connection {self.connection_id} (user {self.user}, host {self.host or 'unknown'}), whose"
            f" transaction has been open for {self.seconds:,.0f} s; KILL {self.connection_id} ends it (as {self.user} or an"
            " administrator)"
        )


def open_readers(connection: MySQLConnectionAbstract, tables: set[str], seconds: float) -> list[OpenReader]:
    """Return who has held one of these qualified tables for so long, the longest first. Raises CannotWatchError."""
    with connection.cursor() as cursor:
        cursor.execute("select @@performance_schema")
        if not cursor.fetchone()[0]:
            raise CannotWatchError(
                "the server cannot say who it is (performance_schema is OFF): look for old sessions in SHOW PROCESSLIST"
            )
        try:
            cursor.execute(OPEN_READERS.format(tables=", ".join(["%s"] * len(tables))), (*sorted(tables), seconds))
            return [OpenReader(*row[:-1], float(row[-1])) for row in cursor.fetchall()]
        except mysql.connector.Error as error:
            raise CannotWatchError(
                f"the loader may not see who it is ({error.msg}). An administrator sees it by: {FIND_THEM};"
                f" grant the loader SELECT on performance_schema.{', '.join(MAY_WATCH)} to have it in this message"
            ) from None


def end_reader(connection: MySQLConnectionAbstract, reader: OpenReader) -> str:
    """End a session; return an empty string, or why it cannot be ended and what to do."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"kill {reader.connection_id}")
    except mysql.connector.Error as error:
        if error.errno == errorcode.ER_NO_SUCH_THREAD:
            return ""
        return f"it could not be ended ({error.msg}): grant the loader CONNECTION_ADMIN, or end it by hand"
    return ""
