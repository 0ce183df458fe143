"""The catalogue of the pages: nothing is missing in Vietnamese, and the forms of reasons are those that the rules write."""

from __future__ import annotations

import csv
import re

import pytest
from flask import Flask
from flask_babel import force_locale

from campaign.settings import PROJECT_ROOT
from webapi.pages.catalogues import forms, read_catalogue
from webapi.pages.languages import register_languages
from webapi.pages.sentences import COUNTED, sentences

TEMPLATES = PROJECT_ROOT / "webapi" / "pages" / "templates"
RULES = PROJECT_ROOT / "dbt"
PLACE = re.compile(r"\{\w*\}")


def _translated() -> dict[str, str]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in read_catalogue("vi")
        if message.id and message.string
    }


def test_every_text_of_the_templates_is_translated() -> None:
    texts = {
        text
        for template in TEMPLATES.glob("*.html")
        for text in re.findall(r'\b(?:_|ngettext)\("([^"]+)"', template.read_text())
    }
    assert len(texts) > 50 and not texts - set(_translated())


def test_title_and_limits_of_every_active_rule_are_translated() -> None:
    with (RULES / "seeds" / "fraud_rule.csv").open() as seed:
        rules = [rule for rule in csv.DictReader(seed) if rule["status"] == "active"]
    texts = {text for rule in rules for text in (rule["title"], rule["does_not_prove"])}
    assert texts and not texts - set(_translated())


def _bare(sentence: str) -> str:
    return PLACE.sub("{}", sentence).strip(" .:")


def test_forms_of_reasons_are_parts_of_what_the_rules_write() -> None:
    source = "\n".join(path.read_text() for folder in ("models", "macros") for path in (RULES / folder).rglob("*.sql"))
    source = re.sub(r"\{\w+\|[^|}]*\|([^}]*)\}", r"{} \1", source).replace("\\'", "'")
    written = _bare(source)
    for form in forms("vi"):
        parts = re.split(r"(?<=[a-z0-9}]): ", form)  # some sentences are put together from two
        assert all(_bare(part) in written for part in parts), form


@pytest.fixture
def app(tmp_path):
    app = Flask(__name__)
    register_languages(app, tmp_path)
    return app


def test_reason_is_written_in_the_language_with_its_numbers(app: Flask) -> None:
    reason = (
        "1 voucher on 2019-10-31; the terms allow 1. Orders 501, 502. Excess rebate 40,000 VND (the first voucher of the"
        " day, by time then order id, kept). Something new."
    )
    with app.test_request_context(), force_locale("vi"):
        assert sentences(reason) == [
            ("1 voucher vào 2019-10-31; điều khoản cho phép 1.", False),
            ("Các đơn hàng 501, 502.", False),
            (
                "Tiền giảm giá vượt mức: 40,000 VND (giữ lại voucher đầu tiên trong ngày, theo giờ rồi theo mã đơn).",
                False,
            ),
            ("Something new.", True),
        ]
    with app.test_request_context(), force_locale("en"):
        assert " ".join(text for text, _ in sentences(reason)) == reason


def test_counted_words_are_matched_in_the_singular() -> None:
    assert COUNTED.sub(r"\1s?", "{0} orders") == "{0} orders?"
