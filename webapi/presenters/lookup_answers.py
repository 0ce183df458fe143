"""What the three lookups answer, as the bytes that are sent. Routes and fast path both come here, so both say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from webapi import schemas
from webapi.marts import lookup_queries
from webapi.marts.database import MartDatabase, Row
from webapi.presenters import answers

LOOKUPS = "webapi_lookups"


@dataclass(frozen=True)
class Lookup:
    """One kind of lookup: where it is, what it asks, what it makes of the rows, and its typed form."""

    rule: str
    statement: lookup_queries.JsonRows
    answer: Callable[[list[Row], int, int | None, str], dict[str, Any]]
    schema: type[BaseModel]


CUSTOMER = Lookup("/api/v1/customers/<customer_id>", lookup_queries.CUSTOMER, answers.customer, schemas.Customer)
SHOP = Lookup("/api/v1/shops/<shop_id>", lookup_queries.SHOP, answers.shop, schemas.Shop)
SHOPS_OF_OWNER = Lookup(
    "/api/v1/shop-owners/<shop_owner_uid>/shops",
    lookup_queries.SHOPS_OF_OWNER,
    answers.shops_of_owner,
    schemas.OwnerShops,
)


class LookupAnswers:
    """Answers lookups from the marts."""

    def __init__(self, database: MartDatabase, contact: str, closed: bool) -> None:
        """Take whom to write to (may be empty), and whether lookups ask who one is."""
        self._database = database
        self.contact = contact
        self._closed = closed

    def answer(
        self, lookup: Lookup, number: int, campaign_id: int | None, only_uid: int | None = None
    ) -> tuple[int, bytes]:
        """Return the generation and the JSON of one answer; raises Unknown, and what the database raises.

        With ``only_uid`` raises NotYours where that person is not the customer or owner, unknown ids included; of a shop that
        changed hands they see the campaigns in which it was theirs.
        """
        if only_uid is not None and lookup is not SHOP and number != only_uid:
            raise NotYours
        rows = lookup.statement.read(self._database, number)
        if only_uid is not None and lookup is SHOP:
            rows = [row for row in rows if row["shop_owner_uid"] == only_uid]
            if not rows:
                raise NotYours
        found = lookup.answer(rows, number, campaign_id, self.contact)
        if lookup is SHOP and not self._closed:
            # Its orders are its customers': by their ids anybody could join this answer with those about customers.
            for reason in found["reasons"]:
                reason["order_ids"] = None
        json = lookup.schema.model_validate(found).model_dump_json(by_alias=True)
        return found["generation"], f"{json}\n".encode()


class NotYours(Exception):
    """The record belongs to somebody else than the one who may see theirs only."""
