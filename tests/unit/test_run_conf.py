"""What may be asked of a run, and where a run looks for files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from campaign.orchestration.run_params import (
    RunConfError,
    campaign_choices,
    names_one_file,
    refuse_unknown_campaign,
    refuse_unknown_names,
    sources,
)

NAMES = ("source", "campaign", "replace", "full_refresh", "gate")
MOMENT = datetime(2026, 6, 10, 22, 0, tzinfo=UTC)  # five in the morning of the 11th in the campaign's zone
INBOX = Path("/inbox")


def test_known_names_pass():
    refuse_unknown_names({"source": "x.csv", "campaign": 1}, NAMES)
    refuse_unknown_names(None, NAMES)


def test_unknown_name_is_refused_with_the_one_that_was_meant():
    with pytest.raises(RunConfError, match="no parameter 'fullrefresh'.*Did you mean full_refresh.*Nothing was done"):
        refuse_unknown_names({"fullrefresh": True}, NAMES)


def test_unknown_campaign_is_refused_with_those_there_are():
    campaigns = [SimpleNamespace(campaign_id=1), SimpleNamespace(campaign_id=2)]
    refuse_unknown_campaign(2, campaigns)
    refuse_unknown_campaign(None, campaigns)
    with pytest.raises(RunConfError, match=r"campaign 3 is not in .*\[1, 2\]"):
        refuse_unknown_campaign(3, campaigns)


def test_the_form_offers_the_campaigns_of_the_seed():
    choices = campaign_choices()
    names = choices["values_display"]
    assert choices["enum"][0] is None and names.pop("null") == "every campaign"
    assert set(map(str, choices["enum"][1:])) == set(names)
    assert all(name.startswith(number) for number, name in names.items())


def test_day_is_the_one_of_the_campaigns_zone():
    assert sources("exports/{day}.csv", [], INBOX, MOMENT, "Asia/Ho_Chi_Minh") == ["exports/2026-06-11.csv"]


def test_what_landed_is_read_unless_something_was_asked_for(tmp_path):
    landed, gone = tmp_path / "landed.csv", tmp_path / "gone.csv"
    landed.touch()
    arrivals = [SimpleNamespace(extra={"from_trigger": True, "payload": {"files": [str(landed), str(gone)]}})]
    assert sources(None, arrivals, INBOX, MOMENT, "UTC") == [str(landed)]
    assert sources("x.csv", arrivals, INBOX, MOMENT, "UTC") == ["x.csv"]


def test_the_inbox_is_read_where_nothing_landed_or_all_of_it_is_gone(tmp_path):
    gone = SimpleNamespace(extra={"from_trigger": True, "payload": {"files": [str(tmp_path / "gone.csv")]}})
    by_hand = SimpleNamespace(extra={})
    assert sources(None, [], INBOX, MOMENT, "UTC") == [INBOX]
    assert sources(None, [gone, by_hand], INBOX, MOMENT, "UTC") == [INBOX]


@pytest.mark.parametrize(
    ("asked", "one"),
    [("a.csv", True), ("x/{day}.CSV.gz", True), ("x/*.csv", False), ("exports", False), (None, False), ("", False)],
)
def test_a_file_asked_for_by_name_is_told_from_a_folder_and_a_pattern(asked, one):
    assert names_one_file(asked) is one
