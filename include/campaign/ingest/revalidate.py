"""Validates rows again that no campaign's window held, when windows have changed since: the file itself is not needed for it.

A row that is good now is loaded under the number of its file's load and leaves quarantine; one that fails by a later rule
stays there with its new reason. The file's counts in ``ingest_file`` stay those of its first load, and its message tells.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.contract.outcome import FileOutcome, in_order
from campaign.ingest.load.ingest_log import IngestLog, LoadedFile, windows_version
from campaign.ingest.load.lock import one_at_a_time
from campaign.ingest.load.order_loader import BulkLoader
from campaign.ingest.load.replace import Replace
from campaign.ingest.load_warnings import on_reasons
from campaign.ingest.read.header import HeaderError, read_header
from campaign.ingest.staging.area import CUT_MARK, StagingArea, accepted_frame
from campaign.ingest.validate.against_stored import validate_against_stored
from campaign.ingest.validate.cross_row import CrossRowChecks, Refused
from campaign.ingest.validate.row import Accepted, Rejected, RowValidator, Unsettled, read_record
from campaign.settings import Settings

FRAME_ROWS = 20_000

log = logging.getLogger(__name__)


def revalidate_outside_campaign(
    connection: MySQLConnectionAbstract, settings: Settings, campaigns: Sequence[Campaign], run_id: str
) -> list[FileOutcome]:
    """Validate every row again that is rejected as outside_campaign, if its file was validated by other windows than today's.

    Returns an outcome per file of which rows found a campaign; it counts these rows alone. One transaction per file.
    """
    with one_at_a_time(connection, settings):
        outcomes = []
        for loaded in IngestLog(connection, settings).list_with_rows_outside():
            outcome = revalidate_file(connection, settings, campaigns, loaded, loaded.wanted)
            if outcome:
                log.info("Run %s: %s: %s", run_id, loaded.file_name, outcome.message)
                outcomes.append(outcome)
        return outcomes


def revalidate_file(
    connection: MySQLConnectionAbstract,
    settings: Settings,
    campaigns: Sequence[Campaign],
    loaded: LoadedFile,
    wanted: frozenset[int] | None,
) -> FileOutcome | None:
    """Validate a file's rows outside of campaigns by today's windows of the campaigns wanted so far and ``wanted`` ones.

    Returns what became of the rows that found a campaign, or None. The caller holds the loading lock.
    """
    wanted = None if wanted is None or loaded.wanted is None else wanted | loaded.wanted
    windows = windows_version(campaigns, wanted)
    if windows == loaded.windows:
        return None
    try:
        names = read_header(loaded.header.encode(), is_last=True).names
    except HeaderError as error:  # it was read by an earlier release, which knew one spelling of a name only
        log.warning("%s: rows outside of campaigns stay rejected: %s", loaded.file_name, error)
        return None
    loader = BulkLoader(connection, settings)
    with StagingArea(settings.state_folder, loader.longest_raw_line) as staging:
        validator = RowValidator(names, campaigns, wanted)
        refused = _stage(_rows_outside(connection, settings, loaded.sha256), validator, staging)
        with closing(CrossRowChecks(staging)) as rules:
            rules.refuse(refused)
            validate_against_stored(connection, settings, campaigns, staging, rules, Replace.NOTHING)
            return _commit(connection, settings, loader, loaded, staging, rules, wanted, windows)


def _rows_outside(
    connection: MySQLConnectionAbstract, settings: Settings, sha256: str
) -> Iterator[tuple[int, str, int, str]]:
    """Yield the file's rejected rows, those of other reasons too: they may be lines of the same orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select line_number, reason, raw_length, raw_line from {settings.raw_database}.rejected_row"
            " where sha256 = %s order by line_number",
            (sha256,),
        )
        yield from cursor


def _stage(rows: Iterator[tuple[int, str, int, str]], validator: RowValidator, staging: StagingArea) -> list[Refused]:
    """Stage the rows that are good now, and return those that fail by another rule."""
    refused: list[Refused] = []
    good: list[tuple[int, Accepted]] = []
    for line, reason, raw_length, text in rows:
        raw = text.encode()
        if text.endswith(CUT_MARK) and len(raw) != raw_length:
            continue  # its end is lost
        outcome = validator.validate(read_record(raw, 0, validator.width, is_last=True), raw_length)
        if reason != "outside_campaign":
            if outcome.order_id is not None:
                staging.unaccepted.add(line, Rejected(reason, None, "", outcome.order_id))
        elif isinstance(outcome, Unsettled):
            staging.set_aside(line, outcome)
        elif isinstance(outcome, Accepted):
            good.append((line, outcome))
            if len(good) == FRAME_ROWS:
                staging.accept(accepted_frame(good))
                good.clear()
        else:
            if outcome.order_id is not None:
                staging.unaccepted.add(line, outcome)
            if outcome.reason != "outside_campaign":
                refused.append(Refused(line, outcome.reason, outcome.column, outcome.sentence))
    staging.accept(accepted_frame(good))
    return refused


def _refused_now(rules: CrossRowChecks) -> Iterator[Refused]:
    """Yield the rows with a new reason: an incomplete one may still be outside, as the rest of its order."""
    return (row for row in rules.refused() if row.reason != "outside_campaign")


def _commit(
    connection: MySQLConnectionAbstract,
    settings: Settings,
    loader: BulkLoader,
    loaded: LoadedFile,
    staging: StagingArea,
    rules: CrossRowChecks,
    wanted: frozenset[int] | None,
    windows: str,
) -> FileOutcome | None:
    standing = rules.standing()
    accepted = standing.rows
    known = rules.count("known_line")
    reasons: Counter[str] = Counter()
    sentences: dict[str, list[str]] = {}
    for row in _refused_now(rules):
        reasons[row.reason] += 1
        sentences.setdefault(row.reason, [f"line {row.line}: {row.sentence}"])
    count = accepted + known + reasons.total()
    message = (
        f"{count:,} rows outside of campaigns were validated again: {accepted:,} accepted, {reasons.total():,} rejected, "
        f"{known:,} known"
    )
    message = "\n".join([message, *on_reasons(reasons, sentences)])
    connection.start_transaction()
    loader.load_orders(standing, loaded.load_no, 0, loaded.file_name)
    quarantine = f"{settings.raw_database}.rejected_row"
    with connection.cursor() as cursor:
        for table in ("standing", "known_line"):
            for lines in rules.lines_in(table):
                cursor.execute(
                    f"delete from {quarantine} where sha256 = %s and line_number in ({','.join(map(str, lines))})",
                    (loaded.sha256,),
                )
        for row in _refused_now(rules):
            cursor.execute(
                f"update {quarantine} set reason = %s, column_name = %s, sentence = %s where sha256 = %s and line_number = %s",
                (row.reason, row.column, f"line {row.line}: {row.sentence}", loaded.sha256, row.line),
            )
    IngestLog(connection, settings).note_revalidated(loaded.sha256, wanted, windows, message if count else None)
    connection.commit()
    if not count:
        return None
    return FileOutcome(
        loaded.sha256, loaded.file_name, "loaded" if accepted else "known", count, accepted, reasons.total(), known,
        in_order(reasons), message, campaign_ids=rules.campaign_ids(),
    )  # fmt: skip
