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
        ([HEADER, FIRST.replace("1,F", "0,F")], "campaign_id is '0', a whole number from 1 to 2147483647"),
        ([HEADER, FIRST.replace("First", "")], "name is '', a name"),
        ([HEADER, FIRST[:-1]], "vouchers_per_customer_per_day is '', a whole number from 1"),
        ([HEADER, FIRST[:-2]], "line 2: 8 values, 9 were expected"),
        ([HEADER, FIRST.replace("2026-06-13", "2026-06-09")], "ends_on 2026-06-09 is before starts_on"),
        ([HEADER, FIRST, SECOND.replace("2026-06-14,2", "2026-06-13,2")], "campaigns 1 .* and 2 .* overlap"),
        ([HEADER, FIRST, SECOND.replace("2,S", "1,S")], "campaign_id 1 is there twice"),
        ([HEADER.replace("currency,", ""), FIRST], "column currency is missing"),
        ([HEADER], "no campaign in it"),
        ([], "line 1: column campaign_id, name, .* is missing; a header with commas was expected"),
        ([HEADER.replace(",", ";"), FIRST.replace(",", ";")], "a header with commas was expected"),
        ([f"{HEADER},note", f"{FIRST},x"], "line 1: column 'note' is one too many"),
        ([f"{HEADER},name", f"{FIRST},x"], "line 1: column 'name' is one too many"),
        # Numbers that are read in two ways, or not by dbt.
        (
            [HEADER, FIRST.replace("20000", "20.000")],
            "voucher_cap is '20.000', .* thousands separator. Then write 20000; .*VND",
        ),
        (
            [HEADER, SECOND.replace("7.50", "20.000")],
            "voucher_cap is '20.000', .* thousands separator. Then write 20000",
        ),
        (
            [HEADER, FIRST.replace("20000", '"20,000"')],
            "voucher_cap is '20,000', .*without thousands separators: 20000",
        ),
        ([HEADER, FIRST.replace("20000", "20.000.000")], "without thousands separators: 20000000"),
        ([HEADER, FIRST.replace("20000", "20 000")], "without thousands separators: 20000"),
        ([HEADER, FIRST.replace("20000", "20000.5")], "voucher_cap is '20000.5', a whole number was expected, VND"),
        ([HEADER, SECOND.replace("7.50", "7.505")], "voucher_cap is '7.505', with three digits"),
        ([HEADER, SECOND.replace("7.50", "7.5001")], "voucher_cap is '7.5001', at most 2 decimals"),
        (
            [HEADER, FIRST.replace("20000", "2e4")],
            "voucher_cap is '2e4', an amount of 0 or more was expected; a spreadsheet",
        ),
        ([HEADER, FIRST.replace("20000", "20_000")], "voucher_cap is '20_000'"),
        ([HEADER, FIRST.replace("20000", "２００００")], "in the digits 0 to 9: 20000"),
        ([HEADER, FIRST.replace("20000", "20000đ")], "without the currency"),
        ([HEADER, FIRST.replace("20000", "-1")], "voucher_cap is '-1', an amount of 0 or more"),
        ([HEADER, FIRST.replace("20000", "1" + "0" * 16)], "an amount below 10000000000000000"),
        ([HEADER, FIRST.replace("0.30", "30")], "voucher_rate is '30', a share .*; 30 % is 0.3"),
        ([HEADER, FIRST.replace("0.30", "30%")], "30 % is 0.3"),
        (
            [HEADER, FIRST.replace("0.30", "0,3")],
            "line 2: 10 values, 9 were expected. A decimal is written with a point",
        ),
        ([HEADER, FIRST.replace("0.30", '"0,3"')], "is the comma the decimal point. Then write 0.3"),
        ([HEADER, FIRST.replace("0.30", "0.1234567")], "voucher_rate is '0.1234567', .*at most 6 decimals"),
        ([HEADER, FIRST.replace("0.30", "1.000")], "voucher_rate is '1.000'"),
        ([HEADER, FIRST.replace("1,F", "1.0,F")], "campaign_id is '1.0'"),
        ([HEADER, FIRST.replace("1,F", "2147483648,F")], "campaign_id is '2147483648', .* to 2147483647"),
        ([HEADER, f"{FIRST[:-1]}{'9' * 5000}"], "vouchers_per_customer_per_day is '999"),
        # Lengths and forms that the table does not hold.
        ([HEADER, FIRST.replace("First", "x" * 201)], "name is 'x.*at most 200 .* 201 characters"),
        ([HEADER, FIRST.replace("First", "null")], "name is 'null', .*not the word null"),
        ([HEADER, FIRST.replace("First", '"a\nb"')], "name is 'a\nb', .*printable"),
        ([HEADER, FIRST.replace("First", " First")], "name is ' First', .*leave out the blanks"),
        ([HEADER, FIRST.replace("VND", "VND ")], "currency is 'VND ', .*leave out the blanks"),
        ([HEADER, FIRST.replace("VND", "vnd")], "currency is 'vnd', .*write VND"),
        ([HEADER, FIRST.replace("VND", "DONG")], "currency is 'DONG', an ISO 4217 code"),
        ([HEADER, FIRST.replace("VND", "XYZ")], "currency is 'XYZ', an ISO 4217 code"),
        ([HEADER, FIRST.replace("VND", "XAU")], "currency is 'XAU', an ISO 4217 code"),
        (
            [HEADER, FIRST.replace("VND", "KWD")],
            "currency is 'KWD', .*; amounts in KWD have 3 decimals, .* stored with 2",
        ),
        ([HEADER, FIRST.replace("VND", "CLF")], "amounts in CLF have 4 decimals"),
        ([HEADER, FIRST.replace("2026-06-10", "20260610")], "starts_on is '20260610', a date like"),
        ([HEADER, FIRST.replace("2026-06-10", "2026-W24-3")], "starts_on is '2026-W24-3', a date like"),
        ([HEADER, FIRST.replace("2026-06-13", "2029-06-13")], "ends_on 2029-06-13 is more than 999 days after"),
    ],
)
def test_a_seed_that_cannot_be_used_is_refused_with_its_place(lines: list[str], told: str, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=told) as refusal:
        load_campaigns(write(tmp_path, *lines))
    assert str(tmp_path / "campaign.csv") in str(refusal.value)


def test_a_missing_seed_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="nowhere.csv"):
        load_campaigns(tmp_path / "nowhere.csv")
