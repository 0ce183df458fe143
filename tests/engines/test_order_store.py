"""The engine's copy of the orders: only changed days are read again, and it never has other orders than MySQL."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from campaign.db.connection import connect
from campaign.engines import orders_export
from campaign.engines.orders_export import StoreError, feed_orders
from campaign.settings import Settings
from local_stack.sample import SAMPLE
from tests.engines.parity import ingest, store_of
from tests.integration.marts_harness import Order, store

LINES = SAMPLE.read_text(encoding="utf-8-sig").splitlines(keepends=True)
DAYS = {day: [line for line in LINES[1:] if day in line] for day in ("2026-06-10", "2026-06-11")}
FIRST, SECOND = DAYS.values()


@pytest.fixture
def fed(mysql_settings: Settings, raw_connection, tmp_path: Path):
    """Yield a function that feeds the store and returns how many orders were read; ``fed.rows`` are those in the store."""
    with store_of(mysql_settings, "duckdb", tmp_path) as settings:

        def feed(**how) -> int:
            return feed_orders(raw_connection, settings, **how)

        feed.settings, feed.folder = settings, settings.store_folder / "orders"
        feed.rows = lambda: pl.read_parquet(sorted(feed.folder.glob("*.parquet"))).sort("order_id").rows()
        yield feed


def write(folder: Path, name: str, *parts: list[str]) -> Path:
    path = folder / name
    path.write_text(LINES[0] + "".join(line for part in parts for line in part))
    return path


def stored(settings: Settings) -> list[tuple]:
    """Return MySQL's orders in the columns of the store."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("select * from transaction_data order by order_id")
        return cursor.fetchall()


def test_the_store_has_the_orders_to_the_second_and_the_hundredth(fed, tmp_path) -> None:
    store(
        fed.settings,
        [
            order.as_row()
            for order in (
                Order(9, "2026-06-10 23:59:59", 1, 2, "9999999999999999.99", "0.01"),
                Order(3, "2026-06-11 00:00:00", 1, 2, 1),
            )
        ],
    )
    assert fed() == 2
    assert fed.rows() == stored(fed.settings)


def test_only_days_that_changed_are_read_again(fed, tmp_path) -> None:
    ingest(fed.settings, write(tmp_path, "first.csv", FIRST))
    assert fed() == len(FIRST)
    assert fed() == 0
    ingest(fed.settings, write(tmp_path, "second.csv", SECOND))
    assert fed() == len(SECOND)
    assert fed.rows() == stored(fed.settings)
    assert fed(anew=True) == len(FIRST) + len(SECOND)


def test_a_day_that_gained_orders_is_read_whole_and_replaces_its_file(fed, tmp_path) -> None:
    ingest(fed.settings, write(tmp_path, "half.csv", FIRST[:100], SECOND))
    fed()
    ingest(fed.settings, write(tmp_path, "rest.csv", FIRST[100:]))
    assert fed() == len(FIRST)
    assert len(list(fed.folder.iterdir())) == 2
    assert fed.rows() == stored(fed.settings)


def test_orders_that_order_day_does_not_know_are_read_all_the_same(fed, tmp_path, raw_connection) -> None:
    ingest(fed.settings, write(tmp_path, "first.csv", FIRST))
    fed()
    with raw_connection.cursor() as cursor:
        cursor.execute(
            "insert into transaction_data values (999999999, '2026-06-13 08:00:00', '2026-06-13', 1, 2, 3, 4, 0, 1)"
        )
    assert fed() == len(FIRST) + 1
    assert fed.rows() == stored(fed.settings)


def test_a_feed_that_was_killed_goes_on(fed, tmp_path) -> None:
    ingest(fed.settings, write(tmp_path, "both.csv", FIRST, SECOND))
    fed()
    lost, left = sorted(fed.folder.iterdir())
    lost.rename(lost.with_name(".2026-06-10.part"))
    (fed.folder / ".2026-06-10.csv").write_text("1,2026-06-")
    assert fed() == len(FIRST)
    assert sorted(fed.folder.iterdir()) == sorted([lost, left])


def test_a_file_that_cannot_be_read_is_made_anew(fed, tmp_path) -> None:
    ingest(fed.settings, write(tmp_path, "both.csv", FIRST, SECOND))
    fed()
    next(fed.folder.iterdir()).write_bytes(b"no Parquet")
    assert fed() == len(FIRST) + len(SECOND)
    assert fed.rows() == stored(fed.settings)


def test_what_is_not_of_the_store_is_named_and_left(fed, tmp_path) -> None:
    ingest(fed.settings, write(tmp_path, "first.csv", FIRST))
    fed()
    others = [fed.folder / "sales.parquet", fed.folder / "2026", fed.folder / ".nfs01"]
    others[0].write_text("somebody's")
    others[1].mkdir()
    others[2].touch()
    with pytest.raises(StoreError, match="holds 2026, sales.parquet besides"):
        fed()
    assert all(path.exists() for path in others)


def test_a_first_large_load_is_not_read_back(fed, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("campaign.ingest.load.swap_tables.FROM_ROWS", 1)
    ingest(fed.settings, write(tmp_path, "first.csv", FIRST, SECOND))
    assert len(list(fed.folder.iterdir())) == 2
    assert fed() == 0
    assert fed.rows() == stored(fed.settings)
    ingest(fed.settings, write(tmp_path, "third.csv", [line for line in LINES[1:] if "2026-06-12" in line]))
    assert fed() == sum("2026-06-12" in line for line in LINES[1:])
    assert fed.rows() == stored(fed.settings)


def test_an_empty_database_gives_an_empty_store(fed) -> None:
    assert fed() == 0
    assert fed.rows() == [], "engines refuse a folder without a file, so there is one without a row"


def test_a_copy_that_cannot_become_whole_is_told(fed, tmp_path, monkeypatch) -> None:
    ingest(fed.settings, write(tmp_path, "first.csv", FIRST))
    fetch = orders_export.fetch_in_pages
    monkeypatch.setattr(
        orders_export,
        "fetch_in_pages",
        lambda cursor, table, condition, file: fetch(cursor, table, f"{condition} and order_id % 2 = 0", file),
    )
    with pytest.raises(StoreError, match="have different orders"):
        fed()
