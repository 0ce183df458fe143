"""`make run REPLACE=days`: the option reaches the loader through the DAG, and the marts follow."""

from __future__ import annotations

from campaign.campaigns import load_campaigns
from campaign.database import connect
from campaign.ingest import ingest_file
from scripts.sample import SAMPLE


def test_a_corrected_day_is_loaded_and_published(
    mysql_settings, empty_databases, run_pipeline, query, tmp_path
) -> None:
    empty_databases()
    with connect(mysql_settings) as connection:
        ingest_file(connection, SAMPLE, mysql_settings, campaigns=load_campaigns(), run_id="before")
    header, *rows = SAMPLE.read_text().splitlines()
    day = rows[0].strip('"')[:10]
    stored = query("select txn_date, count(*) from campaign_raw.transaction_data group by 1 order by 1")
    of_the_day = [row for row in rows if row.startswith(f'"{day}')]
    (tmp_path / "corrected.csv").write_text("\n".join([header, *of_the_day[:-5], ""]))

    ended = run_pipeline(tmp_path / "corrected.csv", "--replace", "days")

    assert ended.returncode == 0, ended.stderr
    assert f"5 stored orders were removed, because the file lacks them on its days: {day} (5)." in ended.stdout
    expected = [(date, orders - 5 if str(date) == day else orders) for date, orders in stored]
    assert query("select txn_date, count(*) from campaign_raw.transaction_data group by 1 order by 1") == expected
    assert query("select txn_date, total_orders from campaign_mart.campaign_daily order by 1") == expected
