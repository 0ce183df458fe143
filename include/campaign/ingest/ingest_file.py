"""Ingest one file: every row ends as accepted, rejected or known, and readers of ``campaign_raw`` see one change.

1. Leave the file alone if it is still being written. If the same content was loaded before, say so.
2. Validate every row by itself (``validate_file``) into a staging area, then by the others (``cross_row``, ``against_stored``).
3. In one transaction: the accepted rows, the refused ones and the counts; or, above the allowed share of bad rows, only the
   first refused ones and why.

Killed at any moment, the next run starts this file anew: until the commit, a row of status ``loading`` is all there is.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.contract.columns import BAD_REASONS
from campaign.contract.outcome import STILL_REFUSED, FileOutcome, in_order
from campaign.ingest.load import swap_tables
from campaign.ingest.load.ingest_log import IngestLog, LoadedFile
from campaign.ingest.load.lock import one_at_a_time
from campaign.ingest.load.order_loader import BulkLoader
from campaign.ingest.load.replace import Replace
from campaign.ingest.load_warnings import on_reasons, remarks
from campaign.ingest.read.chunks import DamagedFileError
from campaign.ingest.read.header import HeaderError
from campaign.ingest.read.raw_rows import with_raw_lines
from campaign.ingest.revalidate import revalidate_file
from campaign.ingest.source_files import SourceError, ensure_allowed
from campaign.ingest.staging.area import StagingArea, remove_abandoned
from campaign.ingest.validate.against_stored import ID_LIST, validate_against_stored
from campaign.ingest.validate.cross_row import CrossRowChecks, Standing
from campaign.ingest.validate.file import FileScan, validate_file
from campaign.ingest.validate.row import Rejected
from campaign.ingest.validate.whole_file import amounts_too_small, rates_for_rebates
from campaign.settings import Settings

SECONDS_BETWEEN_LOOKS = 1.0

log = logging.getLogger(__name__)


def ingest_file(
    connection: MySQLConnectionAbstract,
    path: str | Path,
    settings: Settings,
    *,
    campaigns: Sequence[Campaign],
    run_id: str,
    campaign_id: int | None = None,
    replace: Replace | str = Replace.NOTHING,
    keep_first_orders: Callable[[Sequence[Path], int], None] | None = None,
) -> FileOutcome:
    """Load one file and tell what became of it. The connection is in autocommit and holds no transaction.

    ``campaign_id`` accepts this campaign's rows only. ``replace`` says what may happen to stored orders of other content.
    ``keep_first_orders`` gets the Parquet files and the number of a load into empty tables, for a copy outside MySQL.
    Raises SourceError for a path that may not be read, BusyError when another load does not end within
    ``settings.lock_wait_seconds``, and what the driver raises when the server goes away: then nothing has changed.
    """
    started = time.monotonic()
    path = ensure_allowed(Path(path), settings)
    wanted = None if campaign_id is None else frozenset({campaign_id})
    outcome = _Ingest(connection, path, settings, campaigns, wanted, run_id, Replace(replace), keep_first_orders).run()
    outcome = changed(outcome, seconds=round(time.monotonic() - started, 3))
    nothing_new = outcome.rows_read and not (outcome.rows_accepted or outcome.rows_known)
    log.log(
        logging.WARNING if nothing_new else logging.INFO,
        "%s: %s, %s rows read, %s accepted, %s rejected, %s known, %s s. %s", outcome.file_name, outcome.status,
        outcome.rows_read, outcome.rows_accepted, outcome.rows_rejected, outcome.rows_known, outcome.seconds, outcome.message,
    )  # fmt: skip
    return outcome


@dataclass
class _Ingest:
    connection: MySQLConnectionAbstract
    path: Path
    settings: Settings
    campaigns: Sequence[Campaign]
    wanted: frozenset[int] | None
    run_id: str
    replace: Replace
    keep_first_orders: Callable[[Sequence[Path], int], None] | None = None

    def _hint(self, loaded: LoadedFile) -> str:
        if self.replace == Replace.NOTHING:
            return ""
        if "conflicting_order" in loaded.reasons:
            return (
                ". Its rows that were refused as conflicting_order are no new content: `make requeue` gives them back as a file,"
                " which replaces the stored orders when it is run with REPLACE"
            )
        return ". Should it replace what later files have changed since, it needs another content: an empty line more will do"

    @property
    def name(self) -> str:
        """The file's name as a database can hold it: a name may be of any bytes."""
        return os.fsencode(self.path.name).decode("utf-8", "backslashreplace")

    def run(self) -> FileOutcome:
        try:
            look, looked_at = _look(self.path), time.monotonic()
            self.sha256 = _sha256(self.path)
            time.sleep(max(0.0, SECONDS_BETWEEN_LOOKS - (time.monotonic() - looked_at)))
            if _look(self.path) != look:
                return self._left_alone("moving", "still being written; left for the next run")
        except FileNotFoundError:
            return self._left_alone("vanished", "gone before it was read")
        except PermissionError as error:
            raise SourceError(
                f"{self.path} cannot be read: {error.strerror}. Let the loader's account read it."
            ) from None
        self.loader = BulkLoader(self.connection, self.settings)
        with one_at_a_time(self.connection, self.settings):
            remove_abandoned(self.settings.state_folder)
            swap_tables.drop_left_overs(self.connection, self.settings)
            self.ingest_log = IngestLog(self.connection, self.settings)
            loaded = self.ingest_log.find_loaded(self.sha256)
            if loaded:
                return self._known(loaded)
            self.refused_by = self.ingest_log.refused_by(self.sha256)
            self.load_no = self.ingest_log.begin(self.sha256, self.name, look[0], self.run_id)
            with StagingArea(self.settings.state_folder, self.loader.longest_raw_line) as staging:
                return self._validate(staging, look)

    def _validate(self, staging: StagingArea, look: tuple[int, ...]) -> FileOutcome:
        try:
            scan = validate_file(self.path, staging, self.campaigns, self.wanted)
            with closing(CrossRowChecks(staging)) as rules:
                validate_against_stored(self.connection, self.settings, self.campaigns, staging, rules, self.replace)
                for refused, raw in with_raw_lines(self.path, scan.width, rules.refused()):
                    staging.reject(refused.line, Rejected(refused.reason, refused.column, refused.sentence), raw)
                if _look(self.path) != look:
                    self.ingest_log.withdraw(self.sha256)
                    return self._left_alone("moving", "changed while it was read; left for the next run")
                why = self._too_many_bad_rows(staging, scan) or self._against_all(rules)
                if why:
                    return self._fail(staging, scan, why, rules.count("known_line"))
                return self._load(staging, scan, rules)
        except FileNotFoundError:
            self.ingest_log.withdraw(self.sha256)
            return self._left_alone("vanished", "gone while it was read")
        except (HeaderError, DamagedFileError) as error:
            if not self.path.exists() or _look(self.path) != look:
                self.ingest_log.withdraw(self.sha256)
                return self._left_alone("moving", "changed while it was read; left for the next run")
            staging.forget_rejected()  # what was read of a damaged file is not worth an account
            return self._fail(staging, FileScan(), str(error), 0)

    def _too_many_bad_rows(self, staging: StagingArea, scan: FileScan) -> str:
        bad = sum(staging.reasons[reason] for reason in BAD_REASONS)
        allowed = 0.0 if self.replace == Replace.DAYS else self.settings.max_bad_share
        if bad <= allowed * scan.rows_read:
            return ""
        why = f"{bad:,} of {scan.rows_read:,} rows ({bad / scan.rows_read:.1%}) are bad, "
        if self.replace == Replace.DAYS:
            return why + "a file that replaces whole days must have none, or it would take out the orders on them"
        return f"{why}{allowed:.1%} may be"

    def _against_all(self, rules: CrossRowChecks) -> str:
        """Say why if the file as a whole must not be loaded, though its rows are right by themselves."""
        return (
            rates_for_rebates(rules, self.campaigns)
            or amounts_too_small(rules, self.campaigns)
            or self._against_this_run(rules)
        )

    def _against_this_run(self, rules: CrossRowChecks) -> str:
        """Say why if the file contradicts another one of the same run: which of them came last would be chance."""
        others = self.ingest_log.names_of_loads(rules.loads_of_what_goes(), self.run_id)
        others.discard(self.name)
        if not others:
            return ""
        return (
            f"it would take out orders that this very run loaded from {', '.join(sorted(others))}. Give a day's orders in one "
            "file, or run on one file after the other"
        )

    def _load(self, staging: StagingArea, scan: FileScan, rules: CrossRowChecks) -> FileOutcome:
        """Commit the rows that stand, the refused ones and the counts."""
        standing = rules.standing()
        outcome = FileOutcome(
            self.sha256, self.name, "loaded", scan.rows_read, standing.rows, staging.reasons.total(),
            rules.count("known_line"), in_order(staging.reasons),
            remarks(scan, staging, rules, standing.rows, self.loader.refusal),
            campaign_ids=rules.campaign_ids(), orders_replaced=rules.count_replaced(), orders_removed=rules.count("removed"),
        )  # fmt: skip
        if self._load_beside(staging, scan, standing, outcome):
            if self.keep_first_orders:
                try:
                    self.keep_first_orders(standing.files, self.load_no)
                except OSError as error:  # the rows are stored; the build reads them back, or says what the store lacks
                    log.warning("%s: no copy for %s was kept: %s", self.name, self.settings.engine, error)
        else:
            self.connection.start_transaction()
            if outcome.orders_removed:
                self.loader.remove_orders(rules.removed_orders(ID_LIST))
            self._store(staging, scan, standing, outcome)
            self.connection.commit()
        return outcome

    def _load_beside(self, staging: StagingArea, scan: FileScan, standing: Standing, outcome: FileOutcome) -> bool:
        """Load by way of side tables, if that suits and readers let them change places."""
        if self.loader.refusal or not swap_tables.suit(self.connection, self.settings, standing.rows):
            return False
        try:
            with swap_tables.beside(self.connection, self.settings) as prefix:
                self._store(staging, scan, standing, outcome, prefix)
        except swap_tables.SwapRefusedError:
            return False
        return True

    def _store(
        self, staging: StagingArea, scan: FileScan, standing: Standing, outcome: FileOutcome, prefix: str = ""
    ) -> None:
        self.loader.load_orders(standing, self.load_no, outcome.orders_replaced, self.name, prefix)
        self.loader.load_rejected(staging.rejected(), self.sha256, staging.reasons.total(), prefix)
        IngestLog(self.connection, self.settings, prefix).end(outcome, scan.header, self.campaigns, self.wanted)

    def _fail(self, staging: StagingArea, scan: FileScan, why: str, known: int) -> FileOutcome:
        """Commit why the file is refused, with the first refused rows of each reason, and none of its rows."""
        first = staging.first_rejected_of_each_reason()
        reasons = Counter(staging.reasons)
        reasons["file_failed"] = scan.rows_read - known - reasons.total()
        message = [f"{self.name}: {why}. Nothing was loaded.", *on_reasons(reasons, staging.sentences)]
        outcome = FileOutcome(
            self.sha256, self.name, "failed", scan.rows_read, 0, reasons.total(), known, in_order(reasons),
            "\n".join(message),
        )  # fmt: skip
        self.connection.start_transaction()
        self.loader.load_rejected(first, self.sha256, None)
        self.ingest_log.end(outcome, scan.header, self.campaigns, self.wanted)
        # A task that is cleared belongs to the run that refused the file: it stays red.
        again = self.refused_by not in (None, self.run_id)
        if again:
            self.ingest_log.keep_refused_by(self.sha256, self.refused_by)
        self.connection.commit()
        if again:
            told = f"still refused, as by run {self.refused_by}: correct the file or take it away. {outcome.message}"
            return changed(outcome, status=STILL_REFUSED, message=told)
        return outcome

    def _known(self, loaded: LoadedFile) -> FileOutcome:
        """Say so, unless rows refused as outside_campaign are wanted now."""
        again = revalidate_file(self.connection, self.settings, self.campaigns, loaded, self.wanted)
        when = f"{loaded.finished_at:%Y-%m-%d %H:%M} UTC"
        message = f"the same content was loaded as {loaded.file_name} at {when}"
        if not again:
            rejected = loaded.reasons.total()
            return FileOutcome(
                self.sha256, self.name, "known", loaded.rows_read, 0, rejected, loaded.rows_read - rejected,
                in_order(loaded.reasons), f"{message}; nothing has changed{self._hint(loaded)}",
            )  # fmt: skip
        now = self.ingest_log.find_loaded(self.sha256)
        rejected = now.reasons.total()
        return changed(
            again, file_name=self.name, rows_read=loaded.rows_read, rows_rejected=rejected,
            rows_known=loaded.rows_read - rejected - again.rows_accepted, reasons=in_order(now.reasons),
            message=f"{message}; {again.message}",
        )  # fmt: skip

    def _left_alone(self, status: str, message: str) -> FileOutcome:
        return FileOutcome("", self.name, status, message=message)


def _look(path: Path) -> tuple[int, ...]:
    """Return the file's size and what changes with its content, also when another file of its size and time takes its place."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
