"""A whole list as a file for a spreadsheet (``tables``).

A publication waits for statements under way and every reader waits for the publication, so a long list is read by many short
statements, page after page, into a spool (memory, then disk), and only then sent. All pages must be of one generation: where
another is published meanwhile, the reading starts over. Where the client has gone, it ends after the statement under way.

A long export holds its thread until its client has taken it. So at most half of the threads do that, and lookups have the others.
"""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Response, current_app, request
from pydantic import BaseModel
from werkzeug.wsgi import FileWrapper

from webapi.marts import queries
from webapi.marts.database import DatabaseUnavailable, Row
from webapi.observability.logs import log_export
from webapi.presenters import answers
from webapi.presenters.tables import CONTENT_TYPES, CsvTable, Table, XlsxTable
from webapi.protocol.client import raise_if_gone
from webapi.protocol.paging import After
from webapi.protocol.problems import Busy

PAGE_ROWS = 5000  # more than a client may give as limit, so a list with a limit is one page
ATTEMPTS = 3
ROWS_AT_A_STRETCH, GIVES_WAY_SECONDS = (
    100,
    0.001,
)  # lookups wait for the same interpreter: 3 ms of work, then their turn
IN_MEMORY = 4_000_000
SENT_BYTES = 65_536  # at a time; a client that does not take them in TAKES_NOTHING_SECONDS is let go
EXPORTS = "webapi_exports"
BUSY = "As many exports are under way as this service makes at once. Try again in a few seconds."
BUSY_SECONDS = 5


@contextmanager
def _place() -> Iterator[None]:
    """Hold the right to export a long list, which at most half of the threads have at once; raises Busy."""
    places: threading.BoundedSemaphore = current_app.extensions[EXPORTS]
    if not places.acquire(blocking=False):
        raise Busy(BUSY, BUSY_SECONDS)
    try:
        yield
    finally:
        places.release()


class _PublishedMeanwhile(Exception):
    """Two pages are of different generations."""


def file_name(campaign_id: int, name: str, filters: Mapping[str, Any], generation: int) -> str:
    """Return what the file is called, without its ending: the list, its filters, the generation."""
    stated = [
        f"{filter_name}-{re.sub(r'[^A-Za-z0-9.-]', '_', str(value))[:40]}" for filter_name, value in filters.items()
    ]
    return "_".join((f"campaign_{campaign_id}_{name}", *stated, f"generation_{generation}"))


def file_response(
    campaign_id: int,
    wanted: queries.CampaignList,
    *,
    shape: Callable[[Row], dict[str, Any]],
    schema: type[BaseModel],
    key: str,
    name: str,
    filters: Mapping[str, Any],
    after: After = None,
    limit: int | None = None,
    long: bool = False,
    file_format: str = "csv",
    byte_order_mark: bool = False,
) -> Response:
    """Return the list from after a row to its end, or ``limit`` rows of it; a column per field of ``schema``.

    ``long``: it may have as many rows as the campaign has customers. ``file_format``: csv or xlsx.

    Raises Unknown for an unknown campaign, ClientGone, Busy, Invalid for a workbook that is too long, and what the database
    raises, before anything is sent.
    """
    ended = ExitStack()  # when the response is sent, or its client gone
    if long:
        ended.enter_context(_place())
    try:
        spool, generation, rows = _filled(
            ended,
            lambda spool: XlsxTable(spool) if file_format == "xlsx" else CsvTable(spool, byte_order_mark),
            lambda: _pages(campaign_id, wanted, key, after, limit),
            shape,
            schema,
        )
    except BaseException:
        ended.close()
        raise
    size = spool.seek(0, io.SEEK_END)
    log_export(name, rows, size, generation)
    spool.seek(0)
    response = Response(FileWrapper(spool, SENT_BYTES), content_type=CONTENT_TYPES[file_format])
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{file_name(campaign_id, name, filters, generation)}.{file_format}"'
    )
    response.call_on_close(ended.close)
    return response


def _filled(
    ended: ExitStack,
    make_table: Callable[[IO[bytes]], Table],
    read_pages: Callable[[], Iterator[tuple[int, list[Row]]]],
    shape: Callable[[Row], dict[str, Any]],
    schema: type[BaseModel],
) -> tuple[IO[bytes], int, int]:
    """Return the list in a file that ends with ``ended``, its generation, and how many rows it has."""
    columns = [field.alias or field_name for field_name, field in schema.model_fields.items()]
    for _ in range(ATTEMPTS):
        spool = ended.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 (closed with the response)
        table = make_table(spool)
        table.row(columns)
        written = 0
        try:
            for current, rows in read_pages():
                raise_if_gone(request.environ)
                generation = current
                written += len(rows)
                for number, row in enumerate(rows):
                    if number % ROWS_AT_A_STRETCH == 0:
                        time.sleep(GIVES_WAY_SECONDS)
                    item = schema.model_validate(shape(row)).model_dump(mode="json", by_alias=True)
                    table.row([item[column] for column in columns])
        except _PublishedMeanwhile:
            continue
        finally:
            table.end()
        return spool, generation, written
    raise DatabaseUnavailable("generations were published faster than the list could be read")


def _pages(
    campaign_id: int, wanted: queries.CampaignList, key: str, after: After, limit: int | None
) -> Iterator[tuple[int, list[Row]]]:
    """Give the generation and the rows of each page, one page at least."""
    generation = None
    while True:
        rows = queries.list_of_campaign(campaign_id, wanted, after, limit or PAGE_ROWS)
        current = answers.known_campaign(rows, campaign_id)["generation"]
        if generation not in (None, current):
            raise _PublishedMeanwhile
        generation = current
        found = [row for row in rows if row[key] is not None]
        yield generation, found
        if limit or len(found) < PAGE_ROWS:
            return
        after = wanted.keys(found[-1])
