"""Rules that need other rows, held against a model in plain Python: any files, one after the other, into a real server.

The model knows nothing of the loader's way; it keeps the stored orders in a dict. After each file both must agree on what
became of every line and on what is stored, and no shop may have two owners within a campaign.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.ingest_file import ingest_file
from campaign.ingest.load.replace import Replace
from campaign.settings import Settings

CAMPAIGNS = [
    Campaign(1, "first", date(2026, 6, 10), date(2026, 6, 10), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1),
    Campaign(2, "second", date(2026, 6, 11), date(2026, 6, 11), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1),
]
Row = tuple[int, int, int, int, int]  # order_id, campaign_id, shop_id, shop_owner_uid, gmv


@dataclass
class Model:
    """What must be stored, and what must become of a file's rows."""

    stored: dict[int, Row] = field(default_factory=dict)

    def load(self, rows: list[Row], replace: Replace) -> tuple[dict[int, str], set[int]]:
        """Return line -> reason of the rejected rows, and the lines that are known."""
        if replace == Replace.DAYS:
            return self._load_days(rows)
        rejected: dict[int, str] = {}
        known: set[int] = set()
        standing: dict[int, Row] = {}
        contents = {order_id: {row for row in rows if row[0] == order_id} for order_id, *_ in rows}
        for line, row in enumerate(rows, start=2):
            before = self.stored.get(row[0])
            if len(contents[row[0]]) > 1:
                rejected[line] = "differing_lines"
            elif before == row or row in rows[: line - 2]:
                known.add(line)
            elif before and replace == Replace.NOTHING:
                rejected[line] = "conflicting_order"
            else:
                standing[line] = row
        for shop in {row[1:3] for row in standing.values()}:
            rejected |= self._second_owners(shop, {n: row for n, row in standing.items() if row[1:3] == shop})
        self.stored |= {row[0]: row for line, row in standing.items() if line not in rejected}
        return rejected, known

    def _load_days(self, rows: list[Row]) -> tuple[dict[int, str], set[int]]:
        """All rows or none: what is stored afterwards says whether the file may be loaded."""
        offered = {row[0]: row for row in rows}
        after = {row[0]: row for row in self.stored.values() if row[1] not in {row[1] for row in rows}} | offered
        owners: dict[tuple[int, int], set[int]] = {}
        for row in after.values():
            owners.setdefault(row[1:3], set()).add(row[3])
        if len(offered) < len(set(rows)) or any(len(found) > 1 for found in owners.values()):
            return {0: "the file fails"}, set()
        known = {n for n, row in enumerate(rows, start=2) if self.stored.get(row[0]) == row or row in rows[: n - 2]}
        self.stored = after
        return {}, known

    def _second_owners(self, shop: tuple[int, int], rows: dict[int, Row]) -> dict[int, str]:
        here = {row[0]: row[3] for row in self.stored.values() if row[1:3] == shop}
        new_owners = {row[3] for row in rows.values() if row[0] in here}
        all_replaced = here.keys() <= {row[0] for row in rows.values()}
        if here and all_replaced and len(new_owners) == 1:
            (owner,) = new_owners
        elif here:
            owner = next(iter(here.values()))
        else:
            owner = rows[min(rows)][3]
        return {line: "second_owner_of_shop" for line, row in rows.items() if row[3] != owner}


def as_line(row: Row) -> str:
    order_id, campaign_id, shop_id, owner, gmv = row
    day = f"2026-06-{9 + campaign_id}"
    return f"{day} 10:00:00,{day},{order_id},5,{shop_id},{owner},{gmv},0"


rows = st.tuples(
    st.integers(1, 6), st.integers(1, 2), st.integers(1, 2), st.integers(1, 3), st.sampled_from([100, 250])
)
files = st.lists(
    st.tuples(st.lists(rows, min_size=1, max_size=8), st.sampled_from(list(Replace))), min_size=1, max_size=4
)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every paged or listed look-up take several steps, and no pause between looks."""
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)
    monkeypatch.setattr("campaign.db.paging.PAGE_ROWS", 2)
    monkeypatch.setattr("campaign.ingest.validate.against_stored.ID_LIST", 2)
    yield


@pytest.mark.parametrize("tries", [8, pytest.param(80, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "by_range", [True, False], ids=["stored orders fetched by range", "stored orders fetched by list"]
)
def test_any_files_give_what_the_model_gives(
    by_range: bool, tries: int, raw_connection: MySQLConnectionAbstract, mysql_settings: Settings, small_steps: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("campaign.ingest.validate.against_stored.NEIGHBOURS_PER_LOOKUP", 1000 if by_range else 0)

    @settings(max_examples=tries, deadline=None, suppress_health_check=list(HealthCheck))
    @given(files)
    @example([([(1, 1, 1, 1, 100), (2, 1, 1, 1, 100), (3, 1, 2, 2, 100)], Replace.NOTHING),
              ([(1, 1, 1, 2, 100), (3, 1, 1, 2, 100)], Replace.ORDERS)])  # an order moves in from another shop  # fmt: skip
    @example(
        [
            ([(1, 1, 1, 1, 100), (2, 1, 1, 1, 100)], Replace.NOTHING),
            ([(1, 1, 1, 2, 100), (2, 1, 1, 2, 100)], Replace.ORDERS),
        ]
    )
    @example(
        [
            ([(1, 1, 1, 1, 100), (2, 1, 1, 1, 100)], Replace.NOTHING),
            ([(1, 1, 1, 2, 100), (2, 1, 1, 3, 100)], Replace.ORDERS),
        ]
    )
    @example(
        [([(1, 1, 1, 1, 100)], Replace.NOTHING), ([(1, 2, 1, 2, 100), (2, 1, 1, 2, 100)], Replace.ORDERS)]
    )  # moves to another campaign
    def check(files: list[tuple[list[Row], bool]]) -> None:
        with raw_connection.cursor() as cursor:
            for table in ("transaction_data", "rejected_row", "ingest_file"):
                cursor.execute(f"delete from {table}")
        model, offered = Model(), set()
        for number, (content, replace) in enumerate(files):
            text = "\n".join([",".join([*COLUMN_NAMES, str(number)]), *(f"{as_line(row)}," for row in content)])
            with tempfile.TemporaryDirectory() as folder:
                roots = {"allowed_roots": folder, "state_folder": Path(folder) / "state", "max_bad_share": 1.0}
                path = Path(folder) / f"{number}.csv"
                path.write_text(text)
                outcome = ingest_file(
                    raw_connection,
                    path,
                    mysql_settings.model_copy(update=roots),
                    campaigns=CAMPAIGNS,
                    run_id=f"model {number}",
                    replace=replace,
                )
            offered.add(outcome.sha256)
            rejected, known = model.load(content, replace)
            fails = rejected == {0: "the file fails"}
            assert outcome.status == ("failed" if fails else "loaded")
            assert outcome.rows_read == len(content)
            with raw_connection.cursor() as cursor:
                if not fails:
                    assert outcome.rows_known == len(known)
                    cursor.execute("select line_number, reason from rejected_row where sha256 = %s", (outcome.sha256,))
                    assert dict(cursor.fetchall()) == rejected
                cursor.execute("select order_id, day(txn_date) - 9, shop_id, shop_owner_uid, gmv from transaction_data")
                assert {row[0]: row for row in cursor.fetchall()} == model.stored
                cursor.execute(
                    "select count(*) from (select 1 from transaction_data group by txn_date, shop_id"
                    " having min(shop_owner_uid) <> max(shop_owner_uid)) as two_owners"
                )
                assert cursor.fetchone()[0] == 0

    check()
