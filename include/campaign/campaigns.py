"""The campaigns, read from the seed ``dbt/seeds/campaign.csv``: a campaign is a row there, and nothing else."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from campaign.settings import PROJECT_ROOT

CAMPAIGN_SEED = PROJECT_ROOT / "dbt" / "seeds" / "campaign.csv"


class CampaignError(ValueError):
    """The seed cannot be used; the message names file, line and column and what was expected."""


@dataclass(frozen=True)
class Campaign:
    """One campaign: its window (both days included), its currency and the terms of its vouchers."""

    campaign_id: int
    name: str
    starts_on: date
    ends_on: date
    time_zone: str
    currency: str
    voucher_rate: Decimal
    voucher_cap: Decimal
    vouchers_per_customer_per_day: int

    @property
    def window(self) -> str:
        """The window in words, for messages."""
        return f"{self.starts_on} to {self.ends_on}"


def _positive_integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise ValueError
    return int(text)


def _name(text: str) -> str:
    if not text:
        raise ValueError
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
        raise ValueError from None


def _share(text: str) -> Decimal:
    value = Decimal(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value


def _money(text: str) -> Decimal:
    value = Decimal(text)
    if not 0 <= value < 10**16:
        raise ValueError
    return value


_COLUMNS = {
    "campaign_id": (_positive_integer, "a positive integer"),
    "name": (_name, "a name"),
    "starts_on": (date.fromisoformat, "a date like 2026-06-10"),
    "ends_on": (date.fromisoformat, "a date like 2026-06-13"),
    "time_zone": (_zone, "a time zone like Asia/Ho_Chi_Minh"),
    "currency": (_name, "a currency like VND"),
    "voucher_rate": (_share, "a share between 0 and 1 like 0.30"),
    "voucher_cap": (_money, "an amount of 0 or more"),
    "vouchers_per_customer_per_day": (_positive_integer, "a positive integer"),
}


def load_campaigns(path: str | Path = CAMPAIGN_SEED) -> list[Campaign]:
    """Read and check the seed; campaigns come ordered by their first day.

    Raises CampaignError when the file, a column or a value is missing or wrong, an id comes twice, or two windows overlap.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise CampaignError(
                    f"{path}: column {', '.join(missing)} is missing; the header needs {', '.join(_COLUMNS)}"
                )
            campaigns = [_read_row(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CampaignError(f"{path}: the campaigns cannot be read: {error}") from error
    if not campaigns:
        raise CampaignError(f"{path}: no campaign in it; add a row per campaign")
    campaigns.sort(key=lambda campaign: (campaign.starts_on, campaign.campaign_id))
    _refuse_overlap(path, campaigns)
    return campaigns


def _read_row(path: Path, line: int, row: dict[str, str | None]) -> Campaign:
    values = {}
    for name, (parse, expected) in _COLUMNS.items():
        text = (row[name] or "").strip()
        try:
            values[name] = parse(text)
        except (ValueError, InvalidOperation):
            raise CampaignError(f"{path}, line {line}: {name} is '{text}', {expected} was expected") from None
    if values["ends_on"] < values["starts_on"]:
        raise CampaignError(
            f"{path}, line {line}: ends_on {values['ends_on']} is before starts_on {values['starts_on']}"
        )
    return Campaign(**values)


def _refuse_overlap(path: Path, campaigns: list[Campaign]) -> None:
    ids = [campaign.campaign_id for campaign in campaigns]
    twice = {number for number in ids if ids.count(number) > 1}
    if twice:
        raise CampaignError(f"{path}: campaign_id {min(twice)} is there twice; each campaign needs its own")
    for earlier, later in zip(campaigns, campaigns[1:], strict=False):
        if later.starts_on <= earlier.ends_on:
            raise CampaignError(
                f"{path}: campaigns {earlier.campaign_id} ({earlier.window}) and {later.campaign_id} ({later.window}) overlap; "
                "an order may belong to one campaign only"
            )
