"""One whole campaign from its plan: background, planted cases, vouchers within the terms, numbers, labels."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.quality.labelled.abuse import ABUSE
from bench.quality.labelled.background import make_background
from bench.quality.labelled.case import STRENGTHS, Case
from bench.quality.labelled.lookalikes import LOOKALIKES
from bench.quality.labelled.market import ABUSIVE, DAY, CaseLabel, Market
from bench.quality.labelled.plan import CampaignPlan

ORDER_ID_GAP = 60  # the platform's other orders take the numbers between
# One person's vouchers past the limit: only the excess is taken by abuse, the first of the day is allowed.
EXCESS_ONLY = "voucher_stacking"
NATURAL = "natural"

PlannedCase = tuple[Callable[[Case], None], str]  # the function that plants it, and its strength


@dataclass(frozen=True)
class CampaignRows:
    """The orders in order of time, one array per column (txn_time as datetime64[s]), and the truth about them.

    customer_labels, shop_labels: id → (case, label); order_labels: (row, case, abusive, money) of planted orders.
    """

    plan: CampaignPlan
    txn_time: np.ndarray
    order_id: np.ndarray
    uid: np.ndarray
    shop_id: np.ndarray
    shop_owner_uid: np.ndarray
    gmv: np.ndarray
    rebate: np.ndarray
    customer_labels: dict[int, tuple[CaseLabel, int]]
    shop_labels: dict[int, tuple[CaseLabel, int]]
    order_labels: list[tuple[int, CaseLabel, bool, int]]


def make_campaign(plan: CampaignPlan, cases: Sequence[PlannedCase] | None = None) -> CampaignRows:
    """Make the campaign of this plan, with these cases instead of those drawn; the same plan gives the same campaign."""
    market = Market(plan)
    background = make_background(market)
    for number, (plant, strength) in enumerate(drawn_cases(plan) if cases is None else cases):
        # Each case has random numbers of its own.
        rng = np.random.default_rng([plan.seed, number, zlib.crc32(f"{plant.__name__} {strength}".encode())])
        plant(Case(market, rng, plant.__name__, strength))
    planted = market.orders
    fields = ("at", "customer", "shop", "gmv", "voucher", "against_terms", "case", "abusive")
    columns = {name: np.array([getattr(order, name) for order in planted]) for name in fields}
    honest = {name: getattr(background, name) for name in ("at", "customer", "shop", "gmv", "voucher")}
    honest |= {name: np.zeros(len(background.at), dtype=bool) for name in ("against_terms", "abusive")}
    honest["case"] = np.full(len(background.at), -1)
    if planted:
        columns = {name: np.concatenate([honest[name], columns[name].astype(honest[name].dtype)]) for name in fields}
    else:
        columns = honest
    if plan.whole_minutes:
        columns["at"] = columns["at"] // 60 * 60
    rng = np.random.default_rng([plan.seed, 3])
    by_time = np.lexsort((rng.random(len(columns["at"])), columns["at"]))
    columns = {name: column[by_time] for name, column in columns.items()}
    rebate, excess = _rebates(plan, columns, rng)
    return _rows(market, columns, rebate, excess, rng)


def drawn_cases(plan: CampaignPlan) -> list[PlannedCase]:
    """Draw which kinds occur in the campaign, in which strength and how often, in the order in which they are planted."""
    rng = np.random.default_rng([plan.seed, 4])
    size = plan.orders / 10_000
    cases: list[PlannedCase] = []
    for plant in LOOKALIKES:
        cases += [(plant, "-")] * int(rng.poisson(plan.lookalikes * size))
    for plant in ABUSE:
        occurs = rng.random() < plan.share_of_kinds
        for strength in STRENGTHS:
            cases += [(plant, strength)] * (int(rng.poisson(plan.abuse * size)) if occurs else 0)
    return [cases[number] for number in rng.permutation(len(cases))]


def _rebates(
    plan: CampaignPlan, columns: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Grant vouchers in order of time: one per customer and day, more where the platform fails to stop it.

    Never two at one shop on one day. Returns the rebates and which orders are over the limit.
    """
    rebate, excess = np.zeros(len(columns["at"]), dtype=np.int64), np.zeros(len(columns["at"]), dtype=bool)
    failed = rng.random(len(rebate)) < plan.second_voucher
    used: dict[tuple[int, int], set[int]] = {}
    wanted = zip(
        columns["at"].tolist(), columns["customer"].tolist(), columns["shop"].tolist(), columns["gmv"].tolist(),
        columns["voucher"].tolist(), (columns["against_terms"] | failed).tolist(), strict=True,
    )  # fmt: skip
    for row, (at, customer, shop, gmv, voucher, past_limit) in enumerate(wanted):
        shops = used.setdefault((customer, at // DAY), set()) if voucher else set()
        if voucher and (not shops or (past_limit and shop not in shops)):
            excess[row] = bool(shops)
            shops.add(shop)
            rebate[row] = plan.rebate(gmv)
    return rebate, excess


def _rows(
    market: Market, columns: dict[str, np.ndarray], rebate: np.ndarray, excess: np.ndarray, rng: np.random.Generator
) -> CampaignRows:
    plan, orders = market.plan, len(rebate)
    owners = np.array(market.owners, dtype=np.int64)[columns["shop"]]
    shop_ids = 100 + rng.choice(40 * len(market.owners), len(market.owners), replace=False)
    number_of = _renumbering(market, rng)
    late = columns["at"] + np.where(rng.random(orders) < 0.2, rng.integers(0, 240, orders), 0)
    order_ids = np.empty(orders, dtype=np.int64)
    order_ids[np.argsort(late, kind="stable")] = plan.campaign_id * 10**8 + np.cumsum(
        rng.geometric(1 / ORDER_ID_GAP, orders)
    )
    natural = CaseLabel(EXCESS_ONLY, NATURAL, len(market.cases) + 1)
    customers, shops, labels = _labels(market, columns, rebate, excess, natural)
    return CampaignRows(
        plan=plan,
        txn_time=np.datetime64(plan.starts_on, "s") + columns["at"],
        order_id=order_ids,
        uid=number_of(columns["customer"]),
        shop_id=shop_ids[columns["shop"]],
        shop_owner_uid=number_of(owners),
        gmv=columns["gmv"],
        rebate=rebate,
        customer_labels={int(number_of(np.array([who]))[0]): label for who, label in customers.items()},
        shop_labels={int(shop_ids[shop]): label for shop, label in shops.items()},
        order_labels=labels,
    )


def _renumbering(market: Market, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Keep the accounts' numbers, or scatter them where they say nothing about sign-up."""
    if market.plan.numbers_rise:
        return lambda accounts: accounts
    known = np.array(sorted(market.taken), dtype=np.int64)
    scattered = 10**9 + rng.permutation(np.unique(rng.integers(0, 9 * 10**9, 2 * len(known))))[: len(known)]
    return lambda accounts: scattered[np.searchsorted(known, accounts)]


def _labels(
    market: Market, columns: dict[str, np.ndarray], rebate: np.ndarray, excess: np.ndarray, natural: CaseLabel
) -> tuple[dict[int, tuple[CaseLabel, int]], dict[int, tuple[CaseLabel, int]], list[tuple[int, CaseLabel, bool, int]]]:
    """Return the truth about customers, shops and planted orders; nothing is said of who has no order."""
    orders: list[tuple[int, CaseLabel, bool, int]] = []
    guilty: set[int] = set()
    over_limit: set[int] = set()
    rows = zip(
        columns["customer"].tolist(), columns["case"].tolist(), columns["abusive"].tolist(), rebate.tolist(),
        excess.tolist(), strict=True,
    )  # fmt: skip
    for row, (customer, case, abusive, money, over) in enumerate(rows):
        label = market.cases[case] if case >= 0 else None
        if abusive and label.kind == EXCESS_ONLY:
            abusive = over
        if abusive:
            guilty.add(customer)
        elif over:
            label, abusive = natural, True
            over_limit.add(customer)
        if label:
            orders.append((row, label, abusive, money if abusive else 0))
    present = set(columns["customer"].tolist())
    customers = {
        who: (market.cases[case], label)
        for who, (case, label) in market.customer_labels.items()
        if who in (guilty if label == ABUSIVE else present)
    }
    customers |= {
        who: (natural, ABUSIVE) for who in sorted(over_limit) if who not in customers or customers[who][1] != ABUSIVE
    }
    sold = set(columns["shop"].tolist())
    shops = {shop: (market.cases[case], label) for shop, (case, label) in market.shop_labels.items() if shop in sold}
    return customers, shops, orders
