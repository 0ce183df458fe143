"""The daily schedule: as Airflow's CronTriggerTimetable, but backfills cover whole days and no run starts hours late.

Airflow loads it through plugins/campaign_plugin.py.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import DateTime, now

LATEST_START = timedelta(hours=1)


class DailyTimetable(CronTriggerTimetable):
    """Run once a day, at a time of a time zone; the DAG must have ``catchup=False`` and no start date."""

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the next run. In a backfill both dates count as whole days of the time zone."""
        # The DAG has catchup=False, so only a backfill asks with it.
        if restriction.catchup:
            restriction = TimeRestriction(
                self._day(restriction.earliest, "start_of"), self._day(restriction.latest, "end_of"), catchup=True
            )
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        # Airflow takes the last tick, however old, if the run before it is older: after a backfill, for instance.
        if info and not restriction.catchup and info.run_after < now("UTC") - LATEST_START:
            return DagRunInfo.exact(self._align_to_next(now("UTC")))
        return info

    def _day(self, moment: DateTime | None, edge: str) -> DateTime | None:
        return moment and getattr(moment.in_timezone(self._timezone), edge)("day")
