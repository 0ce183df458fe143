"""The contract as data, and the data dictionary made from it."""

from __future__ import annotations

from campaign.contract.columns import BAD_REASONS, COLUMNS, REASON_CODES, data_dictionary
from campaign.settings import PROJECT_ROOT
from tests.fixtures.ingest_corpus import corpus


def test_the_data_dictionary_is_the_one_made_from_the_contract() -> None:
    dictionary = PROJECT_ROOT / "include" / "data_sample" / "README.md"
    assert dictionary.read_text() == data_dictionary(), (
        "run: python -m campaign.contract.columns > include/data_sample/README.md"
    )


def test_every_reason_of_a_column_is_explained_and_none_twice() -> None:
    assert {reason for column in COLUMNS for reason in column.reasons} <= set(REASON_CODES)
    assert len(set(REASON_CODES)) == len(REASON_CODES)
    assert set(REASON_CODES) - BAD_REASONS == {"empty_line", "outside_campaign"}


def test_the_corpus_has_a_case_of_every_reason_of_every_column() -> None:
    seen = {pair for case in corpus() for pair in case.rejected.values()}
    stored = {("conflicting_order", "order_id")}  # needs another file: test_ingest_set_rules
    wanted = {(reason, column.name) for column in COLUMNS for reason in column.reasons} - stored
    assert wanted - seen == set()
    elsewhere = {"file_failed", "line_too_long", "conflicting_order"}  # a file's, test_ingest, test_ingest_set_rules
    assert set(REASON_CODES) - {reason for reason, _ in seen} == elsewhere
