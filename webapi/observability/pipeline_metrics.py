"""Gauges about the pipeline for Prometheus, asked of the database when they are scraped.

The account that serves reads ``pipeline_run`` and ``current_generation`` beside the marts. Where the database does not answer, or
nothing was ever run, the gauges that cannot be known are left out and ``campaign_database_up`` says which of both it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webapi.marts.database import DatabaseBusy, DatabaseUnavailable, MartDatabase, NothingPublished, Row

PUBLISHED = (
    "select generation, timestampdiff(second, published_at, utc_timestamp(3)) as seconds from current_generation"
)
OUTCOMES = """
select outcome, count(*) as runs from pipeline_run where started_at > utc_timestamp() - interval 30 day group by outcome
"""
LAST_RUN = """
select outcome, files_refused, timestampdiff(second, started_at, ended_at) as seconds
from pipeline_run where ended_at is not null order by ended_at desc limit 1
"""
# Several runs know it, and the newest may have failed before it looked.
REFUSED = "select files_refused from pipeline_run where files_refused is not null order by started_at desc limit 1"
ALL_OUTCOMES = ("running", "failed", "succeeded")


class PipelineMetrics(Collector):
    """A collector of prometheus_client: four short statements at each scrape."""

    def __init__(self, database: MartDatabase) -> None:
        """Ask by the service's own pool."""
        self._database = database

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield what is known now."""
        try:
            published, runs, last, refused = (self._rows(sql) for sql in (PUBLISHED, OUTCOMES, LAST_RUN, REFUSED))
        except (DatabaseUnavailable, DatabaseBusy):
            yield _gauge("campaign_database_up", "1 if the database answered this scrape", 0)
            return
        yield _gauge("campaign_database_up", "1 if the database answered this scrape", 1)
        for row in published:
            yield _gauge(
                "campaign_seconds_since_publication", "Age of what is served, in seconds", max(row["seconds"], 0)
            )
            yield _gauge("campaign_generation", "Number of the generation that is served", row["generation"])
        counted = {row["outcome"]: row["runs"] for row in runs}
        outcomes = GaugeMetricFamily("campaign_runs", "Runs of the last 30 days by outcome", labels=["outcome"])
        for outcome in ALL_OUTCOMES:
            outcomes.add_metric([outcome], counted.get(outcome, 0))
        yield outcomes
        for row in last:
            yield _gauge("campaign_last_run_failed", "1 if the run that ended last failed", row["outcome"] == "failed")
            yield _gauge("campaign_last_run_seconds", "How long the run that ended last took", row["seconds"])
        for row in refused:
            yield _gauge(
                "campaign_refused_files", "Files that the newest run to say so found refused", row["files_refused"]
            )

    def _rows(self, sql: str) -> list[Row]:
        try:
            return self._database.rows(sql, {})
        except NothingPublished:  # the table is not there yet
            return []


def _gauge(name: str, documentation: str, value: Any) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, value=float(value))
