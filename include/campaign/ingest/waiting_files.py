"""Files that were refused as a whole and wait to be corrected or taken away."""

from __future__ import annotations

from typing import NamedTuple

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.settings import Settings


class WaitingFile(NamedTuple):
    """A refused content: the first run that refused it, why in one line, and whether it lies where runs look."""

    file_name: str
    sha256: str
    refused_by: str
    why: str
    lies_there: bool


def list_waiting(connection: MySQLConnectionAbstract, settings: Settings) -> list[WaitingFile]:
    """Return the refused files by name. A newer content under the same name takes the place of the one before it."""
    log = f"{settings.raw_database}.ingest_file"
    with connection.cursor() as cursor:
        cursor.execute(
            f"select f.file_name, f.sha256, f.run_id, coalesce(f.message, '') from {log} as f"
            f" join (select file_name, max(load_no) as load_no from {log} where status in ('loaded', 'failed')"
            "  group by file_name) as newest on newest.load_no = f.load_no"
            " where f.status = 'failed' order by f.file_name"
        )
        return [
            WaitingFile(name, sha256, run_id, message.partition("\n")[0], _lies_there(name, settings))
            for name, sha256, run_id, message in cursor.fetchall()
        ]


def _lies_there(name: str, settings: Settings) -> bool:
    """Look in the folders themselves: the log has no paths, and a search below them could take long."""
    return any((root / name).is_file() for root in settings.read_roots)
