"""The campaign seed: read exactly, refused with file, line and column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from campaign.campaigns import CampaignError, load_campaigns

HEADER = "campaign_id,name,starts_on,ends_on,time_zone,currency,voucher_rate,voucher_cap,vouchers_per_customer_per_day"
FIRST = "1,First,2026-06-10,2026-06-13,Asia/Ho_Chi_Minh,VND,0.30,20000,1"
SECOND = "2,Second,2026-06-14,2026-06-14,UTC,EUR,0.125,7.50,2"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "campaign.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_projects_own_seed_holds_the_real_campaign_and_the_sample() -> None:
    windows = {campaign.campaign_id: (campaign.starts_on, campaign.ends_on) for campaign in load_campaigns()}
    assert windows[1] == (date(2019, 10, 30), date(2019, 11, 2))
    assert windows[2] == (date(2026, 6, 10), date(2026, 6, 13))


def test_values_are_exact_and_campaigns_are_ordered_by_their_days(tmp_path: Path) -> None:
    first, second = load_campaigns(write(tmp_path, HEADER, SECOND, FIRST))
    assert (first.campaign_id, second.campaign_id) == (1, 2)
    assert (second.voucher_rate, second.voucher_cap, second.vouchers_per_customer_per_day) == (
        Decimal("0.125"),
        Decimal("7.50"),
        2,
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([HEADER, FIRST.replace("2026-06-10", "10/06/2026")], "line 2: starts_on is '10/06/2026', a date like"),
        ([HEADER, FIRST, SECOND.replace("0.125", "12.5")], "line 3: voucher_rate is '12.5', a share between 0 and 1"),
        ([HEADER, FIRST.replace("Asia/Ho_Chi_Minh", "Asia/Saigon City")], "time_zone is 'Asia/Saigon City'"),
        ([HEADER, FIRST.replace("Asia/Ho_Chi_Minh", "Asia")], "time_zone is 'Asia', a time zone like"),
        ([HEADER, FIRST.replace("20000", "NaN")], "voucher_cap is 'NaN'"),
        ([HEADER, FIRST.replace("0.30", "nan")], "voucher_rate is 'nan'"),
        ([HEADER, FIRST.replace("1,F", "0,F")], "campaign_id is '0', a positive integer"),
        ([HEADER, FIRST.replace("First", "")], "name is '', a name"),
        ([HEADER, FIRST[:-2]], "vouchers_per_customer_per_day is '', a positive integer"),
        ([HEADER, FIRST.replace("2026-06-13", "2026-06-09")], "ends_on 2026-06-09 is before starts_on"),
        ([HEADER, FIRST, SECOND.replace("2026-06-14,2", "2026-06-13,2")], "campaigns 1 .* and 2 .* overlap"),
        ([HEADER, FIRST, SECOND.replace("2,S", "1,S")], "campaign_id 1 is there twice"),
        ([HEADER.replace("currency,", ""), FIRST], "column currency is missing"),
        ([HEADER], "no campaign in it"),
    ],
)
def test_a_seed_that_cannot_be_used_is_refused_with_its_place(lines: list[str], told: str, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=told) as refusal:
        load_campaigns(write(tmp_path, *lines))
    assert str(tmp_path / "campaign.csv") in str(refusal.value)


def test_a_missing_seed_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="nowhere.csv"):
        load_campaigns(tmp_path / "nowhere.csv")
