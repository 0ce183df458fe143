"""Whether people must approve a publication: suspects or money at risk change by more than CAMPAIGN_GATE_SHARE."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.publishing.difference import IncomparableError, Place, difference
from campaign.publishing.publication_log import read_stamp
from campaign.publishing.rerun import has_published
from campaign.settings import Settings


class Decision(StrEnum):
    """What a run does where the gate is closed: wait for people, or what whoever started it has decided."""

    ASK = "ask"
    APPROVE = "approve"
    REJECT = "reject"
    FAIL = "fail"


@dataclass(frozen=True)
class Question:
    """What people are asked: one line, and the difference as Markdown."""

    subject: str
    body: str


def find_question(connection: MySQLConnectionAbstract, settings: Settings, run_id: str) -> Question | None:
    """Compare what was built with what is served; None where no approval is needed."""
    if settings.gate_share is None or has_published(connection, settings, run_id):
        return None
    stamp = read_stamp(connection, settings, settings.mart_database)
    if stamp is None or not stamp["generation"]:
        return None
    served = f"generation {stamp['generation']}"
    try:
        found = difference(connection, Place(settings.mart_database), Place(settings.build_database))
    except IncomparableError as error:
        return Question(f"Publish after {served}? The two cannot be compared", str(error))
    if found.share <= settings.gate_share:
        return None
    campaigns = [str(one.campaign_id) for one in found.campaigns if one.share > settings.gate_share]
    share = f"by {found.share:.0%}" if found.share < float("inf") else "from nothing"
    return Question(
        f"Publish after {served}? Suspects or money at risk of campaign {', '.join(campaigns)} change {share}",
        "\n".join(
            [
                f"More than {settings.gate_share:.0%} (CAMPAIGN_GATE_SHARE). {served.capitalize()} stays until this is approved.",
                "",
                *found.lines(),
            ]
        ),
    )
