"""What a person may ask of a run: the campaigns offered by the trigger form, and a check of what was asked.

Airflow checks values against the form's types, but takes a name that the form does not have without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Param

from campaign.campaigns import Campaign, CampaignError, load_campaigns
from campaign.errors import UserError
from campaign.ingest.source_files import SUFFIXES
from campaign.publishing.gate import Decision

DAY = "{day}"
WILDCARDS = frozenset("*?[")


class RunConfError(UserError):
    """What was asked for does not exist. The message says what does."""


def campaign_choices() -> dict[str, Any]:
    """Return what makes the form's field a list of the seed's campaigns; nothing where the seed cannot be read.

    A broken seed must not take the DAG, its runbook included, out of the UI: the first task says what is wrong with it.
    """
    try:
        campaigns = load_campaigns()
    except CampaignError:
        return {"minimum": 1}
    names = {str(c.campaign_id): f"{c.campaign_id}, {c.name} ({c.window})" for c in campaigns}
    names["null"] = "every campaign"
    return {"enum": [None, *(c.campaign_id for c in campaigns)], "values_display": names}


PARAMS = {
    "source": Param(
        None, type=["null", "string"], title="File or folder", minLength=1, maxLength=1000,
        description="A CSV (or .csv.gz), a folder of them, or a pattern such as exports/*.csv. {day} in it stands for the run's "
        "day, like 2026-06-10. Empty: the files that landed, if a file started the run, else everything in the inbox folder. "
        "It must lie below an allowed folder (CAMPAIGN_INBOX, CAMPAIGN_ALLOWED_ROOTS).",
    ),
    "campaign": Param(
        None, type=["null", "integer"], title="Campaign", **campaign_choices(),
        description="Accept only orders of this campaign; orders of others are rejected. Empty: every campaign. "
        "Campaigns are the rows of dbt/seeds/campaign.csv.",
    ),
    "replace": Param(
        "nothing", type="string", enum=["nothing", "orders", "days"], title="Replace stored orders",
        description="What happens to an order that is stored with other content. nothing: the file's is rejected. orders: the "
        "file's takes its place. days: besides, orders that the file lacks are removed from the days it has rows of; such a "
        "file must not have a single bad row.",
    ),
    "full_refresh": Param(
        False, type="boolean", title="Full refresh",
        description="Build every table anew and publish, even when neither rows nor models have changed since the last time.",
    ),
    "gate": Param(
        Decision.ASK.value, type="string", enum=[each.value for each in Decision], title="Gate",
        description="Where suspects or money at risk change by more than CAMPAIGN_GATE_SHARE. ask: a person approves or rejects"
        " in Required actions. approve: publish. reject: keep what is served. fail: keep it and fail, with the difference.",
    ),
}  # fmt: skip


def refuse_unknown_names(conf: Mapping[str, Any] | None, known: Iterable[str]) -> None:
    """Raise RunConfError when ``conf`` has a name that is no parameter: it would be ignored, and the run do something else."""
    known = list(known)
    for name in conf or {}:
        if name not in known:
            near = get_close_matches(name, known, 1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise RunConfError(
                f"There is no parameter {name!r}; there are {', '.join(known)}.{meant} Nothing was done."
            )


def refuse_unknown_campaign(campaign_id: int | None, campaigns: Sequence[Campaign]) -> None:
    """Raise RunConfError when a campaign is asked for that is no row of the seed."""
    known = [campaign.campaign_id for campaign in campaigns]
    if campaign_id is not None and campaign_id not in known:
        raise RunConfError(
            f"campaign {campaign_id} is not in dbt/seeds/campaign.csv, which has {known}: "
            "add a row there or choose one of these."
        )


def sources(
    asked: str | None, arrivals: Sequence[Any], inbox: Path, moment: datetime, time_zone: str
) -> list[str | Path]:
    """Return the sources of a run: what was asked for, else the files that landed and are still there, else the inbox.

    ``{day}`` in what was asked for becomes the date of ``moment`` in ``time_zone``. ``arrivals`` are the asset's events.
    """
    if asked:
        return [asked.replace(DAY, moment.astimezone(ZoneInfo(time_zone)).date().isoformat())]
    landed = {file for event in arrivals for file in (event.extra.get("payload") or {}).get("files", [])}
    return [file for file in sorted(landed) if Path(file).exists()] or [inbox]


def names_one_file(asked: str | None) -> bool:
    """Say whether a person asked for one file by its name: then a refused one turns the run red each time."""
    return bool(asked) and asked.lower().endswith(SUFFIXES) and not WILDCARDS & set(asked)
