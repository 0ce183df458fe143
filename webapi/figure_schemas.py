"""The typed form of a campaign's figures to look at; columns mean what the marts of the same name say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from webapi.schemas import CampaignAnswer, Gmv, Money, Rebate, Share, Terms, Vouchers, exact_number

Percent = Annotated[
    Decimal,
    PlainSerializer(exact_number, return_type=int | float),
    WithJsonSchema({"type": "number", "description": "0 to 100, to two digits"}),
]
Ranked = Literal["customers", "shops"]


class PaceHour(BaseModel):
    """An hour with orders, and how much of the campaign had gone by its end."""

    txn_date: date
    txn_hour: int = Field(description="0 to 23, in the campaign's time zone")
    total_orders: int
    total_gmv: Gmv
    vouchers_used: Vouchers
    total_rebate: Rebate
    running_orders_percent: Percent | None
    running_gmv_percent: Percent | None
    running_vouchers_percent: Percent | None
    running_rebate_percent: Percent | None
    voucher_share_percent: Percent | None = Field(description="Orders of the hour with a voucher")
    elapsed_hours: int = Field(description="Hours from the campaign's first minute to the end of this one")
    burn_per_hour: Money = Field(description="Rebate so far per elapsed hour")


class ActivityDay(BaseModel):
    """New and returning customers of a day; guests are none."""

    txn_date: date
    total_customers: int
    new_customers: int = Field(description="Whose first day with an order in the campaign this is")
    returning_customers: int
    running_customers: int = Field(description="Customers so far")
    running_repeat_customers: int = Field(description="Those of them who bought on two days or more")
    repeat_percent: Percent | None


class ReturnAfter(BaseModel):
    """Who buys again so many days after their first day."""

    days_after: int
    customers: int = Field(description="Customers whom the campaign left that much time")
    returned: int
    return_percent: Percent | None


class CapUtilisation(BaseModel):
    """How far the vouchers used the cap, and what share of their orders they paid."""

    vouchers_used: Vouchers
    voucher_share_percent: Percent | None
    vouchers_at_cap: int = Field(description="Vouchers that paid the cap, or more")
    at_cap_percent: Percent | None
    voucher_gmv: Money = Field(description="GMV of the orders with a voucher")
    total_rebate: Rebate
    effective_subsidy_percent: Percent | None = Field(description="total_rebate of voucher_gmv")


class RebateRate(BaseModel):
    """Vouchers that paid this whole percentage of their order, cut."""

    rate_percent: int = Field(description="101: more than the order")
    vouchers_used: Vouchers
    vouchers_at_cap: int
    voucher_gmv: Money
    total_rebate: Rebate


class Concentration(BaseModel):
    """How unequally GMV spreads over customers, without guests, or shops."""

    ranked: Ranked
    members: int
    total_gmv: Gmv
    gini_percent: Percent | None = Field(description="Gini coefficient in hundredths")
    top_1_members: int | None
    top_1_gmv: Money | None
    top_1_percent: Percent | None
    top_10_members: int | None
    top_10_gmv: Money | None
    top_10_percent: Percent | None


class LorenzPoint(BaseModel):
    """A point of the Lorenz curve, smallest first."""

    ranked: Ranked
    members_percent: int
    members: int
    gmv: Money
    gmv_percent: Percent | None


class PricePoint(BaseModel):
    """Orders by amount, in bands of 5 % of the kink (cap / rate), from which on a voucher pays no more."""

    band: int = Field(description="0 to 40; 20 begins at the kink, 40 is all from twice the kink")
    from_amount: Money | None
    total_orders: int
    total_gmv: Gmv
    vouchers_used: Vouchers
    total_rebate: Rebate
    round_price_orders: int = Field(description="Orders of a round amount")
    counterfactual_orders: Share | None = Field(description="Orders to expect by the neighbouring bands")
    excess_orders: Share | None


class Basket(BaseModel):
    """Orders of one kind: a customer's first voucher order, later ones, those of guests, those without a voucher."""

    kind: Literal["first_voucher", "later_voucher", "guest_voucher", "no_voucher"]
    total_orders: int
    total_gmv: Gmv
    total_rebate: Rebate
    average_gmv: Money | None
    average_rebate: Money | None
    effective_subsidy_percent: Percent | None


class CampaignFigures(CampaignAnswer):
    """All figures to look at a campaign by. There is no control: none of them says what the vouchers caused."""

    pace: list[PaceHour]
    activity: list[ActivityDay]
    returns: list[ReturnAfter]
    cap_utilisation: list[CapUtilisation] = Field(description="One entry; none without orders")
    rebate_rates: list[RebateRate]
    concentration: list[Concentration]
    lorenz: list[LorenzPoint]
    price_points: list[PricePoint]
    baskets: list[Basket]


class PlannedTerms(Terms):
    """Terms that are tried."""

    smallest_order: Money = Field(description="Smallest order that a voucher can be used on")


class Plan(CampaignAnswer):
    """What terms promise, and what they would have cost on the orders of a campaign if nobody had behaved differently."""

    terms: Terms = Field(description="Those of the campaign")
    planned: PlannedTerms
    total_rebate: Rebate
    vouchers_used: Vouchers
    best_basket: Money | None = Field(description="Smallest order that earns the whole voucher; null where none does")
    worst_customer_day: Money = Field(description="The most that one customer can cost on one day")
    estimated_rebate: Money | None = Field(
        description="What the same voucher orders would have cost; with the campaign's own terms what they did cost. Null where"
        " it has no vouchers, or its rate or cap is 0"
    )
    estimate_may_be_off_by: Money | None = Field(description="At most: orders are known by bands of amounts")
    limit_is_lower: bool = Field(
        description="A daily limit below the campaign's would cost less; how much is not known"
    )
    beyond_the_limit: Money | None = Field(description="What was paid beyond the campaign's limit per customer and day")
    most_vouchers_per_customer_and_day: int | None
    guest_orders: int
