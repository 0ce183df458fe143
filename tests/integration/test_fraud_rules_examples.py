"""Each rule against the examples that lie beside it: dbt/models/fraud/rules/<rule_id>.examples.csv.

One row per order; rows with the same text in `example` belong together and share no customer, shop or order with other
examples. `hits`, on the first row, is `none`, or per hit subject, day, evidence orders and money at risk, separated by `;`;
the subject of a pair is both ids with a hyphen.
Order ids follow the order of the rows.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from campaign.settings import Settings
from tests.integration.marts_harness import DBT_PROJECT, Order, build, build_database, read_seed, store

# Ids in the examples are small; every example gets a range of its own.
IDS_PER_EXAMPLE = 1_000


@dataclass
class Example:
    """Orders, and the hits of the rule they lie beside."""

    rule_id: str
    name: str
    hits: set[tuple[str, str, int, Decimal]]
    orders: list[dict[str, str]] = field(default_factory=list)


def _read_examples() -> list[Example]:
    examples: dict[tuple[str, str], Example] = {}
    for path in sorted((DBT_PROJECT / "models" / "fraud" / "rules").glob("*.examples.csv")):
        rule_id = path.name.removesuffix(".examples.csv")
        with path.open(newline="") as file:
            for line in csv.DictReader(file):
                key = rule_id, line["example"]
                if key not in examples:
                    examples[key] = Example(*key, _parse_hits(line["hits"]))
                examples[key].orders.append(line)
    return list(examples.values())


def _parse_hits(text: str) -> set[tuple[str, str, int, Decimal]]:
    if text == "none":
        return set()
    hits = (hit.split() for hit in text.split(";"))
    return {(subject, day, int(orders), Decimal(money)) for subject, day, orders, money in hits}


EXAMPLES = _read_examples()


def _orders_of(number: int, example: Example) -> list[Order]:
    base = (number + 1) * IDS_PER_EXAMPLE
    return [
        Order(
            order_id=base + position,
            time=line["txn_time"],
            uid=base + int(line["uid"]),
            shop_id=base + int(line["shop_id"]),
            gmv=line["gmv"],
            rebate=line["rebate"],
            owner=base + int(line["shop_owner_uid"]),
        )
        for position, line in enumerate(example.orders, start=1)
    ]


@pytest.fixture(scope="module")
def hits(mysql_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], set]:
    """Build all examples at once and return (rule, number of the example) -> hits, ids as in the example."""
    orders = [order for number, example in enumerate(EXAMPLES) for order in _orders_of(number, example)]
    store(mysql_settings, [order.as_row() for order in orders])
    build(tmp_path_factory.mktemp("dbt"))
    found: dict[tuple[str, int], set] = {}
    with build_database(mysql_settings) as query:
        for row in query("select rule_id, subject_id, txn_date, order_count, money_at_risk from fraud_signal"):
            ids = [divmod(int(uid), IDS_PER_EXAMPLE) for uid in row["subject_id"].split("-")]
            (number,) = {number for number, _ in ids}
            hit = "-".join(str(uid) for _, uid in ids), str(row["txn_date"]), row["order_count"], row["money_at_risk"]
            found.setdefault((row["rule_id"], number - 1), set()).add(hit)
    return found


@pytest.mark.parametrize(
    ("number", "example"),
    list(enumerate(EXAMPLES)),
    ids=[f"{example.rule_id}: {example.name}" for example in EXAMPLES],
)
def test_rule_finds_what_its_example_says(hits, number: int, example: Example) -> None:
    assert hits.get((example.rule_id, number), set()) == example.hits


def test_reason_counts_the_own_orders_only_where_others_are_among_them(hits, mysql_settings: Settings) -> None:
    of_customers = "select reason from suspected_fraud_customers where fraud_note = %s"
    with build_database(mysql_settings) as query:
        outliers = [row["reason"] for row in query(of_customers, ("amount_outlier",))]
        rings = [row["reason"] for row in query(of_customers, ("owner_ring",))]
    assert outliers and not any("Of these" in reason for reason in outliers)
    assert rings and all(re.search(r"Of these, \d+ orders? (is|are) by this customer\.$", reason) for reason in rings)


@pytest.mark.parametrize("rule_id", [rule["rule_id"] for rule in read_seed("fraud_rule") if rule["kind"] != "control"])
def test_rule_has_examples_that_must_and_must_not_hit(rule_id: str) -> None:
    examples = [example for example in EXAMPLES if example.rule_id == rule_id]
    assert any(example.hits for example in examples), f"{rule_id}: no example that must hit"
    assert any(not example.hits for example in examples), f"{rule_id}: no example that must not hit"
