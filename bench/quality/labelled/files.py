"""Write labelled campaigns as files: the orders in the contract's form, the rows of the campaign seed, the labels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from bench.quality.labelled.campaign import CampaignRows, make_campaign
from bench.quality.labelled.plan import CampaignPlan
from campaign.contract.columns import COLUMN_NAMES
from campaign.transform.dbt_project import DBT_PROJECT
from campaign_sample.export import replacing, write_table

CUSTOMER_COLUMNS = ("campaign_id", "uid", "kind", "strength", "instance", "label")
SHOP_COLUMNS = ("campaign_id", "shop_id", "kind", "strength", "instance", "label")
ORDER_COLUMNS = ("campaign_id", "order_id", "kind", "strength", "instance", "abusive", "money")


def write_campaigns(plans: Iterable[CampaignPlan], folder: Path) -> list[CampaignRows]:
    """Write ``c<id>.csv.gz`` per campaign, ``campaign.csv`` and ``labels_{customers,shops,orders}.csv`` into the folder.

    ``campaign.csv`` is the project's campaign seed with a row more per campaign.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = [make_campaign(plan) for plan in plans]
    for rows in made:
        write_orders(rows, folder / f"c{rows.plan.campaign_id}.csv.gz")
    write_table(folder / "labels_customers.csv", CUSTOMER_COLUMNS, _subject_rows(made, "customer_labels"))
    write_table(folder / "labels_shops.csv", SHOP_COLUMNS, _subject_rows(made, "shop_labels"))
    write_table(folder / "labels_orders.csv", ORDER_COLUMNS, _order_rows(made))
    seed = (DBT_PROJECT / "seeds" / "campaign.csv").read_text().splitlines()
    known = [line.split(",") for line in seed[1:]]
    write_table(folder / "campaign.csv", seed[0].split(","), [*known, *(_seed_row(rows.plan) for rows in made)])
    return made


def write_orders(rows: CampaignRows, path: Path) -> None:
    """Write the orders as the contract wants them, compressed."""
    columns = (
        [str(time).replace("T", " ") for time in rows.txn_time],
        [str(day) for day in rows.txn_time.astype("datetime64[D]")],
        *(getattr(rows, name).tolist() for name in COLUMN_NAMES[2:]),
    )
    lines = (",".join(map(str, values)) for values in zip(*columns, strict=True))
    with replacing(path, compress=True) as file:
        file.write("\n".join((",".join(COLUMN_NAMES), *lines, "")).encode())


def _subject_rows(made: list[CampaignRows], labels: str) -> Iterable[tuple[object, ...]]:
    for rows in made:
        for subject, (case, label) in sorted(getattr(rows, labels).items()):
            yield rows.plan.campaign_id, subject, case.kind, case.strength, case.instance, label


def _order_rows(made: list[CampaignRows]) -> Iterable[tuple[object, ...]]:
    for rows in made:
        for row, case, abusive, money in rows.order_labels:
            order_id = int(rows.order_id[row])
            yield rows.plan.campaign_id, order_id, case.kind, case.strength, case.instance, int(abusive), money


def _seed_row(plan: CampaignPlan) -> tuple[object, ...]:
    last_day = plan.starts_on + timedelta(days=plan.days - 1)
    rate = f"{plan.rate_percent / 100:.2f}"
    return plan.campaign_id, plan.name, plan.starts_on, last_day, "Asia/Ho_Chi_Minh", "VND", rate, plan.cap, 1
