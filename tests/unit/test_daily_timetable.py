"""When the daily run starts, and which days a backfill covers."""

from __future__ import annotations

from datetime import timedelta

import pendulum
import pytest
from airflow.timetables import trigger
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable

from campaign.orchestration import timetable as daily_timetable
from campaign.orchestration.timetable import DailyTimetable

ZONE = "Asia/Ho_Chi_Minh"
OPEN = TimeRestriction(None, None, catchup=False)


def timetable(zone: str = ZONE) -> CronTriggerTimetable:
    written = DailyTimetable("0 5 * * *", timezone=zone, run_immediately=timedelta(0)).serialize()
    return DailyTimetable.deserialize(written)  # as the scheduler has it


def backfilled(first: str, last: str, read_in: str, zone: str = ZONE) -> list[str]:
    """Return the ticks of a backfill whose dates Airflow reads in a time zone, as serialised DAGs iterate them."""
    asked = TimeRestriction(pendulum.parse(first, tz=read_in), pendulum.parse(last, tz=read_in), catchup=True)
    ticks, info = [], None
    while info := timetable(zone).next_dagrun_info(
        last_automated_data_interval=info and info.data_interval, restriction=asked
    ):
        ticks.append(info.logical_date.in_timezone(zone).format("MM-DD HH:mm"))
    return ticks


@pytest.mark.parametrize(
    ("first", "last", "read_in"),
    [
        ("2026-06-10", "2026-06-12", ZONE),
        ("2026-06-10", "2026-06-12", "UTC"),
        ("2026-06-10T05:00", "2026-06-12T05:00", ZONE),
        ("2026-06-10T23:59", "2026-06-12T00:00", ZONE),
        ("2026-06-09T17:00Z", "2026-06-12T16:59Z", "UTC"),
    ],
)
def test_a_backfill_covers_its_first_and_its_last_day(first: str, last: str, read_in: str) -> None:
    assert backfilled(first, last, read_in) == ["06-10 05:00", "06-11 05:00", "06-12 05:00"]


def test_a_backfill_of_one_day_is_one_run() -> None:
    assert backfilled("2026-06-10", "2026-06-10", ZONE) == ["06-10 05:00"]


def test_days_on_which_the_clock_changes_are_days() -> None:
    assert backfilled("2026-03-28", "2026-03-30", "Europe/Berlin", "Europe/Berlin") == [
        "03-28 05:00", "03-29 05:00", "03-30 05:00",
    ]  # fmt: skip


def next_run(monkeypatch: pytest.MonkeyPatch, now: str, last: str | None) -> str:
    """Return when the next run starts, seen at a moment; ``last`` is the tick of the last automated run."""
    moment = pendulum.parse(now, tz=ZONE)
    monkeypatch.setattr(trigger, "utcnow", lambda: moment.in_timezone("UTC"))
    monkeypatch.setattr(daily_timetable, "now", moment.in_timezone)
    interval = DataInterval.exact(pendulum.parse(last, tz=ZONE).in_timezone("UTC")) if last else None
    info = timetable().next_dagrun_info(last_automated_data_interval=interval, restriction=OPEN)
    return info.run_after.in_timezone(ZONE).format("MM-DD HH:mm")


@pytest.mark.parametrize(
    ("now", "last", "starts"),
    [
        ("2026-07-01T14:00", None, "07-02 05:00"),  # the DAG is switched on
        ("2026-07-01T05:20", None, "07-02 05:00"),
        ("2026-07-01T14:00", "2026-07-01T05:00", "07-02 05:00"),
        ("2026-07-01T14:00", "2026-06-13T05:00", "07-02 05:00"),  # after a backfill, or after the DAG was paused
        ("2026-07-01T06:01", "2026-06-30T05:00", "07-02 05:00"),
        ("2026-07-01T05:00:03", "2026-06-30T05:00", "07-01 05:00"),  # the scheduler is about to start it
        ("2026-07-01T05:59", "2026-06-30T05:00", "07-01 05:00"),
        ("2026-07-01T04:00", "2026-06-13T05:00", "07-01 05:00"),
    ],
)
def test_no_scheduled_run_starts_more_than_an_hour_late(monkeypatch, now: str, last: str | None, starts: str) -> None:
    assert next_run(monkeypatch, now, last) == starts
