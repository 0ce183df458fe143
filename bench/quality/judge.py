"""Precision, recall and money recall: what was flagged, held against what was planted.

A subject is a customer or a shop of one campaign. *Planted* are those of planted abuse that a rule can see, with at least
that rule's minimum evidence (of pairs, rings and groups: of the whole). *Right* is a flagged subject of planted abuse, whatever
its evidence. Money is the rebate of planted orders; it is found where the order is evidence of a hit on a flagged subject.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bench.quality.campaigns import Label
from campaign.database import connect
from campaign.settings import Settings

Subject = tuple[int, str, str]  # campaign_id, customer or shop, id
UNDER_1000 = ("have_orders_under_1000", "order_boosting")
PROMISED = (*UNDER_1000, "use_more_than_1_voucher_per_day")


@dataclass(frozen=True)
class Hit:
    """One subject named by one rule; orders are the evidence placed by or at it."""

    subject: Subject
    rule_id: str
    listed: bool
    orders: frozenset[int]


@dataclass(frozen=True)
class Found:
    """What the build found: hits, subjects of band review and up, minimum evidence per rule, rebate per order."""

    hits: list[Hit]
    flagged: frozenset[Subject]
    minimum: dict[str, int]
    rebate: dict[int, int]


@dataclass(frozen=True)
class Score:
    """Counts of one way to flag; ratios are None where there is nothing to divide by."""

    flagged: int
    right: int
    planted: int
    found: int
    money: int
    money_found: int

    @property
    def precision(self) -> float | None:
        """Share of the flagged that were planted abuse."""
        return self.right / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """Share of the planted that were flagged."""
        return self.found / self.planted if self.planted else None

    @property
    def money_recall(self) -> float | None:
        """Share of the planted rebates that were found."""
        return self.money_found / self.money if self.money else None


def read_found(settings: Settings) -> Found:
    """Read what was built."""
    with connect(settings, settings.build_database) as connection, connection.cursor() as cursor:

        def rows(statement: str) -> list[tuple]:
            cursor.execute(statement)
            return cursor.fetchall()

        # Members of a group are customers; each is answered for by their own orders. Shadow hits are in fraud_signal alone.
        orders: dict[tuple, set[int]] = {}
        for campaign_id, rule_id, kind, subject, listed, order_id in rows(
            "select campaign_id, rule_id, case when subject_type = 'shop' then 'shop' else 'customer' end,"
            " case when subject_type = 'shop' then shop_id else customer_id end, listed, order_id from int_fraud_evidence"
        ):
            key = (campaign_id, kind, str(subject)), rule_id, bool(listed)
            orders.setdefault(key, set()).add(order_id)
        hits = [Hit(*key, frozenset(found)) for key, found in orders.items()]
        flagged = {
            (campaign_id, kind, str(subject))
            for kind in ("customer", "shop")
            for campaign_id, subject in rows(f"select campaign_id, {kind}_id from {kind}_risk where band <> 'watch'")
        }
        minimum = dict(rows("select rule_id, minimum_evidence from fraud_rule"))
        rebate = dict(rows(f"select order_id, cast(rebate as signed) from {settings.raw_database}.transaction_data"))
    return Found(hits, frozenset(flagged), minimum, rebate)


def subject_of(label: Label) -> Subject:
    """Return who the label is about."""
    return label.campaign_id, label.subject_type, label.subject_id


def planted_with_enough(
    labels: Collection[Label], found: Found, rules: Collection[str] | None = None
) -> dict[Subject, set[int]]:
    """Return the planted subjects with the minimum of one of the rules (of any, if none are named), with their orders."""
    whole: dict[tuple[int, int, str], int] = {}  # orders of the largest pair, ring or group of a case, by rule
    for label in labels:
        if label.subject_type not in ("customer", "shop"):
            for rule in label.rules:
                key = label.campaign_id, label.case, rule
                whole[key] = max(whole.get(key, 0), len(label.orders))
    planted: dict[Subject, set[int]] = {}
    for label in labels:
        if label.kind != "abuse" or label.subject_type not in ("customer", "shop"):
            continue
        for rule in label.rules if rules is None else label.rules & set(rules):
            orders = max(len(label.orders), whole.get((label.campaign_id, label.case, rule), 0))
            if orders >= found.minimum[rule]:
                planted.setdefault(subject_of(label), set()).update(label.orders)
    return planted


def score(
    labels: Collection[Label],
    found: Found,
    flagged: Collection[Subject],
    hits: Iterable[Hit],
    planted: dict[Subject, set[int]],
) -> Score:
    """Count a way to flag: the subjects it flags and the hits that are its evidence, against what was planted."""
    abuse = {subject_of(label) for label in labels if label.kind == "abuse"}
    evidence = {order for hit in hits if hit.subject in flagged for order in hit.orders}
    money_orders = set().union(*planted.values())
    return Score(
        flagged=len(flagged),
        right=len(abuse & set(flagged)),
        planted=len(planted),
        found=len(planted.keys() & set(flagged)),
        money=sum(found.rebate[order] for order in money_orders),
        money_found=sum(found.rebate[order] for order in money_orders & evidence),
    )


def score_of_rule(labels: Collection[Label], found: Found, rule_id: str) -> Score:
    """Count one rule: all its hits, whatever the band."""
    hits = [hit for hit in found.hits if hit.rule_id == rule_id]
    flagged = {hit.subject for hit in hits}
    return score(labels, found, flagged, hits, planted_with_enough(labels, found, [rule_id]))


def score_of_rules_alone(labels: Collection[Label], found: Found, rule_ids: Collection[str]) -> Score:
    """Count a list of these rules' hits without score and band, against everything that was planted."""
    hits = [hit for hit in found.hits if hit.rule_id in rule_ids]
    flagged = {hit.subject for hit in hits}
    return score(labels, found, flagged, hits, planted_with_enough(labels, found))


def score_of_list(labels: Collection[Label], found: Found) -> Score:
    """Count the list that people are asked to look at: band review and up."""
    hits = [hit for hit in found.hits if hit.listed]
    return score(labels, found, found.flagged, hits, planted_with_enough(labels, found))


def wrongly_flagged(labels: Collection[Label], found: Found) -> list[tuple[Subject, str]]:
    """Return the flagged who are no planted abuse, with the trap they are from or ``crowd``."""
    scenario = {subject_of(label): label.scenario for label in labels if label.kind == "trap"}
    abuse = {subject_of(label) for label in labels if label.kind == "abuse"}
    return [(subject, scenario.get(subject, "crowd")) for subject in sorted(found.flagged - abuse)]


def missed(labels: Collection[Label], found: Found) -> list[tuple[Subject, str]]:
    """Return the planted with enough evidence who are not flagged, with their scenario."""
    scenario = {subject_of(label): label.scenario for label in labels if label.kind == "abuse"}
    return [(s, scenario[s]) for s in sorted(planted_with_enough(labels, found).keys() - found.flagged)]
