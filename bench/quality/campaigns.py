"""Generated campaigns side by side in one database: each seed has days, order ids and a row in the campaign seed of its own."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from campaign.database import connect
from campaign.dbt_project import DBT_PROJECT
from campaign.settings import Settings
from campaign_sample import Plan, write_sample

FIRST_DAY = date(2031, 1, 1)
DAYS_APART = 30
ORDER_IDS_APART = 10**12
# What varies from seed to seed: how much ordinary buying hides the abuse, and how long the campaign is.
NOISES = (0.0, 0.3, 0.6)
LENGTHS = (4, 4, 7, 4, 10)


@dataclass(frozen=True)
class Label:
    """What the generator says of one subject; ``case`` is its case's number within the campaign."""

    campaign_id: int
    subject_type: str
    subject_id: str
    kind: str
    scenario: str
    rules: frozenset[str]
    case: int
    orders: frozenset[int]


@dataclass(frozen=True)
class DrawnCampaign:
    """One seed's campaign. ``campaign_id`` is the seed plus 1,000, so that the project's own campaigns stay free."""

    seed: int
    place: int
    rows: int
    cases: int

    @property
    def campaign_id(self) -> int:
        """Its id in the campaign seed."""
        return 1_000 + self.seed

    @property
    def plan(self) -> Plan:
        """What the generator shall make."""
        return Plan(
            rows=self.rows,
            seed=self.seed,
            start=FIRST_DAY + timedelta(days=DAYS_APART * self.place),
            days=LENGTHS[self.place % len(LENGTHS)],
            cases=self.cases,
            noise=NOISES[self.place % len(NOISES)],
        )

    @property
    def first_order_id(self) -> int:
        """What is added to the generator's order ids, which begin anew for every seed."""
        return ORDER_IDS_APART * (self.place + 1)


def load(campaign: DrawnCampaign, settings: Settings, folder: Path) -> list[Label]:
    """Generate the campaign, add its orders to those accepted, and return the truth about it."""
    file, labels = folder / f"{campaign.seed}.csv", folder / f"{campaign.seed}.labels.csv"
    write_sample(campaign.plan, file, labels=labels)
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"load data local infile '{file}' into table {settings.raw_database}.transaction_data"
            " fields terminated by ',' optionally enclosed by '\"' ignore 1 lines"
            " (txn_time, @txn_date, @order_id, uid, shop_id, shop_owner_uid, gmv, rebate)"
            f" set txn_date = date(@txn_date), order_id = @order_id + {campaign.first_order_id}, load_no = 1"
        )
        connection.commit()
    with labels.open(newline="") as lines:
        return [_label(line, campaign) for line in csv.DictReader(lines)]


def _label(line: dict[str, str], campaign: DrawnCampaign) -> Label:
    return Label(
        campaign_id=campaign.campaign_id,
        subject_type=line["subject_type"],
        subject_id=line["subject_id"],
        kind=line["kind"],
        scenario=line["scenario"],
        rules=frozenset(filter(None, line["rules"].split("|"))),
        case=int(line["case_number"]),
        orders=frozenset(int(order) + campaign.first_order_id for order in line["order_ids"].split("|") if order),
    )


def project_with(campaigns: list[DrawnCampaign], folder: Path) -> Path:
    """Copy the dbt project into ``folder`` with a row per campaign in its seed, and return where it lies."""
    project = folder / "dbt"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", ".user.yml"))
    seed = project / "seeds" / "campaign.csv"
    with seed.open("a", newline="") as file:
        for campaign in campaigns:
            plan = campaign.plan
            last_day = plan.start + timedelta(days=plan.days - 1)
            terms = ("UTC", "VND", plan.rate_percent / 100, plan.cap, 1)
            csv.writer(file).writerow((campaign.campaign_id, f"Seed {campaign.seed}", plan.start, last_day, *terms))
    return project
