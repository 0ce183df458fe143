"""Labelled campaigns: the contract holds, labels point at what is there, every kind is there, and a seed is a campaign."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.quality import marginals
from bench.quality.generate import main
from bench.quality.labelled.abuse import ABUSE
from bench.quality.labelled.campaign import CampaignRows, drawn_cases, make_campaign
from bench.quality.labelled.case import STRENGTHS
from bench.quality.labelled.files import write_campaigns
from bench.quality.labelled.lookalikes import LOOKALIKES
from bench.quality.labelled.plan import CampaignPlan
from bench.quality.labelled.sets import SEEDS, campaign_set, plans_of
from campaign.campaigns import load_campaigns
from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.validate.row import Accepted, RowValidator, read_record

EVERY_CASE = [(plant, "-") for plant in LOOKALIKES] + [(plant, each) for plant in ABUSE for each in STRENGTHS]
PLANS = {name: campaign_set(name) for name in SEEDS}


def small(**more: object) -> CampaignPlan:
    """A plan of few background orders; the platform stops every second voucher unless the test says otherwise."""
    plan = plans_of([11])[0]
    return replace(plan, orders=2500, days=6, second_voucher=0.0, abuse=1.0, rate_percent=30, cap=20_000, **more)


@pytest.fixture(scope="module")
def everything() -> CampaignRows:
    """A campaign with one case of every look-alike, and of every abuse in every strength."""
    return make_campaign(small(), EVERY_CASE)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A folder with two small campaigns, an honest one among them."""
    folder = tmp_path_factory.mktemp("labelled")
    abusive, honest = plans_of([11, 12], honest=[12])
    write_campaigns([replace(abusive, orders=2500, second_voucher=0.5), replace(honest, orders=2500)], folder)
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(text.splitlines()))


def test_every_row_is_accepted(files: Path) -> None:
    validator = RowValidator(COLUMN_NAMES, load_campaigns(files / "campaign.csv"))
    owners: dict[tuple[int, int], int] = {}
    seen: set[int] = set()
    for path in sorted(files.glob("c*.csv.gz")):
        header, *lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        assert header.decode().strip().split(",") == list(COLUMN_NAMES)
        for line in lines:
            verdict = validator.validate(read_record(line, 0, len(COLUMN_NAMES), is_last=True), len(line) - 1)
            assert isinstance(verdict, Accepted), (line, verdict)
            assert verdict.campaign_id == int(path.name[1:].split(".")[0])
            assert (
                owners.setdefault((verdict.campaign_id, verdict.shop_id), verdict.shop_owner_uid)
                == verdict.shop_owner_uid
            )
            assert verdict.order_id not in seen
            seen.add(verdict.order_id)


def test_labels_point_at_customers_shops_and_orders_of_their_campaign(files: Path) -> None:
    present = {name: set() for name in ("uid", "shop_id", "order_id")}
    rebates = {}
    for path in files.glob("c*.csv.gz"):
        for row in rows_of(path):
            rebates[row["order_id"]] = int(row["rebate"])
            for name, ids in present.items():
                ids.add((path.name[1:].split(".")[0], row[name]))
    for table, name in (("customers", "uid"), ("shops", "shop_id"), ("orders", "order_id")):
        labels = rows_of(files / f"labels_{table}.csv")
        subjects = [(label["campaign_id"], label[name]) for label in labels]
        assert subjects and set(subjects) <= present[name]
        assert len(set(subjects)) == len(subjects), "a subject has one label"
    for label in rows_of(files / "labels_orders.csv"):
        assert 0 <= int(label["money"]) <= rebates[label["order_id"]] * int(label["abusive"])


def test_honest_campaigns_hold_no_abuse_but_what_the_platform_lets_pass(files: Path) -> None:
    for table in ("customers", "shops"):
        labels = rows_of(files / f"labels_{table}.csv")
        strengths = {label["campaign_id"]: set() for label in labels}
        for label in labels:
            strengths[label["campaign_id"]].add(label["strength"])
            assert (label["strength"] == "-") == (label["label"] == "0")
        assert strengths["12"] <= {"-", "natural"}
        assert strengths["11"] >= set(STRENGTHS)


def test_the_same_seed_writes_the_same_files_and_another_does_not(tmp_path: Path, capsys) -> None:
    for folder, seed in (("a", 21), ("b", 21), ("c", 22)):
        main(["--seed", str(seed), "--out", str(tmp_path / folder)])
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["c21.csv.gz", "campaign.csv", "labels_customers.csv", "labels_orders.csv", "labels_shops.csv"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert rows_of(tmp_path / "c" / "c22.csv.gz")[0]["uid"] != rows_of(tmp_path / "a" / "c21.csv.gz")[0]["uid"]
    assert "21 Generated 21:" in capsys.readouterr().out


@pytest.mark.parametrize(("plant", "strength"), EVERY_CASE, ids=lambda value: getattr(value, "__name__", value))
def test_each_kind_has_labelled_customers_and_orders(everything: CampaignRows, plant, strength: str) -> None:
    kind = plant.__name__, strength
    labels = [label for case, label in everything.customer_labels.values() if (case.kind, case.strength) == kind]
    orders = [abusive for _, case, abusive, _ in everything.order_labels if (case.kind, case.strength) == kind]
    assert labels and set(labels) == {0 if strength == "-" else 1}
    assert orders and any(orders) == (strength != "-")


def test_thin_abuse_is_smaller_than_strong(everything: CampaignRows) -> None:
    plan = small()
    orders = {
        strength: sum(
            abusive for *_, abusive, _ in make_campaign(plan, [(plant, strength) for plant in ABUSE]).order_labels
        )
        for strength in STRENGTHS
    }
    assert orders["strong"] > 1.5 * orders["medium"] > 1.5 * 1.5 * orders["thin"]


def test_vouchers_keep_to_the_terms_but_for_planted_excess(everything: CampaignRows) -> None:
    stacked = {
        row
        for row, case, abusive, _ in everything.order_labels
        if abusive and case.kind in ("voucher_stacking", "shop_carousel")
    }
    days = everything.txn_time.astype("datetime64[D]")
    used: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in np.flatnonzero(everything.rebate):
        used[int(everything.uid[row]), str(days[row])].append(int(row))
    for rows in used.values():
        assert len(rows) == 1 or stacked.intersection(rows)
        assert len({int(everything.shop_id[row]) for row in rows}) == len(rows), (
            "one voucher per customer, shop and day"
        )


def test_a_platform_that_misses_second_vouchers_makes_natural_breaches() -> None:
    rows = make_campaign(replace(small(), second_voucher=0.5), [])
    natural = [case for case, label in rows.customer_labels.values() if label == 1]
    assert natural and {(case.kind, case.strength) for case in natural} == {("voucher_stacking", "natural")}
    assert sum(money for *_, money in rows.order_labels) > 0


def test_tuning_set_has_every_kind_in_every_strength_several_times() -> None:
    planned = Counter(case for plan in PLANS["tuning"] for case in drawn_cases(plan))
    assert {case: planned[case] for case in EVERY_CASE if planned[case] < 5} == {}


def test_gate_set_has_every_kind() -> None:
    planned = Counter(plant for plan in PLANS["gate"] for plant, _ in drawn_cases(plan))
    assert set(planned) == {*ABUSE, *LOOKALIKES}


def test_sets_are_apart_and_hold_honest_campaigns_and_windows_that_do_not_overlap() -> None:
    plans = [plan for each in PLANS.values() for plan in each]
    assert len({plan.seed for plan in plans}) == len(plans) == 30
    for name, share in (("tuning", 4), ("gate", 3)):
        honest = [plan for plan in PLANS[name] if not plan.abuse]
        assert len(honest) == len(PLANS[name]) // share
        assert all(plan.name.startswith("Honest") for plan in honest)
    windows = sorted((plan.starts_on.toordinal(), plan.starts_on.toordinal() + plan.days) for plan in plans)
    assert all(end <= start for (_, end), (start, _) in zip(windows, windows[1:], strict=False))
    assert {4, 14} <= {plan.days for plan in plans}, "short and long campaigns"
    assert len({plan.rate_percent for plan in plans}) > 1, "no amount is special in all campaigns"


def test_marginals_count_what_can_be_counted_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "real.csv"
    file.write_text(
        "txn_time,txn_date,order_id,uid,shop_id,shop_owner_uid,gmv,rebate\n"
        "2019-10-30 12:00:00,2019-10-30,1,5,1,9,70000,20000\n"
        "2019-10-30 13:00:00,2019-10-30,2,6,1,9,20000,0\n"
        "2019-10-31 23:00:00,2019-10-31,3,6,1,9,999,0\n"
        "2019-11-01 12:00:00,2019-11-01,4,7,2,6,100000,20000\n"
        "2019-11-01 12:00:00,2019-11-01,5,8,3,10,40000,12000\n"
        "2019-11-01 12:04:00,2019-11-01,6,8,3,10,20000,0\n"
    )
    orders = marginals.read_orders(file)
    with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning):  # no shop has five orders
        figures = marginals.measures(orders)
    assert figures["customers with one order"] == 2 / 4
    assert figures["orders with a voucher"] == 3 / 6
    assert figures["orders under 1,000"] == 1 / 6
    assert figures["orders by owners of shops"] == 2 / 6
    assert figures["shops with one order"] == 1 / 3
    assert figures["... their orders at their most used shop"] == 4 / 4
    assert figures["customers who order again within 20 minutes"] == 1 / 4
    assert figures["orders within 5 minutes of the shop's order before"] == 1 / 6
    assert len(marginals.first_days(orders, 2)["gmv"]) == 3
