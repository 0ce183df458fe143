"""The Postman collection is that of the document, and works as it is imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.postman_collection import COLLECTION, read_document, text_of


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_document(tmp_path_factory.mktemp("document"))


def test_collection_is_the_one_made_from_the_document(document: dict[str, Any]) -> None:
    assert Path(COLLECTION).read_text() == text_of(document), "make postman writes it"


def test_every_parameter_has_an_example_and_only_what_is_needed_is_filled_in(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    parameters = [one for operation in operations for one in operation.get("parameters", [])]
    assert parameters
    for one in parameters:
        assert ("example" in one) is bool(one.get("required")), one["name"]
        assert one.get("example", one.get("examples", {}).get("example", {}).get("value")) is not None, one["name"]
    requests = [item["request"] for folder in json.loads(COLLECTION.read_text())["item"] for item in folder["item"]]
    assert len(requests) == len(operations)
    for request in requests:
        assert all(one.get("disabled") or one["key"] == "ids" for one in request["url"]["query"])
        assert all(not one.get("disabled") and one["value"] for one in request["url"]["variable"])


def test_document_names_the_server_that_was_asked(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "http://localhost"}]
