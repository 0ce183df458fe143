"""The backfill that the runbook of campaign_pipeline prints."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from campaign.orchestration.run_params import sources
from campaign.settings import get_settings


def test_the_printed_backfill_has_a_run_for_each_of_its_days(parsed):
    first, last = map(date.fromisoformat, re.findall(r"\d{4}-\d\d-\d\d", parsed["backfill"]["command"]))
    files = [
        sources("exports/{day}.csv", [], get_settings().inbox, datetime.fromisoformat(tick), get_settings().zone)
        for tick in parsed["backfill"]["ticks"]
    ]
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    assert len(days) > 1
    assert files == [[f"exports/{day}.csv"] for day in days]
