"""The campaigns, read from the seed ``dbt/seeds/campaign.csv``: a campaign is a row there, and nothing else."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from campaign.contract.currencies import STORED_DIGITS, minor_digits
from campaign.contract.numbers import AmountError, how_to_write, read_amount
from campaign.errors import UserError
from campaign.settings import PROJECT_ROOT

CAMPAIGN_SEED = PROJECT_ROOT / "dbt" / "seeds" / "campaign.csv"
_SHOWN = 60


class CampaignError(UserError):
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
    if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**31):
        raise ValueError(how_to_write(text))
    return int(text)


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        # dbt reads the word null as no value.
        if not text or text.lower() == "null" or len(text) > longest or not text.isprintable():
            raise ValueError(f"; it has {len(text)} characters" if len(text) > longest else "")
        return text

    return read


def _day(text: str) -> date:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # the only form that dbt reads as a date, too
        raise ValueError
    return date.fromisoformat(text)


def _zone(text: str) -> str:
    try:
        return ZoneInfo(_text(64)(text)).key
    except (KeyError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
        raise ValueError from None


def _currency(text: str) -> str:
    digits = minor_digits(text)
    if digits is None:
        raise ValueError(f"; write {text.upper()}" if minor_digits(text.upper()) is not None else "")
    if digits > STORED_DIGITS:
        raise ValueError(f"; amounts in {text} have {digits} decimals, and money is stored with {STORED_DIGITS}")
    return text


def _share(text: str) -> Decimal:
    if not re.fullmatch(r"0|0?\.[0-9]{1,6}|1|1\.00?", text):
        percent = re.fullmatch("([0-9]{1,2}|100) ?%?", text)
        raise ValueError(f"; {percent[1]} % is {Decimal(percent[1]) / 100:f}" if percent else how_to_write(text))
    return Decimal(text)


_COLUMNS: dict[str, tuple[Callable[[str], Any], str]] = {
    "campaign_id": (_positive_integer, "a whole number from 1 to 2147483647"),
    "name": (_text(200), "a name of at most 200 printable characters, and not the word null,"),
    "starts_on": (_day, "a date like 2026-06-10"),
    "ends_on": (_day, "a date like 2026-06-13"),
    "time_zone": (_zone, "a time zone like Asia/Ho_Chi_Minh"),
    "currency": (_currency, f"an ISO 4217 code with at most {STORED_DIGITS} decimals, like VND,"),
    "voucher_rate": (_share, "a share between 0 and 1 with at most 6 decimals, like 0.30 for 30 %,"),
    "voucher_cap": (str, "an amount of 0 or more"),
    "vouchers_per_customer_per_day": (_positive_integer, "a whole number from 1 to 2147483647"),
}
MOST_DAYS = 999  # what int_campaign_day counts to


def load_campaigns(path: str | Path = CAMPAIGN_SEED) -> list[Campaign]:
    """Read and check the seed; campaigns come ordered by their first day.

    Raises CampaignError when the file, a column or a value is missing or wrong, an id comes twice, or two windows overlap.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(path, header)
            campaigns = [_read_row(path, reader.line_num, header, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CampaignError(
            f"{path}: the campaigns cannot be read: {error}. A CSV in UTF-8 with commas was expected"
        ) from error
    if not campaigns:
        raise CampaignError(f"{path}: no campaign in it; add a row per campaign")
    campaigns.sort(key=lambda campaign: (campaign.starts_on, campaign.campaign_id))
    _refuse_overlap(path, campaigns)
    return campaigns


def _check_header(path: Path, header: list[str]) -> None:
    wanted = ",".join(_COLUMNS)
    if missing := [name for name in _COLUMNS if name not in header]:
        raise CampaignError(
            f"{path}, line 1: column {', '.join(missing)} is missing; a header with commas was expected: {wanted}"
        )
    if others := [name for name in header if name not in _COLUMNS] + [n for n in _COLUMNS if header.count(n) > 1]:
        raise CampaignError(
            f"{path}, line 1: column '{others[0]}' is one too many; the header was expected to be {wanted}"
        )


def _read_row(path: Path, line: int, header: list[str], row: list[str]) -> Campaign:
    if len(row) != len(header):
        raise CampaignError(
            f"{path}, line {line}: {len(row)} values, {len(header)} were expected. A decimal is written with a point, like 0.30,"
            " and a value that holds a comma in double quotes"
        )
    values: dict[str, Any] = {}
    for name, (parse, expected) in _COLUMNS.items():
        text = row[header.index(name)]
        try:
            if text != text.strip():
                raise ValueError("; leave out the blanks around it")
            values[name] = _cap(text, values["currency"]) if name == "voucher_cap" else parse(text)
        except ValueError as error:
            hint = str(error) if str(error).startswith(";") else ""
            clause = error if isinstance(error, AmountError) else f"{expected} was expected{hint}"
            raise CampaignError(f"{path}, line {line}: {name} is '{text[:_SHOWN]}', {clause}") from None
    if values["ends_on"] < values["starts_on"]:
        raise CampaignError(
            f"{path}, line {line}: ends_on {values['ends_on']} is before starts_on {values['starts_on']}"
        )
    if (values["ends_on"] - values["starts_on"]).days > MOST_DAYS:
        raise CampaignError(
            f"{path}, line {line}: ends_on {values['ends_on']} is more than {MOST_DAYS} days after starts_on"
            f" {values['starts_on']}"
        )
    return Campaign(**values)


def _cap(text: str, currency: str) -> Decimal:
    hundredths = read_amount(text.encode(), currency)
    if hundredths is None or hundredths < 0:
        raise ValueError(how_to_write(text))
    return Decimal(hundredths) / 100


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
