"""Build the project's models on labelled campaigns by DuckDB alone: no server, no loading. Minutes become seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt"
PUBLISHED = "+customer_risk +shop_risk"  # the bands and scores, the evidence, and all that they come from


def build_models(campaigns: Path, work: Path, select: str = "") -> Path:
    """Build the models, or what ``select`` names, on the orders of a folder of labelled campaigns; return the DuckDB file.

    campaigns has ``c*.csv.gz`` in the input contract's form and ``campaign.csv`` for the seed; what ``work`` held is replaced.
    Tables lie in the schema ``campaign_build``. Raises FileNotFoundError where a file is missing, and CalledProcessError where
    dbt fails; its log lies in work.
    """
    files = sorted(map(str, campaigns.glob("c[0-9]*.csv.gz")))
    if not files or not (campaigns / "campaign.csv").is_file():
        raise FileNotFoundError(
            f"{campaigns} has no c<campaign>.csv.gz or no campaign.csv: name a folder of labelled campaigns"
        )
    for folder in ("store", "dbt"):  # but not what dbt has parsed, which takes it long
        shutil.rmtree(work / folder, ignore_errors=True)
    for folder in ("orders", "marts/duckdb"):
        (work / "store" / folder).mkdir(parents=True)
    orders = work / "store" / "orders" / "all.parquet"
    duckdb.execute(
        f"""copy (
            select order_id, uid, shop_id, shop_owner_uid, gmv::decimal(18, 2) as gmv, rebate::decimal(18, 2) as rebate,
                txn_time::timestamp as txn_time, txn_date::date as txn_date
            from read_csv({files}, union_by_name = true)
        ) to '{orders}' (format parquet)"""
    )
    project = work / "dbt"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", ".user.yml"))
    shutil.copy(campaigns / "campaign.csv", project / "seeds" / "campaign.csv")
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--quiet", "--exclude", "resource_type:test"]
    for option, path in (("project-dir", project), ("profiles-dir", project), ("target-path", work / "target")):
        command += [f"--{option}", str(path)]
    # What chance would give is a part of sentences and of no score, and takes longest for so many campaigns.
    command += ["--log-path", str(work / "logs"), "--vars", "chance_shuffles: 0"]
    if select:
        command += ["--select", *select.split()]
    environment = os.environ | {"CAMPAIGN_ENGINE": "duckdb", "CAMPAIGN_STORE": str(work / "store")}
    subprocess.run(command, check=True, env=environment, cwd=project)
    return work / "store" / "campaign.duckdb"
