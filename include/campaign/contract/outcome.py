"""What became of one file: counts that add up, or no outcome at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

from campaign.contract.columns import REASON_CODES

STILL_REFUSED = "still_refused"


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file. rows_read = rows_accepted + rows_rejected + rows_known; the header is no row.

    status: loaded, known (the same content was loaded before), failed (nothing was loaded, message says why), still_refused
    (failed, as in an earlier run), moving (still being written, left for the next run) or vanished. ``campaign_ids`` are those
    that rows were accepted for.
    ``orders_replaced`` and ``orders_removed`` count stored orders that made room for the file's.
    """

    sha256: str
    file_name: str
    status: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_known: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0
    campaign_ids: list[int] = field(default_factory=list)
    orders_replaced: int = 0
    orders_removed: int = 0

    def __post_init__(self) -> None:
        """Refuse to exist with a row unaccounted for, or a rejected one without a reason."""
        if self.rows_read != self.rows_accepted + self.rows_rejected + self.rows_known:
            raise AssertionError(f"rows are unaccounted for: {self}")
        if sum(self.reasons.values()) != self.rows_rejected:
            raise AssertionError(f"the reasons do not add up to the rejected rows: {self}")

    def as_dict(self) -> dict:
        """Return a JSON-able copy."""
        return asdict(self)


def in_order(reasons: Counter[str]) -> dict[str, int]:
    """Return the counts that are not 0, in the contract's order of judgement; codes of earlier versions come last."""
    return {code: reasons[code] for code in dict.fromkeys((*REASON_CODES, *reasons)) if reasons[code]}
