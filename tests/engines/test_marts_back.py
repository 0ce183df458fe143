"""Marts from Parquet into MySQL: types, keys, texts of every kind, both ways of loading, and what is told when it fails."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path

import mysql.connector
import polars as pl
import pytest

from campaign.engines import marts_import
from campaign.engines.marts_import import HandOverError, bring_marts_back
from campaign.settings import Settings
from tests.engines.parity import store_of

HARD = "a, \"b\" \\ \\N \t\r\nc 🍜 'd'"
MART = pl.DataFrame(
    {
        "day": [datetime.date(2024, 2, 29), datetime.date(2026, 6, 10)],
        "name": [HARD, "NULL"],
        "said": [None, ""],
        "story": ["x" * 5_000, None],
        "at": [datetime.datetime(2026, 6, 10, 23, 59, 59), None],
        "money": [Decimal("9999999999999999.99"), Decimal("-0.05")],
        "count": [2**62, None],
        "flag": pl.Series([1, 0], dtype=pl.Int32),
    },
    schema_overrides={"money": pl.Decimal(18, 2)},
)


@pytest.fixture
def back(mysql_settings: Settings, raw_connection, tmp_path: Path):
    """Yield a function that hands a frame over as the mart ``mart`` and brings it back; ``back.rows`` says what is there."""
    manifest = tmp_path / "manifest.json"
    config = {"primary_key": ["day", "name"], "indexes": [["count"]]}
    node = {"alias": "mart", "tags": ["published"], "config": config}
    manifest.write_text(json.dumps({"nodes": {"model.campaign.mart": node}}))
    with store_of(mysql_settings, "duckdb", tmp_path) as settings, raw_connection.cursor() as cursor:
        marts = settings.marts_folder
        marts.mkdir(parents=True)

        def bring(frame: pl.DataFrame | None) -> dict[str, int]:
            if frame is not None:
                frame.write_parquet(marts / "mart.parquet")
            return bring_marts_back(settings, ["mart", "no_mart"], manifest)

        def query(statement: str) -> list[tuple]:
            cursor.execute(statement)
            return cursor.fetchall()

        bring.query, bring.marts = query, marts
        bring.rows = lambda: query(f"select * from {settings.build_database}.mart order by day")
        yield bring


def test_every_value_arrives_as_it_was(back) -> None:
    assert back(MART) == {"mart": 2}
    assert back.rows() == MART.rows()


def test_it_arrives_the_same_where_load_data_is_refused(back, monkeypatch) -> None:
    monkeypatch.setattr(marts_import, "why_refused", lambda *_: "error 3948")
    monkeypatch.setattr(marts_import, "_load", None)
    assert back(MART) == {"mart": 2}
    assert back.rows() == MART.rows()


def test_the_table_has_types_and_keys_as_mysql_would_make_them(back) -> None:
    back(MART)
    assert back.query(
        "select column_name, column_type from information_schema.columns where table_name = 'mart' order by ordinal_position"
    ) == [
        ("day", "date"), ("name", "varchar(160)"), ("said", "varchar(160)"), ("story", "longtext"), ("at", "datetime"),
        ("money", "decimal(18,2)"), ("count", "bigint"), ("flag", "int"),
    ]  # fmt: skip
    assert back.query(
        "select index_name, column_name from information_schema.statistics where table_name = 'mart' order by 1 desc, seq_in_index"
    ) == [("PRIMARY", "day"), ("PRIMARY", "name"), ("by_count", "count")]


def test_a_later_mart_takes_the_place_of_the_earlier_one(back) -> None:
    back(MART)
    assert back(MART.head(1)) == {"mart": 1}
    assert back.rows() == MART.head(1).rows()


def test_an_empty_mart_is_an_empty_table(back) -> None:
    assert back(MART.clear()) == {"mart": 0}
    assert back.rows() == []


def test_parts_of_a_folder_are_loaded_in_streams(back, monkeypatch) -> None:
    monkeypatch.setattr(marts_import, "STREAMS_FROM_ROWS", 1)
    (back.marts / "mart.parquet").mkdir()
    rows = pl.DataFrame(
        {"day": [datetime.date(2026, 1, 1)] * 1_000, "name": [f"{n:04}" for n in range(1_000)], "count": range(1_000)}
    )
    for number, part in enumerate(rows.iter_slices(300)):
        part.write_parquet(back.marts / "mart.parquet" / f"part-{number:05}.parquet")
    assert back(None) == {"mart": 1_000}
    assert back.query("select count(distinct name), sum(count) from campaign_build.mart") == [
        (1_000, sum(range(1_000)))
    ]


def test_a_mart_that_was_not_handed_over_is_named(back) -> None:
    with pytest.raises(HandOverError, match=r"mart.parquet is missing"):
        back(None)


def test_a_text_too_long_for_a_key_is_an_error_and_leaves_what_was_there(back) -> None:
    back(MART)
    with pytest.raises((HandOverError, mysql.connector.Error), match="Data truncated for column 'name'"):
        back(MART.with_columns(name=pl.lit("x" * 161) + pl.col("name")))
    assert back.rows() == MART.rows()


def test_a_key_that_is_there_twice_is_an_error(back) -> None:
    with pytest.raises((HandOverError, mysql.connector.Error), match="Duplicate entry"):
        back(pl.concat([MART, MART]))
