"""Whether the marts that are served already come from the sample."""

from __future__ import annotations

import hashlib

from campaign import publish
from campaign.database import connect
from campaign.settings import PROJECT_ROOT, Settings

SAMPLE = PROJECT_ROOT / "include" / "data_sample" / "transaction_data.csv"
SAMPLE_CAMPAIGN = 2


def sample_is_served(settings: Settings) -> bool:
    """Tell whether this very file was loaded and nothing has changed since the last publication."""
    digest = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("select 1 from ingest_file where sha256 = %s and status = 'loaded'", (digest,))
        if not cursor.fetchall():
            return False
        return publish.is_current(connection, settings)


def served_subjects(settings: Settings) -> tuple[int, int]:
    """Return a suspected customer and a suspected shop of the sample, for the examples shown to a person.

    Falls back to the first ranked ones where nobody is suspected.
    """
    mart = settings.mart_database
    with connect(settings, mart) as connection, connection.cursor() as cursor:
        found = []
        for suspects, ranked, subject in (
            ("customer_risk", "customer_pending_rank", "customer_id"),
            ("shop_risk", "shop_selling_rank", "shop_id"),
        ):
            for query in (
                f"select {subject} from {suspects} where campaign_id = %s order by score desc, {subject} limit 1",
                f"select {subject} from {ranked} where campaign_id = %s order by {subject} limit 1",
            ):
                cursor.execute(query, (SAMPLE_CAMPAIGN,))
                row = cursor.fetchone()
                if row:
                    found.append(int(row[0]))
                    break
        return found[0], found[1]
