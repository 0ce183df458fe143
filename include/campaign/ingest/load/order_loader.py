"""Puts text files into the raw tables: by LOAD DATA LOCAL INFILE, or by batched inserts where that is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db import load_data
from campaign.db.connection import connect
from campaign.errors import TransientError
from campaign.ingest.load import changed_days, order_tsv
from campaign.ingest.validate.cross_row import Standing
from campaign.progress import Progress
from campaign.settings import Settings

STREAMS = 2
BATCH_BYTES = 1024 * 1024
REJECTED_COLUMNS = ("line_number", "reason", "column_name", "sentence", "raw_length", "raw_line")


class LoadError(TransientError):
    """The server stored other rows than it was given. The transaction must not be committed."""


class BulkLoader:
    """Loads for one connection. ``refusal`` says why LOAD DATA LOCAL cannot be used, or is empty."""

    def __init__(self, connection: MySQLConnectionAbstract, settings: Settings) -> None:
        """Ask the server what it allows. Must be outside of a transaction: a refusal may cost the connection."""
        self.connection, self.settings = connection, settings
        self.raw = settings.raw_database
        self.refusal = load_data.why_refused(
            connection, settings.state_folder, f"{self.raw}.transaction_data", order_tsv.COLUMNS[0]
        )
        with connection.cursor() as cursor:
            cursor.execute("select @@max_allowed_packet")
            # Escaped, and with the sentence beside it, the line must fit into a packet, also of whoever reads it.
            self.longest_raw_line = cursor.fetchone()[0] // 4

    def load_orders(self, standing: Standing, load_no: int, replaced: int, name: str, prefix: str = "") -> None:
        """Load the rows that stand, of which ``replaced`` take the place of stored ones. Raises LoadError.

        With ``prefix`` they go into the side table of that name, by STREAMS connections of their own. Counts
        ``source_version`` up, so that everybody sees that the orders have changed.
        """
        if not standing.rows:
            return
        progress = Progress(name, "loaded", standing.rows)

        def load(connection: MySQLConnectionAbstract, first: int, rows: int) -> None:
            def write(target: BinaryIO) -> None:
                order_tsv.write_orders(standing.files, first, rows, load_no, target, progress.add)

            with load_data.streamed(write, standing.files[0].parent) as pipe:
                self._load(connection, pipe, f"{prefix}transaction_data", order_tsv.COLUMNS, "", rows, replaced)

        if prefix:
            self._load_by_streams(load, standing.rows)
        else:
            load(self.connection, 0, standing.rows)
        self._count_version_up(prefix)
        with self.connection.cursor() as cursor:
            changed_days.note_days_of_orders(cursor, self.raw, prefix, standing.files, replacing=replaced > 0)

    def remove_orders(self, batches: Iterable[list[int]]) -> None:
        """Remove stored orders by lists of ids, and count ``source_version`` up. Raises LoadError if one is not there."""
        with self.connection.cursor() as cursor:
            for ids in batches:
                cursor.execute(f"delete from {self.raw}.transaction_data where order_id in ({','.join(map(str, ids))})")
                if cursor.rowcount != len(ids):
                    raise LoadError(
                        f"transaction_data: of {len(ids)} orders to be removed only {cursor.rowcount} were there; "
                        "nothing was committed. Was the table changed by somebody else meanwhile?"
                    )
                changed_days.note_days_between(cursor, self.raw, "", min(ids), max(ids))
        self._count_version_up()

    def _count_version_up(self, prefix: str = "") -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"insert into {self.raw}.{prefix}source_version (one, version) values (1, 1)"
                " on duplicate key update version = version + 1"
            )

    def _load_by_streams(self, load: Callable[[MySQLConnectionAbstract, int, int], None], rows: int) -> None:
        def stream(number: int) -> None:
            first, stop = rows * number // STREAMS, rows * (number + 1) // STREAMS
            with closing(connect(self.settings)) as connection:
                load(connection, first, stop - first)

        with ThreadPoolExecutor(STREAMS) as streams:
            list(streams.map(stream, range(STREAMS)))

    def load_rejected(self, file: Path, sha256: str, rows: int | None, prefix: str = "") -> None:
        """Load refused rows of REJECTED_COLUMNS in place of those an earlier try stored. ``rows`` is checked if given."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"delete from {self.raw}.{prefix}rejected_row where sha256 = %s", (sha256,))
        if file.stat().st_size:
            self._load(self.connection, file, f"{prefix}rejected_row", REJECTED_COLUMNS, sha256, rows, 0)

    def _load(
        self, connection: MySQLConnectionAbstract, file: Path, table: str, columns: tuple[str, ...], sha256: str,
        rows: int | None, replaced: int,
    ) -> None:  # fmt: skip
        with connection.cursor() as cursor:
            if self.refusal:
                loaded, warnings = self._insert(cursor, file, table, columns, sha256, replaced > 0), 0
            else:
                statement = load_data.statement(file, f"{self.raw}.{table}", columns, replace=replaced > 0)
                cursor.execute(statement + (f" set sha256 = '{sha256}'" if sha256 else ""))
                loaded = cursor.rowcount
                cursor.execute("select @@warning_count")
                (warnings,) = cursor.fetchone()
        # A replaced row counts twice: as deleted and as inserted. LOCAL turns a duplicate key into a warning.
        if warnings or (rows is not None and loaded != rows + replaced):
            raise LoadError(
                f"{table}: {rows} rows ({replaced} replacing others) were sent, the server reports {loaded} with "
                f"{warnings} warnings; nothing was committed. Was the table changed by somebody else meanwhile?"
            )

    def _insert(self, cursor, file: Path, table: str, columns: tuple[str, ...], sha256: str, replace: bool) -> int:
        if sha256:
            columns = (*columns, "sha256")
        statement = (
            f"{'replace' if replace else 'insert'} into {self.raw}.{table} ({', '.join(columns)})"
            f" values ({', '.join(['%s'] * len(columns))})"
        )
        loaded = 0
        rows = (row + (sha256,) if sha256 else row for row in _read_rows(file))
        for batch in _batches(rows):
            cursor.executemany(statement, batch)
            loaded += cursor.rowcount
        return loaded


def _batches(rows: Iterator[tuple]) -> Iterator[list[tuple]]:
    batch: list[tuple] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row[5]) if len(row[5]) > load_data.BATCH_ROWS else 0
        if len(batch) >= load_data.BATCH_ROWS or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_rows(file: Path) -> Iterator[tuple[str | None, ...]]:
    with file.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield tuple(_unescaped(value) for value in line.rstrip("\n").split("\t"))


def _unescaped(value: str) -> str | None:
    if value == r"\N":
        return None
    return (
        re.sub(r"\\(.)", lambda match: {"t": "\t", "n": "\n"}.get(match[1], match[1]), value)
        if "\\" in value
        else value
    )
