"""Every bad input of the corpus, through the real loader into a real server, with an exact account of every line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.campaigns import Campaign
from campaign.db.connection import connect
from campaign.ingest.ingest_file import ingest_file
from campaign.settings import Settings
from tests.fixtures.ingest_corpus import Case, corpus

CORPUS = corpus()
CAMPAIGNS = [
    Campaign(2, "sample", date(2026, 6, 10), date(2026, 6, 13), "UTC", "VND", Decimal("0.30"), Decimal(20000), 1)
]


@pytest.fixture(scope="module")
def connection(mysql_settings: Settings) -> Iterator[MySQLConnectionAbstract]:
    with connect(mysql_settings) as connection:
        with connection.cursor() as cursor:
            for table in ("transaction_data", "rejected_row", "ingest_file"):
                cursor.execute(f"truncate table {table}")
        yield connection


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.ingest.ingest_file.SECONDS_BETWEEN_LOOKS", 0)


def test_the_corpus_is_large_and_no_defect_is_there_twice() -> None:
    assert len({case.defect for case in CORPUS}) == len(CORPUS) >= 150


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.defect)
def test_every_line_is_accounted_for_when(
    case: Case, connection: MySQLConnectionAbstract, mysql_settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / f"{case.defect}.csv"
    path.write_bytes(case.content)
    settings = mysql_settings.model_copy(update={"allowed_roots": str(tmp_path), "state_folder": tmp_path / "state"})

    outcome = ingest_file(connection, path, settings, campaigns=CAMPAIGNS, run_id="corpus")

    reasons = Counter(reason for reason, _ in case.rejected.values())
    if case.status == "loaded":
        assert outcome.rows_accepted == case.accepted
        assert Counter(outcome.reasons) == reasons
        assert outcome.rows_read == case.accepted + case.known + len(case.rejected)
    else:
        assert outcome.rows_accepted == 0
        assert Counter(outcome.reasons) - Counter(file_failed=outcome.rows_read) == reasons
        assert path.name in outcome.message
    assert outcome.status == case.status

    with connection.cursor() as cursor:
        cursor.execute(
            "select load_no, status, rows_read, rows_accepted, rows_rejected, rows_known, reasons, message, bytes"
            " from ingest_file where sha256 = %s", (outcome.sha256,)
        )  # fmt: skip
        load_no, *stored, stored_reasons, message, size = cursor.fetchone()
        assert stored == [
            outcome.status, outcome.rows_read, outcome.rows_accepted, outcome.rows_rejected, outcome.rows_known
        ]  # fmt: skip
        assert (json.loads(stored_reasons), message, size) == (outcome.reasons, outcome.message, len(case.content))
        cursor.execute("select count(*) from transaction_data where load_no = %s", (load_no,))
        assert cursor.fetchone()[0] == outcome.rows_accepted
        cursor.execute(
            "select line_number, reason, column_name, sentence, raw_length, raw_line from rejected_row where sha256 = %s"
            " order by line_number", (outcome.sha256,)
        )  # fmt: skip
        rows = cursor.fetchall()
    assert {line: (reason, column) for line, reason, column, *_ in rows} == case.rejected
    told = [outcome.message]
    lines = [b"", *case.content.split(b"\n")]
    for line, reason, column, sentence, raw_length, raw_line in rows:
        assert sentence.startswith(f"line {line}: ")
        assert column is None or column in sentence or reason in ("differing_lines", "second_owner_of_shop")
        raw = lines[line].removesuffix(b"\r")
        assert raw_length == len(raw)
        assert raw_line == raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        told.append(sentence)
    assert any(case.told in text for text in told)
    assert list((tmp_path / "state" / "ingest").glob("load-*")) == []
