"""How a route answers with a list: whole or in pages as JSON, or as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response
from pydantic import BaseModel

from webapi import schemas
from webapi.marts import queries
from webapi.marts.database import Row
from webapi.presenters import answers
from webapi.protocol.headers import wanted_format
from webapi.protocol.paging import WrongCursor, make_cursor, read_cursor
from webapi.protocol.problems import Unknown
from webapi.routes.exports import file_response


def whole_list(
    path: schemas.CampaignPath,
    query: schemas.FormatQuery,
    wanted: queries.CampaignList,
    name: str,
    schema: type[BaseModel],
    *,
    key: str,
    shape: Callable[[Row], dict[str, Any]] = dict,
    filters: Mapping[str, Any] | None = None,
) -> dict[str, Any] | Response:
    """Answer with a list that is short by nature: no pages. ``filters`` stand in a file's name."""
    file_format = wanted_format()
    if file_format != "json":
        return file_response(
            *(path.campaign_id, wanted),
            shape=shape,
            schema=schema,
            key=key,
            name=name,
            filters=filters or {},
            file_format=file_format,
            byte_order_mark=query.bom == "1",
        )
    rows = queries.list_of_campaign(path.campaign_id, wanted)
    answer, found = answers.listed(rows, path.campaign_id, key)
    return {**answer, name: [shape(row) for row in found]}


def page(
    path: schemas.CampaignPath,
    query: schemas.PageQuery,
    wanted: queries.CampaignList,
    list_name: str,
    member: str,
    schema: type[BaseModel],
    shape: Callable[[Row], dict[str, Any]],
    key: str,
) -> dict[str, Any] | Response:
    """Answer with one page as JSON, or with the list as CSV: whole, or what ``limit`` and ``cursor`` ask for."""
    mark = {"campaign": path.campaign_id, **wanted.filters}
    try:
        types = [sort_key.type for sort_key in wanted.order]
        after = read_cursor(list_name, mark, types, query.cursor) if query.cursor is not None else None
    except WrongCursor as error:
        raise Unknown(f"There is no such page: the cursor {error}.") from error
    file_format = wanted_format()
    if file_format != "json":
        return file_response(
            *(path.campaign_id, wanted),
            shape=shape,
            schema=schema,
            key=key,
            name=list_name,
            filters=_stated(query),
            after=after,
            limit=query.limit,
            long=query.limit is None,
            file_format=file_format,
            byte_order_mark=query.bom == "1",
        )
    limit = query.limit or schemas.PAGE_ROWS
    rows = queries.list_of_campaign(path.campaign_id, wanted, after, limit + 1, counted=after is None)
    answer, found = answers.listed(rows, path.campaign_id, key)
    if wanted.counts:
        answer |= {"hits": rows[0].get("hits"), "subjects": rows[0].get("subjects")}
    shown = found[:limit]
    more = len(found) > limit
    cursor = make_cursor(list_name, mark, wanted.keys(shown[-1])) if more else None
    return {**answer, member: [shape(row) for row in shown], "next_cursor": cursor}


def _stated(query: schemas.PageQuery) -> dict[str, Any]:
    """Return the filters that were given, by their names in the address."""
    given = query.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in given.items() if name not in ("format", "bom", "cursor", "subject", "by")}
