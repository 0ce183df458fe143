"""The typed form of every parameter and answer; ``/openapi.json`` is made from it.

Money is a JSON number in the campaign's currency, exact to its unit: an integer where it has no fraction. Every answer carries
``generation`` and ``as_of``: which published set of marts it comes from, and when that was published.

Fields come in the order of the bases read from right to left: what an answer is about first, where it comes from last.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, field_validator

from webapi.protocol.paging import LONGEST_CURSOR

LARGEST_ID = 2**63 - 1
ID_SENTENCE = f"must be a whole number from 0 to {LARGEST_ID}, in digits only"


def exact_number(amount: Decimal) -> int | float:
    """Return an amount as JSON can hold it: an integer where it has no fraction, else the shortest exact number."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _digits_only(value: Any) -> int:
    """Read an id strictly: Python's int() would take '1_000', ' 7' and '٣' too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,25}", value) or int(value) > LARGEST_ID:
        raise ValueError(ID_SENTENCE)
    return int(value)


def _limit(value: Any) -> Any:
    """Read a number of rows strictly, as an id."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,10}", value):
        raise ValueError("must be a whole number, in digits only")
    return value


def _amount(value: Any) -> Any:
    """Read a whole amount strictly, as an id."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,16}", value):
        raise ValueError("must be a whole number, in digits only")
    return value


def _plain_amount(value: Any) -> Any:
    """Read an amount strictly: pydantic would take 1e9, NaN and spaces too."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,16}(\.[0-9]{1,2})?", value):
        raise ValueError("must be a number in digits, with at most two after the point")
    return value


def _listed(value: Any) -> Any:
    """Read ids that are separated by commas."""
    return value.split(",") if isinstance(value, str) else value


def _day(value: Any) -> Any:
    """Read a day strictly: pydantic would take seconds since 1970 too."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a date, YYYY-MM-DD")
    return value


Id = Annotated[
    int,
    BeforeValidator(_digits_only),
    WithJsonSchema({"type": "integer", "format": "int64", "minimum": 0, "maximum": LARGEST_ID}),
]


class IdForm:
    """How answers write ids: as JSON numbers, or as text, because JavaScript loses the digits of numbers from 2**53 on."""

    as_text = False  # by the setting WEBAPI_IDS


AnId = Annotated[
    int,
    PlainSerializer(lambda number: str(number) if IdForm.as_text else number),
    WithJsonSchema({"type": "integer", "format": "int64"}),
]
PlainAmount = Annotated[
    Decimal,
    BeforeValidator(_plain_amount),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,16}(\.[0-9]{1,2})?$"}),
]
Percentage = Annotated[
    Decimal,
    BeforeValidator(_plain_amount),
    Field(le=100),
    WithJsonSchema({"type": "string", "pattern": r"^(100|[0-9]{1,2}(\.[0-9]{1,2})?)$"}),
]
Day = Annotated[date, BeforeValidator(_day)]
Money = Annotated[
    Decimal,
    PlainSerializer(exact_number, return_type=int | float),
    WithJsonSchema({"type": "number", "description": "money in the campaign's currency, exact to its unit"}),
]
Share = Annotated[Decimal, PlainSerializer(exact_number, return_type=int | float), WithJsonSchema({"type": "number"})]
Utc = Annotated[
    datetime,
    PlainSerializer(lambda time: f"{time.isoformat(timespec='milliseconds')}Z", return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "UTC"}),
]
LocalTime = Annotated[
    datetime,
    PlainSerializer(lambda time: time.isoformat(sep=" "), return_type=str),
    WithJsonSchema({"type": "string", "description": "YYYY-MM-DD HH:MM:SS in the campaign's time zone"}),
]
Gmv = Annotated[Money, Field(description="GMV: sum of order values before rebate")]
Rebate = Annotated[Money, Field(description="What the vouchers paid")]
Vouchers = Annotated[int, Field(description="Orders with a voucher")]
CustomerClass = Literal["Gold", "Silver", "Bronze"]
Severity = Literal["info", "low", "medium", "high"]
Band = Literal["watch", "review", "breach"]
AmountIsOf = Literal["subject", "group"]
CheckStatus = Literal["pass", "warn", "fail", "error"]
BAND = (
    "watch: noted, not an accusation; review: a person should look; breach: the orders prove what the rule says, and a rebate was"
    " paid for it. With `use_more_than_1_voucher_per_day` that is a broken term of the campaign; no term forbids"
    " `buys_at_own_shop`"
)
SEVERITY = "How much a hit of the rule weighs: info, low, medium, high"
TITLE = "The rule's name for people"
DOES_NOT_PROVE = "What the hit does not prove, and which honest behaviour looks the same"
AMOUNT = (
    "Rebate at risk by this hit alone; `amount_is_of` says whose. Hits may share orders: don't add hits up; `money_at_risk` of"
    " the summary counts once"
)
AMOUNT_IS_OF = (
    "Whose `orders` and `amount` these are. group: of the whole pair, ring or group, and so the same in the hit of each of its"
    " members"
)
ORDER_TIME = (
    "order of the shop over all campaigns and owners, YYYY-MM-DD HH:MM:SS in the time zone of that order's campaign"
)
PAGE_ROWS = 50
MOST_IDS = 300  # so that the address stays below 8,190 bytes


class Parameters(BaseModel):
    """Parameters of a request; a name that is not known is refused, so that a misspelt filter does not go unseen."""

    model_config = ConfigDict(extra="forbid")


class CustomerPath(Parameters):
    """Which customer."""

    customer_id: Id = Field(description="The customer: `uid` of the transaction file")


class ShopPath(Parameters):
    """Which shop."""

    shop_id: Id = Field(description="The shop: `shop_id` of the transaction file")


class OwnerPath(Parameters):
    """Which shop owner."""

    shop_owner_uid: Id = Field(description="The owner: `shop_owner_uid` of the transaction file")


class CampaignPath(Parameters):
    """Which campaign."""

    campaign_id: Id = Field(description="The campaign, as `/api/v1/campaigns` lists them")


class LookupQuery(Parameters):
    """Which of the campaigns in which the subject appears."""

    campaign_id: Id | None = Field(
        None, description="The campaign; the newest in which the subject appears if left out"
    )


class NoQuery(Parameters):
    """No parameter at all."""


class WithQuery(Parameters):
    """Another campaign to compare with."""

    with_campaign: Id | None = Field(None, alias="with", description="The campaign whose pace is drawn too")

    @field_validator("with_campaign", mode="before")
    @classmethod
    def none_chosen(cls, value: Any) -> Any:
        """Take the empty choice of a form for none."""
        return None if value == "" else value


class PlanQuery(Parameters):
    """Terms to try; those of the campaign where they are left out."""

    rate: Percentage | None = Field(None, description="Share of the order that a voucher pays, in percent")
    cap: PlainAmount | None = Field(None, description="Most that a voucher pays, in the campaign's currency")
    limit: (
        Annotated[
            int,
            BeforeValidator(_limit),
            Field(ge=1, le=1000),
            WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 1000}),
        ]
        | None
    ) = Field(None, description="Vouchers per customer and day")
    minimum: PlainAmount | None = Field(None, description="Smallest order that a voucher can be used on")


class FormatQuery(Parameters):
    """JSON, or the whole list as a file."""

    format: Literal["json", "csv", "xlsx"] | None = Field(
        None,
        description="`csv` or `xlsx` gives the list as a file for a spreadsheet; if left out, what the header Accept prefers,"
        " else JSON",
    )
    bom: Literal["0", "1"] | None = Field(
        None, description="`1` begins a CSV file with a byte order mark, by which Excel knows that it is UTF-8"
    )


class PageQuery(FormatQuery):
    """A page of a list."""

    limit: Annotated[int, BeforeValidator(_limit)] | None = Field(
        None,
        ge=1,
        le=1000,
        description=f"Rows of this page; {PAGE_ROWS} if left out. With `format=csv`: how many rows, all if left out",
    )
    cursor: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_CURSOR,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before, of the same list with the same filters; the first page if left out",
    )


class TopQuery(PageQuery):
    """Who is at the top of what."""

    subject: Literal["customers", "shops"] = Field("customers", description="Whom to rank")
    by: Literal["gmv", "orders"] = Field("gmv", description="By order value or by number of orders (shops only)")
    rank_class: CustomerClass | None = Field(
        None, alias="class", description="Only those of a class; shops are classed by order value, whatever `by` says"
    )


class SuspectsQuery(PageQuery):
    """Filters of a suspects list; given together they all hold."""

    rule: str | None = Field(
        None,
        max_length=64,
        description="Rule id, as `/api/v1/campaigns/{campaign_id}/rules` lists them: one whose `subject` this list is about",
    )
    severity: Severity | None = Field(None, description="Severity of the hit, which may be lower than its rule's")
    band: Band | None = Field(None, description=BAND)
    subject_class: CustomerClass | None = Field(None, alias="class", description="Class of the customer or shop")
    day: Day | None = Field(
        None,
        description="Day of the hit, YYYY-MM-DD; a rule over the whole campaign stands at the day of its last order",
    )


class RankedSuspectsQuery(PageQuery):
    """Filters of a list of suspected people or shops; given together they all hold, `rule` and `day` for one and the same hit."""

    sort: Literal["money", "score"] | None = Field(
        None, description="Most money at risk first, which is the default, or highest score first"
    )
    band: Band | None = Field(None, description=BAND)
    rule: str | None = Field(
        None, max_length=64, description="Who has a hit of this rule, as the list of rules names it"
    )
    day: Day | None = Field(None, description="Who has a hit on this day, YYYY-MM-DD")
    least_money: Annotated[int, BeforeValidator(_amount)] | None = Field(
        None,
        ge=0,
        le=10**15,
        description="Who has at least so much money at risk, a whole number in the campaign's currency",
    )
    subject_class: CustomerClass | None = Field(None, alias="class", description="Class of the customer or shop")


class IdsQuery(FormatQuery):
    """Whom to look up."""

    ids: Annotated[list[Id], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=MOST_IDS, description=f"Up to {MOST_IDS} ids, separated by commas"
    )


class ShopOfCampaignPath(CampaignPath, ShopPath):
    """Which shop in which campaign."""


class OrderPath(CampaignPath):
    """Which order in which campaign."""

    order_id: Id = Field(description="The order: `order_id` of the transaction file")


class CheckPath(Parameters):
    """Which check."""

    check: str = Field(
        pattern="^[A-Za-z0-9_.]{1,190}$",
        description="The check: the name of a test of dbt, or `table.check` of the audit",
    )


class ChecksQuery(Parameters):
    """Which checks."""

    status: CheckStatus | None = Field(None, description="Only checks that ended like this when they last ran")


class ComparisonQuery(Parameters):
    """Which campaigns to compare."""

    campaigns: Annotated[list[Id], BeforeValidator(_listed)] | None = Field(
        None,
        min_length=1,
        max_length=MOST_IDS,
        description="Numbers of campaigns, separated by commas; all campaigns if left out",
    )


class Campaign(BaseModel):
    """A campaign: its days, time zone and currency."""

    campaign_id: int = Field(description="Number of the campaign, as it stands in addresses")
    name: str
    starts_on: date = Field(description="The first day")
    ends_on: date = Field(description="The last day, included")
    time_zone: str = Field(description="All days, hours and local times of the campaign are in this zone")
    currency: str = Field(description="Of all money in the answer")


class Terms(BaseModel):
    """What a voucher gives."""

    voucher_rate: Share = Field(description="Share of the order value")
    voucher_cap: Money = Field(description="The most one voucher gives")
    vouchers_per_customer_per_day: int = Field(description="How many one customer may use on one day")


class Answer(BaseModel):
    """What every answer carries."""

    generation: int = Field(description="Number of the published set of marts that this answer comes from")
    as_of: Utc = Field(description="When that generation was published, UTC")


class Reason(BaseModel):
    """Why somebody is suspected: one hit of one rule."""

    rule: str = Field(description="Rule id")
    title: str = Field(description=TITLE)
    sentence: str = Field(description="The reason in words")
    does_not_prove: str | None = Field(description=DOES_NOT_PROVE)
    txn_date: date = Field(description="Day of the hit; a rule over the whole campaign is dated by its last order")
    severity: Severity = Field(description=SEVERITY)
    orders: int = Field(description="How many orders show it, other people's included")
    amount: Money = Field(description=AMOUNT)
    amount_is_of: AmountIsOf = Field(description=AMOUNT_IS_OF)
    order_ids: list[AnId] | None = Field(
        description="The customer's own orders that show it, 50 at most; other people's stay out. Of a shop: null while lookups"
        " are open, because its orders are its customers'"
    )


class Suspicion(BaseModel):
    """Whether and why the subject is suspected."""

    suspected: bool = Field(description="True when a rule lists the subject; `band` says how much that means")
    band: Band | None = Field(description=BAND)
    reasons: list[Reason] = Field(description="Why, by day; empty for who is not suspected")
    how_to_contest: str = Field(description="Whom to write to, and what to quote")


class Lookup(BaseModel):
    """What every lookup carries."""

    campaign: Campaign = Field(description="The campaign this answer is about")
    campaigns: list[Campaign] = Field(description="All campaigns in which the subject appears, newest first")


class CustomerFigures(BaseModel):
    """What a customer did."""

    customer_id: AnId
    total_spending: Money = Field(description="GMV: sum of order values before rebate")
    total_orders: int
    vouchers_used: Vouchers
    total_rebate: Rebate
    spending_rank: int = Field(description="Dense rank by total_spending; 1 spent most")
    of: int = Field(description="How many ranks there are; customers who spent the same share one")
    customer_class: CustomerClass = Field(description="Thirds of the ranks: Gold, Silver, Bronze")


class Customer(Answer, Lookup, Suspicion, CustomerFigures):
    """A customer in one campaign."""


class ShopFigures(BaseModel):
    """What a shop sold."""

    shop_id: AnId
    shop_owner_uid: AnId
    total_gmv: Gmv
    total_orders: int
    vouchers_used: Vouchers
    total_rebate: Rebate
    gmv_rank: int = Field(description="Dense rank by total_gmv; 1 sold most")
    of: int = Field(description="How many GMV ranks there are")
    orders_rank: int = Field(description="Dense rank by total_orders")
    orders_rank_of: int = Field(description="How many orders ranks there are")
    shop_class: CustomerClass = Field(description="Thirds of the GMV ranks: Gold, Silver, Bronze")


class Shop(Answer, Lookup, Suspicion, ShopFigures):
    """A shop in one campaign."""


class OwnedShop(BaseModel):
    """A shop among its owner's."""

    shop_id: AnId
    total_gmv: Gmv
    total_orders: int
    vouchers_used: Vouchers
    total_rebate: Rebate
    gmv_rank: int
    of: int = Field(description="How many GMV ranks there are")
    orders_rank: int
    shop_class: CustomerClass
    suspected: bool
    band: Band | None = Field(description=BAND)
    first_order_time: LocalTime | None = Field(description=f"First {ORDER_TIME}")
    last_order_time: LocalTime | None = Field(description=f"Last {ORDER_TIME}")


class OwnerFigures(BaseModel):
    """What an owner has."""

    shop_owner_uid: AnId
    shops: list[OwnedShop] = Field(description="Best seller first; a shop's own address gives its reasons")
    how_to_contest: str = Field(description="Whom to write to, and what to quote")


class OwnerShops(Answer, Lookup, OwnerFigures):
    """An owner's shops in one campaign, best seller first."""


class CampaignEntry(Terms, Campaign):
    """A campaign and how much was ordered in it."""

    total_orders: int = Field(description="0 while no order of it has been loaded")
    total_gmv: Gmv


class Campaigns(Answer):
    """All campaigns, newest first."""

    campaigns: list[CampaignEntry] = Field(description="Newest first")


class Enforcement(BaseModel):
    """Whether the platform in fact held the voucher limit at one grain."""

    grain: str = Field(description="per day and: customer, customer_shop (customer and shop), customer_owner")
    voucher_limit: int = Field(description="Vouchers per day that the terms allow")
    most_per_day: int = Field(description="The most that anybody used on one day")
    breaches: int = Field(description="How often it was more than allowed")
    excess_money: Money = Field(description="Rebate of the vouchers beyond the limit")
    held: bool = Field(description="True where nobody got beyond the limit")


NO_GUESTS = "Different customers; guests (uid 0) are none, as nothing tells one from another"


class Summary(Answer):
    """A campaign in one look."""

    campaign: Campaign
    terms: Terms
    total_orders: int
    guest_orders: int = Field(description="Those of total_orders that guests placed (uid 0 in the file)")
    total_customers: int = Field(description=NO_GUESTS)
    total_shops: int
    total_gmv: Gmv
    vouchers_used: Vouchers
    total_rebate: Rebate
    average_order: Money | None = Field(description="total_gmv / total_orders, rounded to 0.01; null without orders")
    share_with_voucher: Share | None = Field(description="vouchers_used / total_orders, 0 to 1; null without orders")
    suspects: int = Field(description="Customers and shops of band review and breach")
    watched: int = Field(description="Customers and shops of band watch: noted, not accused")
    money_at_risk: Money = Field(
        description="Rebate that rules claim for customers and shops of band review and breach, each rebate counted once"
    )
    money_watched: Money = Field(
        description="Rebate that hits point at and none claims as at risk, each rebate counted once: noted"
    )
    enforcement: list[Enforcement] = Field(description="Whether the platform held the voucher limit, at three grains")


class Figures(BaseModel):
    """Totals of a stretch of time."""

    total_orders: int
    total_customers: int = Field(description=NO_GUESTS)
    total_shops: int
    total_gmv: Gmv
    vouchers_used: Vouchers
    total_rebate: Rebate


class OneDay(BaseModel):
    """Which day."""

    txn_date: date


class OneHour(OneDay):
    """Which hour."""

    txn_hour: int = Field(ge=0, le=23, description="Hour of the day in the campaign's time zone")


class DayFigures(Figures, OneDay):
    """Totals of a day."""


class HourFigures(Figures, OneHour):
    """Totals of an hour."""


class CampaignAnswer(Answer):
    """What every list inside a campaign carries."""

    campaign: Campaign


class Daily(CampaignAnswer):
    """Days with orders, in order."""

    days: list[DayFigures]


class Hourly(CampaignAnswer):
    """Hours with orders, in order."""

    hours: list[HourFigures]


class ClassFigures(BaseModel):
    """One class of customers or shops."""

    ranked: Literal["customers", "shops"]
    class_name: CustomerClass = Field(alias="class")
    members: int = Field(description="How many customers or shops")
    total_orders: int
    total_gmv: Gmv


class Classes(CampaignAnswer):
    """How customers and shops spread over the classes."""

    classes: list[ClassFigures]


class Page(CampaignAnswer):
    """What every page of a list carries."""

    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last one")


class TopFigures(BaseModel):
    """Why a customer or shop is at the top."""

    rank: int = Field(description="Dense rank by what the list is ranked by")
    rank_class: CustomerClass = Field(alias="class")
    total_gmv: Gmv
    total_orders: int
    vouchers_used: Vouchers
    total_rebate: Rebate
    band: Band | None = Field(description=BAND)


class CustomerIds(BaseModel):
    """Which customer."""

    customer_id: AnId


class TopCustomer(TopFigures, CustomerIds):
    """One of the top customers."""


class ShopIds(BaseModel):
    """Which shop, and whose."""

    shop_id: AnId
    shop_owner_uid: AnId


class TopShop(TopFigures, ShopIds):
    """One of the top shops."""


class Top(Page):
    """The top of the customers or shops, best first."""

    top: list[TopCustomer] | list[TopShop] = Field(description="Customers or shops, as `subject` asks")


class Rule(BaseModel):
    """An active rule and what it hit."""

    rule_id: str
    version: int | str = Field(description="Raised with every change of meaning or threshold")
    title: str = Field(description=TITLE)
    subject: str = Field(
        description="What the rule looks at: customer, shop, customer or shop, order, owner_pair, owner_ring, customer_group,"
        " campaign"
    )
    kind: str = Field(
        description="breach: what it says is proved by the orders; signal: unusual, may be innocent; amplifier: adds to other"
        " rules only; control: says something about the platform, not about a person"
    )
    severity: Severity = Field(description=SEVERITY)
    proves: str | None = Field(description="What a hit proves")
    does_not_prove: str | None = Field(description=DOES_NOT_PROVE)
    hits: int = Field(
        description="How often it hit: a pair, ring or group once, where the suspects lists have a hit for each of its members"
    )
    subjects: int = Field(
        description="How many different customers, shops, orders, pairs, rings or groups were hit; suspects lists count people"
    )
    money_naive: Money | None = Field(description="Money at risk hit by hit; orders behind two hits count twice")
    money_at_risk_counted_once: Money | None = Field(
        description="Of customers and shops of band review and breach, each rebate given to one rule only; sums to"
        " `money_at_risk` of the summary"
    )
    money_unique: Money | None = Field(description="The part of it that no other rule points at")
    money_watched: Money | None = Field(
        description="Rebate that no rule claims as at risk, given to one rule only; sums to `money_watched` of the summary"
    )


class Rules(CampaignAnswer):
    """Active rules."""

    rules: list[Rule]


class SuspectHit(BaseModel):
    """One hit of one rule."""

    rule: str = Field(description="Rule id")
    title: str = Field(description=TITLE)
    sentence: str = Field(description="The reason in words")
    does_not_prove: str | None = Field(description=DOES_NOT_PROVE)
    txn_date: date = Field(description="Day of the hit; a rule over the whole campaign is dated by its last order")
    severity: Severity = Field(description=SEVERITY)
    orders: int = Field(description="How many orders show it")
    amount: Money = Field(description=AMOUNT)
    amount_is_of: AmountIsOf = Field(description=AMOUNT_IS_OF)
    order_ids: list[AnId] = Field(
        description="Orders that show it, 50 at most, by time; of a pair, ring or group only this customer's own"
    )
    members: list[AnId] = Field(description="Everybody in the pair, ring or group")
    band: Band | None = Field(description=BAND)
    score: int | None = Field(
        description="Of the customer or shop, 0 to 100: per rule its weight times how often it happened (five times at most);"
        " rules that only describe, and a shop that confirms its customer, add 30 together at most. It says whom"
        " to look at first and is no probability"
    )
    subject_money_at_risk: Money | None = Field(
        description="Of the customer or shop, not of this hit: rebate at risk on their own orders over all hits, each rebate"
        " counted once in the whole campaign (a shop's only where no rule about customers counts it); 0 in band watch. To rank"
        " people, sort by it"
    )
    subject_money_watched: Money | None = Field(
        description="Of the customer or shop in the same way: rebate that is only watched, not at risk"
    )
    subject_class: CustomerClass | None = Field(alias="class")


class CustomerHit(CustomerIds):
    """Which customer was hit, and as what."""

    subject_type: str = Field(
        description="What the rule looks at: the customer, or a pair, ring or group with them in it"
    )
    subject_id: str = Field(
        description="Id of what the rule hit, as text: the customer, the order, both owners of a pair as `uid-uid`, or a ring or"
        " group by its smallest uid. The same in the hit of each member"
    )


class SuspectedCustomer(SuspectHit, CustomerHit):
    """One hit on a customer."""


class SuspectsPage(Page):
    """How long a list of suspects is, with its filters."""

    hits: int | None = Field(
        description="How many hits the whole list has, that of a pair, ring or group once for each of its members; null on later"
        " pages"
    )
    subjects: int | None = Field(
        description="How many different customers or shops; null on later pages. `rules` counts pairs, rings and groups instead"
    )


class SuspectedCustomers(SuspectsPage):
    """Hits on customers, most money at risk first."""

    suspects: list[SuspectedCustomer]


class SuspectedShop(SuspectHit, ShopIds):
    """One hit on a shop."""


class SuspectedShops(SuspectsPage):
    """Hits on shops, most money at risk first."""

    suspects: list[SuspectedShop]


class RankedSuspect(BaseModel):
    """One suspected customer or shop, over all their hits."""

    band: Band = Field(description=BAND)
    score: int = Field(description="0 to 100: whom to look at first; no probability")
    rules: list[str] = Field(description="Ids of the rules that hit")
    orders: int = Field(description="How many of their orders show it")
    money_at_risk: Money = Field(description="Rebate at risk on their orders, each rebate once in the whole campaign")
    money_watched: Money = Field(description="Rebate that is only watched, in the same way")
    rank: int | None = Field(description="Dense rank in the campaign, by spending or GMV")
    rank_class: CustomerClass | None = Field(alias="class")
    total_gmv: Gmv | None
    total_orders: int | None
    vouchers_used: Vouchers | None
    total_rebate: Rebate | None


class RankedCustomer(RankedSuspect, CustomerIds):
    """One suspected customer."""


class RankedShop(RankedSuspect, ShopIds):
    """One suspected shop."""


class RankedPage(Page):
    """How long a list of suspected people or shops is, with its filters."""

    subjects: int | None = Field(description="How many the whole list has; null on later pages")


class RankedCustomers(RankedPage):
    """Suspected customers, one entry each."""

    suspects: list[RankedCustomer]


class RankedShops(RankedPage):
    """Suspected shops, one entry each."""

    suspects: list[RankedShop]


class LookedUp(CampaignAnswer):
    """What a list of ids found."""

    unknown: list[AnId] = Field(description="Ids without orders in the campaign")


class LookedUpFigures(TopFigures):
    """One of those looked up."""

    suspected: bool
    score: int | None = Field(description="Null for who is not suspected")
    money_at_risk: Money | None


class LookedUpCustomer(LookedUpFigures, CustomerIds):
    """A customer who was looked up."""


class LookedUpShop(LookedUpFigures, ShopIds):
    """A shop that was looked up."""


class LookedUpCustomers(LookedUp):
    """Customers, by id."""

    customers: list[LookedUpCustomer]


class LookedUpShops(LookedUp):
    """Shops, by id."""

    shops: list[LookedUpShop]


class ShopDay(BaseModel):
    """What a shop sold on a day."""

    txn_date: date
    total_orders: int
    total_gmv: Gmv
    vouchers_used: Vouchers
    total_rebate: Rebate
    first_order_time: LocalTime
    last_order_time: LocalTime


class ShopDaily(CampaignAnswer, ShopIds):
    """A shop's days with orders, in order."""

    days: list[ShopDay]


class OrderHit(BaseModel):
    """A hit that an order is evidence of."""

    rule: str = Field(description="Rule id")
    title: str = Field(description=TITLE)
    subject_type: str = Field(description="What the rule looks at")
    subject_id: str = Field(description="Id of what the rule hit, as text")
    sentence: str = Field(description="The reason in words")
    does_not_prove: str | None = Field(description=DOES_NOT_PROVE)
    txn_date: date = Field(description="Day of the hit")
    severity: Severity = Field(description=SEVERITY)
    orders: int = Field(description="How many orders show it")
    amount: Money = Field(description="Rebate at risk by this hit, over all its orders")


class Order(CampaignAnswer):
    """An order, and what it is evidence of."""

    order_id: AnId
    order_time: LocalTime
    shop_id: AnId
    shop_owner_uid: AnId | None
    customer_id: AnId | None = Field(description="Null where a guest bought")
    gmv: Money = Field(description="Order value before rebate")
    rebate: Rebate
    hits: list[OrderHit]


class ComparedCampaign(CampaignEntry):
    """A campaign in figures that can be compared with another's; what would divide by zero is null."""

    days: int = Field(description="Days of the campaign")
    total_customers: int
    total_shops: int
    vouchers_used: Vouchers
    total_rebate: Rebate
    gmv_per_day: Money
    orders_per_day: Share
    average_order: Money | None
    orders_per_customer: Share | None = Field(description="Guests' orders included")
    share_with_voucher: Share | None = Field(description="vouchers_used / total_orders")
    rebate_per_voucher: Money | None
    rebate_share: Share | None = Field(description="total_rebate / total_gmv")
    suspects: int = Field(description="Customers and shops of band review and breach")
    money_at_risk: Money = Field(description="Each rebate counted once")
    share_at_risk: Share | None = Field(description="money_at_risk / total_rebate")


class Comparison(Answer):
    """Campaigns side by side, newest first. Money of different currencies can't be compared."""

    campaigns: list[ComparedCampaign]


class CheckOutcome(BaseModel):
    """What a check found in one run."""

    status: CheckStatus = Field(
        description="fail: an assumption is broken, and the run published nothing; warn: it published all the same; error: the"
        " check could not be asked"
    )
    failing_rows: int | None = Field(description="Rows that break the assumption; null where the check counts none")
    failing_since: Utc | None = Field(
        description="When the first of the runs in a row ran it that it did not pass in; null if it passed"
    )
    checked_at: Utc
    run_id: str = Field(description="The run of Airflow or of `make run`")
    seconds: float = Field(description="Of the statement; the checks of one table of the audit share theirs")
    statement: str | None = Field(description="What was asked; it reads the tables that the run built")


class Check(CheckOutcome):
    """A check and what it found last."""

    check: str
    kind: Literal["dbt", "audit"]


class Checks(BaseModel):
    """All checks, those that did not pass first."""

    checks: list[Check]


class CheckHistory(BaseModel):
    """What a check found in each run, newest first."""

    check: str
    kind: Literal["dbt", "audit"]
    outcomes: list[CheckOutcome]


class Live(BaseModel):
    """The process answers."""

    status: Literal["live"]


class Ready(Answer):
    """The service can answer: the database is there and something is published."""

    status: Literal["ready"]


class ProblemError(BaseModel):
    """One parameter that can't be used."""

    location: str = Field(description="path or query")
    field: str
    message: str


class Problem(BaseModel):
    """An error, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What went wrong and what to do")
    instance: str
    request_id: str | None = Field(description="Quote it when you report the error")
    errors: list[ProblemError] | None = Field(None, description="With status 422: each parameter that can't be used")
