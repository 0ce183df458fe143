"""A public benchmark of order brushing gives its right answer, computed from the definition by other means than SQL.

The data is not part of the project: CAMPAIGN_ORDER_BRUSHING names its file, a CSV with the columns orderid, shopid, userid and
event_time, which may be compressed (.gz). Columns that it lacks are filled: every shop owns itself, an amount is always the
same, and there is no rebate.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from campaign.db.connection import connect
from campaign.ingest.load.order_tsv import COLUMNS
from campaign.publishing.publish import publish
from campaign.settings import Settings
from tests.engines.parity import ingest
from tests.integration.marts_harness import build, project_with_seeds, read_seed

CAMPAIGN = 3
AMOUNT = "50000"
# Of the lines `shop,buyer&buyer…`, both ascending by number, each with its line end.
ANSWER_SHA256 = "d2e1c3d2a9f40c98d98301dcbec80f249449133c7aafad08d9f10e070ffe0dca"


@pytest.fixture(scope="module")
def benchmark() -> Path:
    """Return the benchmark's file."""
    named = os.environ.get("CAMPAIGN_ORDER_BRUSHING")
    if not named:
        pytest.skip("not run: CAMPAIGN_ORDER_BRUSHING is not set (the benchmark's CSV, or the same as .csv.gz)")
    if not Path(named).is_file():
        pytest.fail(f"CAMPAIGN_ORDER_BRUSHING is {named}, which is not a file")
    return Path(named)


def _as_campaign_file(benchmark: Path, folder: Path) -> tuple[Path, str, str]:
    """Write the benchmark's orders as a campaign's file; return it with its first and last day."""
    file, days = folder / "order_brushing.csv", set()
    unpacked = gzip.open if benchmark.suffix == ".gz" else open
    with unpacked(benchmark, "rt", newline="") as lines, file.open("w", newline="") as written:
        writer = csv.DictWriter(written, COLUMNS[:-1])  # all but load_no
        writer.writeheader()
        for line in csv.DictReader(lines):
            day = line["event_time"][:10]
            days.add(day)
            order = {"order_id": line["orderid"], "uid": line["userid"], "gmv": AMOUNT, "rebate": "0"}
            shop = {"shop_id": line["shopid"], "shop_owner_uid": line["shopid"]}
            writer.writerow({**order, **shop, "txn_time": line["event_time"], "txn_date": day})
    return file, min(days), max(days)


@pytest.fixture(scope="module")
def published(
    benchmark: Path, mysql_settings: Settings, empty_databases, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[int, list[int]]]:
    """Ingest, build with all dbt tests, publish; return the published hits: shop, suspicious buyers."""
    folder = tmp_path_factory.mktemp("benchmark")
    file, first_day, last_day = _as_campaign_file(benchmark, folder)
    campaigns = read_seed("campaign")
    campaigns.append(
        campaigns[-1] | {"campaign_id": str(CAMPAIGN), "starts_on": first_day, "ends_on": last_day, "name": "Benchmark"}
    )
    project = project_with_seeds(folder, {"campaign": campaigns})
    empty_databases()
    ingest(mysql_settings, file, project)
    build(folder / "target", project=project)
    with connect(mysql_settings) as connection, connection.cursor() as cursor:
        publish(connection, mysql_settings, "benchmark")
        cursor.execute(
            f"select shop_id, evidence from {mysql_settings.mart_database}.suspected_fraud_shop"
            " where campaign_id = %s and fraud_note = 'order_brushing' order by shop_id",
            (CAMPAIGN,),
        )
        return [(shop, json.loads(evidence)["members"]) for shop, evidence in cursor.fetchall()]


def test_order_brushing_benchmark(published) -> None:
    assert len(published) == 315
    assert sum(len(buyers) > 1 for _, buyers in published) == 9
    lines = "".join(f"{shop},{'&'.join(map(str, sorted(buyers)))}\n" for shop, buyers in published)
    assert hashlib.sha256(lines.encode()).hexdigest() == ANSWER_SHA256
