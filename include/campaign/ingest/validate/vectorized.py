"""The vectorized validator: accepts the rows of a block that are evidently good, a column at a time.

It is sound by construction: a row is accepted only if its line, split at every comma, has the header's number of values, each
contract value has the plain shape below (an optional pair of quotes around digits), and every quote of the line is one of
such a pair. Lines whose quoted values hold commas are first made into such lines. What is not accepted is not validated here:
the row validator does that, from the bytes. A test holds the two together against the row validator alone on arbitrary bytes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_

import polars as pl

from campaign.campaigns import Campaign
from campaign.contract.currencies import smallest_amount
from campaign.contract.status_columns import LONGEST_STATUS
from campaign.ingest.read.chunks import BLOCK_BYTES, BLOCK_LINES
from campaign.ingest.staging.area import SCHEMA
from campaign.ingest.validate.row import RowValidator, is_utf8

# Bytes no good value holds, and that a CSV reader might trip over, become one that is harmless and fits no shape below.
_HARMLESS = bytes(byte if 0x20 <= byte < 0x80 or byte == 0x0A else ord("?") for byte in range(256))
_HARMLESS_IN_UTF8 = bytes(byte if byte >= 0x80 else _HARMLESS[byte] for byte in range(256))
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SHAPES = {
    # The parser takes a 60th second, the calendar does not.
    "time": rf"{_DATE} [0-9]{{2}}:[0-9]{{2}}:[0-5][0-9](?:\.0{{1,9}})?",
    "date": rf"{_DATE}(?: 00:00:00)?",
    "id": r"(?:0|[1-9][0-9]{0,17})",  # leading zeros are counted by the row validator
    "money": r"[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{2}0{2,18}))?",  # never three decimals, they may be thousands
}
# A line of values that either hold no quote or are quoted as a whole, with no quote inside. Taken one after the other, its
# quoted values are then what _QUOTED matches; it gives what they hold, or nothing if that has a comma: no good value does.
_VALUE = '(?:[^",]*|"[^"]*")'
_QUOTES_IN_ORDER = f"^{_VALUE}(?:,{_VALUE})*$"
_QUOTED = '"([^",]*)"|"[^"]*"'
_KINDS = {
    "txn_time": "time", "txn_date": "date", "order_id": "id", "uid": "id", "shop_id": "id", "shop_owner_uid": "id",
    "gmv": "money", "rebate": "money",
}  # fmt: skip


class VectorizedValidator:
    """Accepts rows of one file, for the row validator that knows its header and campaigns."""

    def __init__(self, validator: RowValidator) -> None:
        """Prepare for the row validator's header."""
        self.campaigns = validator.campaigns
        self.width = validator.width
        self.names = [f"ignored {position}" for position in range(validator.width)]
        for name, position in validator.positions.items():
            self.names[position] = name
        self.status_names = [f"status {position}" for position in validator.status_positions]
        for name, position in zip(self.status_names, validator.status_positions, strict=True):
            self.names[position] = name
        self.read_names = {*_KINDS, *self.status_names}
        self.header = f"{','.join(self.names)}\n".encode()

    def accept(self, block: bytes) -> pl.DataFrame:
        """Return the evidently good rows in the columns of SCHEMA, ``line`` counting the block's lines from 0."""
        if not block or len(block) > 2 * BLOCK_BYTES or block.count(b"\n") > 2 * BLOCK_LINES:
            return pl.DataFrame(schema=SCHEMA)  # far from good, and it would be copied several times
        text = block if block.endswith(b"\n") else block + b"\n"
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        if not text.isascii() or b"\0" in text or b"\r" in text:
            # Only a status is taken as text. One that loses a byte here is left to the row validator.
            text = text.translate(_HARMLESS_IN_UTF8 if self.status_names and is_utf8(text) else _HARMLESS)
        rows = self._accept_plain(text)
        if b'"' not in text or rows.height == text.count(b"\n"):
            return rows
        return pl.concat([rows, self._accept_quoted(text, rows["line"])]).sort("line")

    def _accept_quoted(self, text: bytes, accepted: pl.Series) -> pl.DataFrame:
        """Return more good rows: of lines whose quotes are in order, but hold commas, in ignored columns."""
        lines = pl.DataFrame({"text": text.decode().split("\n")[:-1]}).with_row_index("line")
        lines = lines.filter(~pl.col("line").is_in(accepted.to_list()) & pl.col("text").str.contains(_QUOTES_IN_ORDER))
        if not lines.height:
            return pl.DataFrame(schema=SCHEMA)
        plain = lines["text"].str.replace_all(_QUOTED, "$1").str.join("\n").item().encode() + b"\n"
        rows = self._accept_plain(plain, lost="")
        return rows.with_columns(line=lines["line"].cast(pl.Int64).gather(rows["line"]))

    def _accept_plain(self, text: bytes, lost: str = "?") -> pl.DataFrame:
        """Return good rows of lines that may be split at every comma, and have no quotes but pairs around whole values.

        A status with "?", or one that is ``lost``, may be another in the file.
        """
        # With a header of our own, because Polars makes as many columns as the first line has values, be they millions.
        raw = pl.read_csv(
            self.header + text, schema=dict.fromkeys(self.names, pl.String), quote_char=None,
            missing_columns="insert", extra_columns="ignore", empty_string_is_null=False,
        )  # fmt: skip
        if raw.height != text.count(b"\n"):
            return pl.DataFrame(schema=SCHEMA)
        # Quotes are looked for where the first line has them; a line that has others is left over.
        quoted = [name for name, value in raw.row(0, named=True).items() if value.startswith('"')]
        good = self._split_right(raw, text, quoted)
        good += [pl.col(name).str.contains(f"^{_SHAPES[kind]}$") for name, kind in _KINDS.items()]
        good.append(pl.col("txn_time").str.head(10) == pl.col("txn_date").str.head(10))
        good += [~pl.col(name).str.contains("?", literal=True) & (pl.col(name) != lost) for name in self.status_names]
        has_point = b"." in text
        time = pl.col("txn_time").str.head(19) if has_point else pl.col("txn_time")
        rows = (
            raw.lazy()
            .with_columns(pl.col(name).str.strip_chars('"') for name in quoted if name in self.read_names)
            .with_row_index("line")
            .filter(reduce(and_, good))
            .select(
                pl.col("line").cast(pl.Int64),
                *(pl.col(name).cast(pl.Int64) for name, kind in _KINDS.items() if kind == "id"),
                *(_hundredths(pl.col(name), has_point).alias(name) for name, kind in _KINDS.items() if kind == "money"),
                time.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, cache=False, time_unit="ms"),
                status=self._status(),
            )
            .collect()
        )
        return self._within_terms(rows)

    def _status(self) -> pl.Expr:
        if not self.status_names:
            return pl.lit("")
        values = [pl.col(name).str.strip_chars(" ").str.head(LONGEST_STATUS) for name in self.status_names]
        return pl.concat_str(values, separator=",")

    def _split_right(self, raw: pl.DataFrame, text: bytes, quoted: list[str]) -> list[pl.Expr]:
        """Return conditions that hold where a line has exactly ``width`` values and no quote but pairs around values.

        Sums over the block settle it for most blocks: every line has at least so many commas if its last value is not empty,
        and at least so many quotes as are in pairs; if the sums are met, each line has exactly as many.
        """
        commas_settled = text.count(b",") == raw.height * (self.width - 1) and not (raw[self.names[-1]] == "").any()
        quotes = text.count(b'"')
        paired = raw.select(pl.sum_horizontal(pl.lit(0), *(_is_paired(name) for name in quoted)) * 2).to_series()
        quotes_settled = paired.sum() == quotes
        if commas_settled and quotes_settled:
            return []
        lines = text.split(b"\n")[:-1]
        conditions: list[pl.Expr] = []
        if not commas_settled:
            conditions.append(
                pl.lit(pl.Series([line.count(b",") == self.width - 1 for line in lines], dtype=pl.Boolean))
            )
        if not quotes_settled:
            conditions.append(pl.lit(pl.Series([line.count(b'"') for line in lines], dtype=pl.Int64) == paired))
        return conditions

    def _within_terms(self, rows: pl.DataFrame) -> pl.DataFrame:
        campaign_id = pl.lit(None, dtype=pl.Int32)
        for campaign in self.campaigns:
            campaign_id = (
                pl.when(_in_window(campaign)).then(_campaign_id_if_within_terms(campaign)).otherwise(campaign_id)
            )
        gmv, rebate = pl.col("gmv"), pl.col("rebate")
        return (
            rows.lazy()
            .filter(pl.col("txn_time").is_not_null() & (gmv > 0) & (rebate <= gmv))
            .with_columns(campaign_id=campaign_id)
            .filter(pl.col("campaign_id").is_not_null())
            .select(list(SCHEMA))
            .collect()
        )


def _is_paired(name: str) -> pl.Expr:
    value = pl.col(name)
    return value.str.starts_with('"') & value.str.ends_with('"') & (value.str.len_bytes() > 1)


def _hundredths(text: pl.Expr, has_point: bool) -> pl.Expr:
    if not has_point:
        return text.cast(pl.Int64) * 100
    parts = text.str.splitn(".", 2)
    fraction = parts.struct.field("field_1").fill_null("0").str.head(2).str.pad_end(2, "0")
    return parts.struct.field("field_0").cast(pl.Int64) * 100 + fraction.cast(pl.Int64)


def _in_window(campaign: Campaign) -> pl.Expr:
    return pl.col("txn_time").is_between(
        _midnight(campaign.starts_on), _midnight(campaign.ends_on) + timedelta(days=1), "left"
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _campaign_id_if_within_terms(campaign: Campaign) -> pl.Expr:
    """Return the campaign's id where cap and rate allow the rebate, else null, also where 64 bits do not reach to tell."""
    numerator, denominator = campaign.voucher_rate.as_integer_ratio()
    whole_units = denominator * 100
    if max(numerator, whole_units) >= 2**62:
        return pl.lit(None, dtype=pl.Int32)
    gmv, rebate = pl.col("gmv"), pl.col("rebate")
    cap = int(100 * campaign.voucher_cap)
    ceiling = (numerator * gmv + (whole_units - 1)) // whole_units
    reach = (2**62 - whole_units) // max(numerator, 1)
    within = (gmv <= reach) & (rebate <= cap) & (rebate <= 100 * (ceiling + 1))
    smallest = smallest_amount(campaign.currency)
    if smallest > 1:
        within &= (gmv % smallest == 0) & (rebate % smallest == 0)
    return pl.when(within).then(pl.lit(campaign.campaign_id, dtype=pl.Int32))
