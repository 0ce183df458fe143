"""``ingest_file``: one row per file content, from the moment its load begins."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.contract.outcome import FileOutcome
from campaign.settings import Settings

LONGEST_MESSAGE = 10_000  # characters of a message that is added to; its column holds 65,535 bytes


@dataclass(frozen=True)
class LoadedFile:
    """A content that was loaded: how, and what its rejected rows are now (after campaigns changed, perhaps fewer)."""

    sha256: str
    load_no: int
    file_name: str
    finished_at: datetime
    rows_read: int
    header: str
    wanted: frozenset[int] | None
    windows: str
    reasons: Counter[str]


def windows_version(campaigns: Sequence[Campaign], wanted: frozenset[int] | None) -> str:
    """Return a hash that changes when the window of a wanted campaign does."""
    windows = sorted(
        (each.campaign_id, str(each.starts_on), str(each.ends_on))
        for each in campaigns
        if wanted is None or each.campaign_id in wanted
    )
    return hashlib.sha256(json.dumps(windows).encode()).hexdigest()


class IngestLog:
    """The log in the raw database. Nothing here commits; outside of a transaction each call is one."""

    def __init__(self, connection: MySQLConnectionAbstract, settings: Settings, prefix: str = "") -> None:
        """``prefix`` names a side table of the log."""
        self.connection = connection
        self.raw = settings.raw_database
        self.table = f"{self.raw}.{prefix}ingest_file"

    def begin(self, sha256: str, file_name: str, size: int, run_id: str) -> int:
        """Note that a load begins; return its number. The row of a load that was cut short or failed is taken over."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"select load_no from {self.table} where sha256 = %s", (sha256,))
            taken_over = cursor.fetchone()
            # Not "on duplicate key update": that uses up a load number, and a killed run must leave no trace.
            cursor.execute(
                f"update {self.table} set file_name = %s, bytes = %s, run_id = %s, status = 'loading',"
                " started_at = utc_timestamp(3), finished_at = null where sha256 = %s"
                if taken_over
                else f"insert into {self.table} (file_name, bytes, run_id, sha256, status, started_at)"
                " values (%s, %s, %s, %s, 'loading', utc_timestamp(3))",
                (file_name, size, run_id, sha256),
            )
            return taken_over[0] if taken_over else cursor.lastrowid

    def refused_by(self, sha256: str) -> str | None:
        """Return the first run that refused this content, if its last load failed."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"select run_id from {self.table} where sha256 = %s and status = 'failed'", (sha256,))
            return next((run_id for (run_id,) in cursor.fetchall()), None)

    def keep_refused_by(self, sha256: str, run_id: str) -> None:
        """Note the first run that refused this content in place of the one that met it again."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"update {self.table} set run_id = %s where sha256 = %s", (run_id, sha256))

    def withdraw(self, sha256: str) -> None:
        """Take back what ``begin`` noted."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"delete from {self.table} where sha256 = %s and status = 'loading'", (sha256,))

    def end(
        self, outcome: FileOutcome, header: bytes, campaigns: Sequence[Campaign], wanted: frozenset[int] | None
    ) -> None:
        """Note how the load ended, and by which windows it was validated."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"update {self.table} set status = %s, finished_at = utc_timestamp(3), rows_read = %s,"
                " rows_accepted = %s, rows_rejected = %s, rows_known = %s, reasons = %s, message = %s, header = %s,"
                " wanted = %s, windows = %s where sha256 = %s",
                (
                    outcome.status, outcome.rows_read, outcome.rows_accepted, outcome.rows_rejected, outcome.rows_known,
                    json.dumps(outcome.reasons), outcome.message, header.decode("utf-8", "backslashreplace").rstrip("\r\n"),
                    _as_text(wanted), windows_version(campaigns, wanted), outcome.sha256,
                ),
            )  # fmt: skip

    def note_revalidated(self, sha256: str, wanted: frozenset[int] | None, windows: str, message: str | None) -> None:
        """Note by which windows the refused rows were validated last; the counts stay those of the first load."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"update {self.table} set wanted = %s, windows = %s,"
                f" message = right(concat_ws('\\n', nullif(message, ''), %s), {LONGEST_MESSAGE}) where sha256 = %s",
                (_as_text(wanted), windows, message, sha256),
            )

    def find_loaded(self, sha256: str) -> LoadedFile | None:
        """Return the content if it was loaded to the end."""
        return next(iter(self._loaded(" and sha256 = %s", (sha256,))), None)

    def names_of_loads(self, load_numbers: Sequence[int], run_id: str) -> set[str]:
        """Return the file names of those loads that a run brought."""
        if not load_numbers:
            return set()
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"select file_name from {self.table} where run_id = %s and load_no in ({','.join(map(str, load_numbers))})",
                (run_id,),
            )
            return {name for (name,) in cursor.fetchall()}

    def list_with_rows_outside(self) -> list[LoadedFile]:
        """Return the loaded contents of which rows are rejected as outside_campaign, in the order of their loads."""
        return self._loaded(
            f" and sha256 in (select sha256 from {self.raw}.rejected_row where reason = 'outside_campaign')", ()
        )

    def _loaded(self, condition: str, values: tuple) -> list[LoadedFile]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "select sha256, load_no, file_name, finished_at, rows_read, header, wanted, windows"
                f" from {self.table} where status = 'loaded'{condition} order by load_no",
                values,
            )
            rows = cursor.fetchall()
            files = []
            for *columns, wanted, windows in rows:
                cursor.execute(
                    f"select reason, count(*) from {self.raw}.rejected_row where sha256 = %s group by reason",
                    (columns[0],),
                )
                wanted_ids = None if wanted is None else frozenset(map(int, wanted.split(",")))
                files.append(LoadedFile(*columns, wanted_ids, windows, Counter(dict(cursor.fetchall()))))
        return files


def _as_text(wanted: frozenset[int] | None) -> str | None:
    return None if wanted is None else ",".join(map(str, sorted(wanted)))
