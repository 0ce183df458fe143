r"""``make sql Q="select …"``: one statement as the loader, rows to standard output as tab-separated text.

The conventions are those of ``mysql --batch --skip-column-names``: NULL is ``NULL``; tab, newline, NUL and backslash inside a
value are written ``\t``, ``\n``, ``\0`` and ``\\``. With ``NAMES=1`` a line with the
columns' names comes first. Everything else that is said goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys

import mysql.connector

from campaign.db.connection import connect
from local_stack.console import Problem, ended_by
from local_stack.mysql.database import database_in_use
from local_stack.services import Services
from local_stack.settings import read_settings

ROWS_AT_ONCE = 1000


def main() -> int:
    """Run the statement of CAMPAIGN_SQL; the Makefile passes Q in it, so that no shell reads it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", action="store_true", help="print the columns' names first")
    arguments = parser.parse_args()
    statement = os.environ.get("CAMPAIGN_SQL", "").strip()
    if not statement:
        raise Problem('Q is missing. Example: make sql Q="select count(*) from campaign_raw.transaction_data"')
    settings = read_settings()
    with (
        database_in_use(settings, keep_up=lambda: bool(Services(settings.state_folder).alive())) as ready,
        # The served marts are what an unqualified name means.
        connect(ready, ready.mart_database) as connection,
        connection.cursor(raw=True) as cursor,
    ):
        try:
            cursor.execute(statement)
            if arguments.names and cursor.description:
                sys.stdout.buffer.write(b"\t".join(_text(name.encode()) for name in cursor.column_names) + b"\n")
            while rows := cursor.fetchmany(ROWS_AT_ONCE) if cursor.description else []:
                sys.stdout.buffer.writelines(b"\t".join(map(_text, row)) + b"\n" for row in rows)
            sys.stdout.buffer.flush()
        except mysql.connector.Error as error:
            raise Problem(f"MySQL says: {error}") from None
        except BrokenPipeError:
            # The reader has seen enough (head); Python must not complain again while it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _text(value: bytes | bytearray | None) -> bytes:
    if value is None:
        return b"NULL"
    text = bytes(value).replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
    return text.replace(b"\0", b"\\0")


if __name__ == "__main__":
    sys.exit(ended_by(main))
