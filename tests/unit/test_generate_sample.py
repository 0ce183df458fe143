"""The sample generator: form, terms, repeatability, and a truth that can be found in the rows by independent means.

The checks read the CSV with the standard library and count with dictionaries: nothing of the generator validates itself.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from campaign.campaigns import load_campaigns
from campaign.contract.columns import COLUMN_NAMES, REASON_CODES
from campaign.ingest.validate.row import RowValidator, read_record
from campaign_sample import Plan, PlanError, write_sample
from campaign_sample import crowd as crowd_module
from campaign_sample.defects import DEFECTS
from campaign_sample.scenarios import SCENARIOS
from tools.generate_sample import DEFAULT_OUT, main

LINE = re.compile(
    rb'"2026-06-1[0-3] \d\d:\d\d:00","2026-06-1[0-3] 00:00:00",9\d{8},3\d{8},1\d{6},3\d{8},\d{1,9},\d{1,9}'
)
LARGE = Plan(rows=12_000, seed=20260610, cases=5)


def read(path: Path) -> list[dict]:
    """Rows of a generated file with numbers as numbers and ``time`` as a datetime."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update({name: int(row[name]) for name in COLUMN_NAMES[2:]})
        row["time"] = datetime.fromisoformat(row["txn_time"])
    return rows


def read_labels(path: Path) -> list[dict]:
    with open(path, newline="") as file:
        labels = list(csv.DictReader(file))
    for label in labels:
        label["orders"] = [int(order) for order in label["order_ids"].split("|")]
        label["rules"] = set(label["rules"].split("|")) - {""}
    return labels


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> tuple[list[dict], list[dict]]:
    """Rows and labels of a campaign with five cases of every scenario."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(LARGE, folder / "rows.csv", labels=folder / "labels.csv")
    return read(folder / "rows.csv"), read_labels(folder / "labels.csv")


def subjects(labels: list[dict], subject_type: str, rule: str, kinds: tuple[str, ...] = ("abuse", "trap")) -> set[str]:
    """Ids of the labelled subjects that have this rule."""
    chosen = (one for one in labels if one["subject_type"] == subject_type and rule in one["rules"])
    return {one["subject_id"] for one in chosen if one["kind"] in kinds}


# Form


def test_committed_sample_is_what_the_defaults_make(tmp_path):
    assert main(["--out", str(tmp_path / "again.csv")]) == 0
    assert (tmp_path / "again.csv").read_bytes() == DEFAULT_OUT.read_bytes(), (
        "include/data_sample/transaction_data.csv is not what tools/generate_sample.py makes: run the script and commit"
    )


def test_committed_sample_lies_in_the_window_and_terms_of_campaign_2():
    campaign = next(campaign for campaign in load_campaigns() if campaign.campaign_id == 2)
    defaults = Plan()
    assert (campaign.starts_on, campaign.ends_on) == (
        defaults.start,
        defaults.start + timedelta(days=defaults.days - 1),
    )
    assert (campaign.voucher_rate * 100, campaign.voucher_cap) == (defaults.rate_percent, defaults.cap)


def test_sample_has_the_form_of_the_platforms_export(tmp_path):
    write_sample(Plan(), tmp_path / "rows.csv")
    header, *lines = (tmp_path / "rows.csv").read_bytes().splitlines()
    assert header == ",".join(f'"{name}"' for name in COLUMN_NAMES).encode()
    assert len(lines) == 3000
    assert [line for line in lines if not LINE.fullmatch(line)] == []


def test_rows_keep_the_contract(large):
    rows, _ = large
    assert len(rows) == LARGE.rows
    assert len({row["order_id"] for row in rows}) == len(rows)
    assert all(row["txn_date"] == f"{row['time'].date()} 00:00:00" for row in rows)
    owners = defaultdict(set)
    for row in rows:
        owners[row["shop_id"]].add(row["shop_owner_uid"])
        earned = min(20_000, -(-row["gmv"] * 30 // 100))
        assert row["gmv"] > 0 and row["rebate"] in (0, earned), row
    assert all(len(owners_of_shop) == 1 for owners_of_shop in owners.values())
    assert any(row["gmv"] * 30 % 100 and 0 < row["rebate"] < 20_000 for row in rows), "nothing shows the rounding up"


def test_rows_come_in_order_of_time_and_order_ids_nearly_so(large):
    rows, _ = large
    times, ids = [row["time"] for row in rows], [row["order_id"] for row in rows]
    assert times == sorted(times)
    place = {order_id: place for place, order_id in enumerate(sorted(ids))}
    moved = [abs(place[order_id] - line) for line, order_id in enumerate(ids)]
    assert 0 < sum(distance > 0 for distance in moved) < len(ids) // 5 and max(moved) <= 6


def test_sample_looks_like_a_campaign(large):
    rows, _ = large
    hours = Counter(row["time"].hour for row in rows)
    assert hours[12] > hours[10] and hours[20] > hours[16] and hours[12] > 50 * hours[3]
    assert 0.80 < sum(row["rebate"] > 0 for row in rows) / len(rows) < 0.92
    assert Counter(row["gmv"] for row in rows).most_common(1)[0][0] == 70_000
    per_shop = sorted(Counter(row["shop_id"] for row in rows).values(), reverse=True)
    assert per_shop[0] > 50 * per_shop[len(per_shop) // 2] and 1 in per_shop
    shops = defaultdict(set)
    for row in rows:
        shops[row["shop_owner_uid"]].add(row["shop_id"])
    assert len([owner for owner, owned in shops.items() if len(owned) >= 2]) > 20


# Repeatability


def test_same_seed_same_bytes_and_another_seed_other_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_sample(Plan(rows=4000, seed=seed), tmp_path / name, labels=tmp_path / f"{name}.labels")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()
    assert (tmp_path / "a.labels").read_bytes() == (tmp_path / "b.labels").read_bytes()


def test_gzip_holds_the_same_rows(tmp_path, capsys):
    assert main(["--rows", "2000", "--out", str(tmp_path / "a.csv")]) == 0
    assert main(["--rows", "2000", "--out", str(tmp_path / "a.csv"), "--gzip"]) == 0
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == (tmp_path / "a.csv").read_bytes()


def test_several_blocks_a_day_lose_no_row_and_grant_no_second_voucher(tmp_path, monkeypatch):
    monkeypatch.setattr(crowd_module, "BLOCK_ROWS", 100)
    write_sample(Plan(rows=20_000, cases=0, days=2), tmp_path / "rows.csv")
    rows = read(tmp_path / "rows.csv")
    assert len(rows) == 20_000
    vouchers = Counter((row["uid"], row["txn_date"]) for row in rows if row["rebate"])
    assert set(vouchers.values()) == {1}


@pytest.mark.parametrize("rows, days", [(1, 1), (1, 4), (7, 30), (1499, 4), (5000, 1), (5000, 30)])
def test_any_size_and_length_gives_exactly_the_rows_asked_for(tmp_path, rows, days):
    write_sample(Plan(rows=rows, days=days), tmp_path / "rows.csv")
    written = read(tmp_path / "rows.csv")
    assert len(written) == rows
    assert all(date(2026, 6, 10) <= row["time"].date() < date(2026, 6, 10) + timedelta(days=days) for row in written)


# The planted truth, found again from the rows alone


def test_every_scenario_has_its_cases_and_every_label_its_orders(large):
    rows, labels = large
    cases = {(label["scenario"], label["case_number"]) for label in labels}
    assert Counter(scenario for scenario, _ in cases) == {scenario.name: 5 for scenario in SCENARIOS}
    by_id = {row["order_id"]: row for row in rows}
    for label in labels:
        column = {"customer": "uid", "shop": "shop_id"}.get(label["subject_type"])
        orders = [by_id[order] for order in label["orders"]]
        assert orders and (column is None or {str(order[column]) for order in orders} == {label["subject_id"]}), label


def test_no_subject_is_both_abuse_and_trap(large):
    _, labels = large
    kinds = defaultdict(set)
    for label in labels:
        kinds[label["subject_type"], label["subject_id"]].add(label["kind"])
    assert {kind for kinds_of_one in kinds.values() for kind in kinds_of_one} == {"abuse", "trap"}
    assert all(len(kinds_of_one) == 1 for kinds_of_one in kinds.values())


def test_more_than_one_voucher_a_day_only_where_planted_and_never_at_one_shop(large):
    rows, labels = large
    per_day = Counter((row["uid"], row["txn_date"]) for row in rows if row["rebate"])
    found = {str(uid) for (uid, _), vouchers in per_day.items() if vouchers > 1}
    assert found == subjects(labels, "customer", "use_more_than_1_voucher_per_day")
    at_shop = Counter((row["uid"], row["shop_id"], row["txn_date"]) for row in rows if row["rebate"])
    assert set(at_shop.values()) == {1}


def test_vouchers_at_several_shops_of_one_owner_are_found(large):
    rows, labels = large
    shops = defaultdict(set)
    for row in rows:
        if row["rebate"]:
            shops[row["uid"], row["shop_owner_uid"], row["txn_date"]].add(row["shop_id"])
    found = {str(uid) for (uid, _, _), visited in shops.items() if len(visited) > 1}
    assert subjects(labels, "customer", "several_vouchers_one_owner") <= found


def test_orders_under_1000_only_where_planted_and_without_rebate(large):
    rows, labels = large
    small = [row for row in rows if row["gmv"] < 1000]
    assert all(row["rebate"] == 0 for row in small)
    assert {str(row["uid"]) for row in small} == subjects(labels, "customer", "have_orders_under_1000")
    assert {str(row["shop_id"]) for row in small} == subjects(labels, "shop", "order_boosting")


def test_owners_at_their_own_shop_only_where_planted_and_with_rebate_only_as_abuse(large):
    rows, labels = large
    own = [row for row in rows if row["uid"] == row["shop_owner_uid"]]
    assert {str(row["uid"]) for row in own} == subjects(labels, "customer", "buys_at_own_shop")
    with_rebate = {str(row["uid"]) for row in own if row["rebate"]}
    assert with_rebate == subjects(labels, "customer", "buys_at_own_shop", kinds=("abuse",))


def owner_graph(rows: list[dict]) -> dict[int, set[int]]:
    """Owner → other owners at whose shops that owner bought."""
    owners = {row["shop_owner_uid"] for row in rows}
    bought: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row["uid"] in owners and row["uid"] != row["shop_owner_uid"]:
            bought[row["uid"]].add(row["shop_owner_uid"])
    return bought


def test_reciprocal_owners_only_where_planted(large):
    rows, labels = large
    bought = owner_graph(rows)
    found = {f"{a}-{b}" for a in bought for b in bought[a] if a < b and a in bought.get(b, ())}
    assert found == subjects(labels, "owner_pair", "reciprocal_owners")


def test_owner_rings_are_the_strongly_connected_owners(large):
    rows, labels = large
    bought = owner_graph(rows)

    def reachable(start: int) -> set[int]:
        seen, waiting = set(), [start]
        while waiting:
            for owner in bought.get(waiting.pop(), set()) - seen:
                seen.add(owner)
                waiting.append(owner)
        return seen

    reach = {owner: reachable(owner) for owner in bought}
    components = {frozenset(b for b in reach[a] if a in reach.get(b, ())) for a in bought}
    rings = {str(min(component)): component for component in components if len(component) >= 3}
    assert set(rings) == subjects(labels, "owner_ring", "owner_ring")
    assert {str(o) for ring in rings.values() for o in ring} == subjects(labels, "customer", "owner_ring")
    assert all(3 <= len(ring) <= 12 for ring in rings.values())


def test_groups_with_three_common_shops_are_the_planted_ones_and_no_office(large):
    rows, labels = large
    buyers = defaultdict(set)
    for row in rows:
        buyers[row["shop_id"]].add(row["uid"])
    common = Counter(
        pair for members in buyers.values() if len(members) <= 50 for pair in combinations(sorted(members), 2)
    )
    found = {str(uid) for pair, shops in common.items() if shops >= 3 for uid in pair}
    assert found == subjects(labels, "customer", "co_purchase_group", kinds=("abuse",))
    two_shops = {str(uid) for pair, shops in common.items() if shops == 2 for uid in pair}
    assert subjects(labels, "customer", "co_purchase_group", kinds=("trap",)) <= two_shops


def test_bursts_of_three_orders_in_five_minutes_only_where_planted(large):
    rows, labels = large
    times = defaultdict(list)
    for row in rows:
        times[row["uid"], row["txn_date"]].append(row["time"])
    quick = {
        uid
        for (uid, _), moments in times.items()
        if any(third - first <= timedelta(minutes=5) for first, third in zip(moments, moments[2:], strict=False))
    }
    small = {row["uid"] for row in rows if row["gmv"] < 1000}  # boosting comes in bursts too
    assert {str(uid) for uid in quick - small} == subjects(labels, "customer", "order_burst")


def orders_by(rows: list[dict], column: str) -> dict[str, list[dict]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[str(row[column])].append(row)
    return grouped


def minutes_between(first: dict, second: dict) -> float:
    return (second["time"] - first["time"]).total_seconds() / 60


def top_share(values: list) -> float:
    return Counter(values).most_common(1)[0][1] / len(values)


def test_customers_at_one_shop_and_shops_of_one_buyer_have_their_minimum_evidence(large):
    rows, labels = large
    customers, shops = orders_by(rows, "uid"), orders_by(rows, "shop_id")
    for uid in subjects(labels, "customer", "customer_at_one_shop"):
        assert max(Counter(row["shop_id"] for row in customers[uid]).values()) > LARGE.days
    for shop in subjects(labels, "shop", "one_buyer_shop"):
        assert len(shops[shop]) >= 5 and top_share([row["uid"] for row in shops[shop]]) >= 0.5


def test_repeated_amounts_have_their_minimum_evidence(large):
    rows, labels = large
    customers, shops = orders_by(rows, "uid"), orders_by(rows, "shop_id")
    for uid in subjects(labels, "customer", "repeated_amount"):
        assert len(customers[uid]) >= 4 and len({row["gmv"] for row in customers[uid]}) == 1
    for shop in subjects(labels, "shop", "repeated_amount"):
        assert len(shops[shop]) >= 5 and top_share([row["gmv"] for row in shops[shop]]) >= 0.8


def test_equal_amounts_within_ten_minutes_at_a_shop_have_three_customers(large):
    rows, labels = large
    shops = orders_by(rows, "shop_id")
    for shop in subjects(labels, "shop", "shop_burst_same_amount"):
        customers = [
            {o["uid"] for o in shops[shop] if o["gmv"] == first["gmv"] and 0 <= minutes_between(first, o) <= 10}
            for first in shops[shop]
        ]
        assert max(map(len, customers)) >= 3, shop


def test_subsidy_farms_take_28_percent_over_five_vouchers(large):
    rows, labels = large
    shops = orders_by(rows, "shop_id")
    for shop in subjects(labels, "shop", "subsidy_intensity", kinds=("abuse",)):
        orders = [row for row in shops[shop] if row["rebate"]]
        assert len(orders) >= 5 and 100 * sum(o["rebate"] for o in orders) >= 28 * sum(o["gmv"] for o in orders)


# Wishes


def test_noise_none_plants_abusers_who_do_nothing_else(tmp_path):
    write_sample(Plan(rows=5000, noise=0, only=("owner_ring",)), tmp_path / "rows.csv", labels=tmp_path / "labels.csv")
    customers = orders_by(read(tmp_path / "rows.csv"), "uid")
    labels = [label for label in read_labels(tmp_path / "labels.csv") if label["subject_type"] == "customer"]
    assert labels
    assert all(len(customers[label["subject_id"]]) == len(label["orders"]) for label in labels)


def test_sizes_are_kept(tmp_path):
    plan = Plan(rows=3000, cases=4, only=("owner_ring",), sizes={"owner_ring.members": (7, 7)})
    write_sample(plan, tmp_path / "rows.csv", labels=tmp_path / "labels.csv")
    members = Counter(
        one["case_number"] for one in read_labels(tmp_path / "labels.csv") if one["subject_type"] == "customer"
    )
    assert list(members.values()) == [7, 7, 7, 7]


def test_terms_move_rebates_and_farming_alike(tmp_path):
    plan = Plan(rows=3000, rate_percent=50, cap=10_000, only=("subsidy_farm",))
    write_sample(plan, tmp_path / "rows.csv", labels=tmp_path / "labels.csv")
    rows = {row["order_id"]: row for row in read(tmp_path / "rows.csv")}
    assert {row["rebate"] for row in rows.values()} >= {10_000, 0}
    farmed = [rows[order] for label in read_labels(tmp_path / "labels.csv") for order in label["orders"]]
    assert all(20_000 <= order["gmv"] <= 20_332 and order["rebate"] == 10_000 for order in farmed)


@pytest.mark.parametrize("rows, cases", [(1499, 0), (1500, 1), (3000, 2), (50_000, 5), (10_000_000, 300)])
def test_number_of_cases_grows_with_the_campaign(rows, cases):
    assert Plan(rows=rows).cases_each == cases
    assert Plan(rows=rows, cases=7).cases_each == 7


# Bad lines


def test_bad_lines_cover_the_contracts_reasons():
    assert {reason for reason, _ in DEFECTS} == set(REASON_CODES) - {
        "line_too_long",
        "cut_id",
        "differing_lines",
        "conflicting_order",
        "file_failed",
    }


def test_bad_lines_are_where_the_key_says_and_the_judge_gives_the_same_reasons(tmp_path):
    plan = Plan(rows=4000, bad_share=0.05)
    summary = write_sample(plan, tmp_path / "rows.csv", rejections=tmp_path / "key.csv")
    lines = (tmp_path / "rows.csv").read_bytes().splitlines(keepends=True)
    with open(tmp_path / "key.csv", newline="") as file:
        key = {int(row["line_number"]): row["reason_code"] for row in csv.DictReader(file)}
    assert len(lines) == 4001 and len(key) == summary.bad_rows == 200 and summary.reasons == Counter(key.values())
    validator = RowValidator(COLUMN_NAMES, load_campaigns())
    by_set = {"second_owner_of_shop": "accepted"}  # this needs the other rows
    for number, line in enumerate(lines[1:], start=2):
        record = read_record(line, 0, len(COLUMN_NAMES), is_last=True)
        verdict = validator.validate(record, len(line) - 1)
        reason = key.get(number, "accepted")
        assert getattr(verdict, "reason", "accepted") == by_set.get(reason, reason), (number, line)


def test_second_owners_contradict_the_good_row_before_them(tmp_path):
    write_sample(Plan(rows=4000, bad_share=0.05), tmp_path / "rows.csv", rejections=tmp_path / "key.csv")
    lines = (tmp_path / "rows.csv").read_bytes().splitlines()
    with open(tmp_path / "key.csv", newline="") as file:
        key = [int(row["line_number"]) for row in csv.DictReader(file) if row["reason_code"] == "second_owner_of_shop"]
    assert key
    for number in key:
        row, before = lines[number - 1].split(b","), lines[number - 2].split(b",")
        changed = [name for name, new, old in zip(COLUMN_NAMES, row, before, strict=True) if new != old]
        assert changed == ["order_id", "shop_owner_uid"]


# Clear errors


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--rows", "0"], "rows is 0: at least 1 is needed"),
        (["--days", "0"], "days is 0"),
        (["--bad-share", "0.9"], "bad-share is 0.9: a share from 0 to 0.5"),
        (["--only", "rings"], "there is no scenario 'rings'; there are: account_flock"),
        (["--size", "owner_ring.colour=1-2"], "there is no size 'owner_ring.colour'"),
        (["--size", "owner_ring.members=9-2"], "the smaller one first"),
        (["--rows", "500", "--cases", "9"], "raise --rows, lower --cases"),
    ],
)
def test_wrong_wish_is_refused_in_a_sentence_and_writes_nothing(tmp_path, capsys, arguments, words):
    assert main(["--out", str(tmp_path / "rows.csv"), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_missing_is_named(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "missing" / "rows.csv")]) == 2
    assert f"the folder {tmp_path / 'missing'} does not exist" in capsys.readouterr().err


def test_failure_while_writing_leaves_no_half_file(tmp_path):
    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(Plan(), tmp_path / "rows.csv", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_plan_refuses_in_the_api_too():
    with pytest.raises(PlanError, match="seed is -1"):
        Plan(seed=-1)
