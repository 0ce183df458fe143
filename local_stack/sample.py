"""What a start of the demo still has to run, and which campaign it shows: the sample's only until a person has data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from campaign.db.connection import connect
from campaign.ingest.source_files import SourceError, find_source_files
from campaign.publishing import publish
from campaign.publishing.publication_log import read_stamp
from campaign.settings import PROJECT_ROOT, Settings

SAMPLE = PROJECT_ROOT / "include" / "data_sample" / "transaction_data.csv"
SAMPLE_CAMPAIGN = 2


def next_conf(settings: Settings) -> dict[str, Any] | None:
    """Return the conf of the run that is due; None where what is served is all there is.

    The sample is for a stack that nobody has loaded anything into. Later the inbox is due, when files wait there or what is
    loaded is not what is served: a run on the inbox, be it empty, also builds what a run before it left unbuilt.
    """
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("select sha256, status from ingest_file where status in ('loaded', 'failed')")
        known = dict(cursor.fetchall())
        if "loaded" not in known.values():
            return {"source": str(SAMPLE)}
        if _waits_in_the_inbox(settings, known) or not publish.is_current(connection, settings):
            return {}
    return None


def _waits_in_the_inbox(settings: Settings, known: dict[str, str]) -> bool:
    try:
        files = find_source_files(settings.inbox, settings)
    except (OSError, SourceError):
        return False  # the run that reads it says why
    for file in files:
        with file.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() not in known:
                return True
    return False


def is_served(settings: Settings) -> bool:
    """Tell whether anything is published, however old."""
    with connect(settings) as connection:
        return read_stamp(connection, settings, settings.mart_database) is not None


def campaign_shown(settings: Settings) -> int:
    """Return the campaign with orders of the file that was loaded last, of those that are served and not the sample."""
    digest = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    with connect(settings) as connection, connection.cursor() as cursor:
        stamp = read_stamp(connection, settings, settings.mart_database) or {}
        own = [file["load_no"] for file in _files(stamp.get("source_files")) if file["sha256"] != digest]
        for load_no in sorted(own, reverse=True):
            cursor.execute(
                f"select c.campaign_id from {settings.mart_database}.campaign as c"
                f" join {settings.mart_database}.campaign_summary as s on s.campaign_id = c.campaign_id"
                f" where exists (select 1 from {settings.raw_database}.transaction_data as t"
                " where t.load_no = %s and t.txn_date between c.starts_on and c.ends_on)"
                " order by c.starts_on desc, c.campaign_id desc limit 1",
                (load_no,),
            )
            if found := cursor.fetchall():
                return int(found[0][0])
    return SAMPLE_CAMPAIGN


def _files(source_files: str | None) -> Sequence[dict[str, Any]]:
    return json.loads(source_files or "[]")


def served_subjects(settings: Settings, campaign_id: int) -> tuple[int | None, int | None]:
    """Return a suspected customer and a suspected shop of a campaign, for the examples shown to a person.

    Falls back to the first ranked ones where nobody is suspected; None where nobody is ranked either.
    """
    mart = settings.mart_database
    with connect(settings, mart) as connection, connection.cursor() as cursor:
        found: list[int | None] = []
        for suspects, ranked, subject in (
            ("customer_risk", "customer_pending_rank", "customer_id"),
            ("shop_risk", "shop_selling_rank", "shop_id"),
        ):
            for query in (
                f"select {subject} from {suspects} where campaign_id = %s order by score desc, {subject} limit 1",
                f"select {subject} from {ranked} where campaign_id = %s order by {subject} limit 1",
            ):
                cursor.execute(query, (campaign_id,))
                row = cursor.fetchone()
                if row:
                    found.append(int(row[0]))
                    break
            else:
                found.append(None)
        return found[0], found[1]
