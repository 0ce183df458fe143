"""A newer image over an existing volume, and the documentation's three lines of backup and restore: data is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from campaign.settings import PROJECT_ROOT
from local_stack.services import wait_until
from tests.containers.composition import Composition

pytestmark = pytest.mark.timeout(1800)
SUMMARY = "/api/v1/campaigns/2/summary"
NEWER = """\
FROM campaign-airflow:test
COPY 0002_note_who_saw_a_file.sql include/campaign/db/migrations/
"""
MIGRATION = "alter table {raw}.ingest_file add column seen_by varchar(20) not null default 'nobody';\n"
FILES = "select sha256, rows_read, rows_accepted, rows_rejected from campaign_raw.ingest_file order by sha256"
COUNTS = (
    "select count(*) from campaign_raw.transaction_data union all select count(*) from campaign_raw.rejected_row"
    " union all select count(*) from campaign_mart.publication union all select count(*) from airflow.dag_run"
)


def test_newer_image_migrates_the_volume_and_keeps_its_rows(served: Composition, tmp_path: Path) -> None:
    _, before = served.ask(SUMMARY)
    files, counts = served.sql(FILES), served.sql(COUNTS)
    (tmp_path / "Dockerfile").write_text(NEWER)
    (tmp_path / "0002_note_who_saw_a_file.sql").write_text(MIGRATION)
    served.run(served.engine, "build", "--tag", "campaign-airflow:newer", str(tmp_path))
    for image in ("webapi", "proxy"):
        served.run(served.engine, "tag", f"campaign-{image}:test", f"campaign-{image}:newer")
    env = served.project / ".env"
    env.write_text(env.read_text().replace("CAMPAIGN_VERSION=test", "CAMPAIGN_VERSION=newer"))

    served.compose("up", "--detach")
    served.wait_until_healthy()

    assert "newer" in str(served.inspect("airflow-scheduler"))
    assert served.sql("select version from campaign_raw.schema_version") == [["2"]]
    assert served.sql("select distinct seen_by from campaign_raw.ingest_file") == [["nobody"]]
    assert (served.sql(FILES), served.sql(COUNTS)) == (files, counts)
    assert served.ask(SUMMARY) == (200, before)


def test_backup_is_restored_into_an_empty_volume(served: Composition) -> None:
    backup, start, restore = _backup_lines()
    _, before = served.ask(SUMMARY)
    files, counts = served.sql(FILES), served.sql(COUNTS)

    served.run("sh", "-ec", backup)
    served.compose("down", "--volumes")
    served.run("sh", "-ec", start)
    served.wait_until_healthy(("mysql",))
    assert served.sql("show tables in campaign_raw") == []
    served.run("sh", "-ec", restore)

    assert (served.sql(FILES), served.sql(COUNTS)) == (files, counts)
    served.compose("up", "--detach")
    served.wait_until_healthy()
    assert wait_until(lambda: served.ask("/readyz")[0] == 200, 60)
    assert served.ask(SUMMARY) == (200, before)
    # What is restored is whole: a run goes through, and finds the sample's rows known.
    served.run("make", "trigger", f"FILE={PROJECT_ROOT / 'include/data_sample/transaction_data.csv'}")
    assert served.sql(FILES) == files


def _backup_lines() -> list[str]:
    """Return the three commands of docs/how-to/docker-compose.md, run by the compose that is here."""
    text = (PROJECT_ROOT / "docs" / "how-to" / "docker-compose.md").read_text()
    ((block,),) = [re.findall(r"(?s)```sh\n(docker compose exec -T mysql .*?)```", text)]
    lines = block.strip().splitlines()
    assert len(lines) == 3
    return [line.replace("docker compose", "./local_stack/compose.sh").replace(" --wait", "") for line in lines]
