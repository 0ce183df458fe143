"""What all pages share: the policy of what a browser may load, and how a page is written."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, render_template
from flask_babel import format_decimal, gettext

from webapi.pages import languages, words
from webapi.pages.sentences import sentences

MAY_LOAD = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
WRITERS = {
    name: getattr(words, name)
    for name in (
        "grouped",
        "percent",
        "hundredths",
        "whole",
        "plain",
        "two_digits",
        "change",
        "limit_sentence",
        "NOTHING",
        "KINDS",
    )
}


def translated(template: str, status: int = 200, **shown: Any) -> Response:
    """Return a page in the person's language. It may be about a person: nothing keeps it."""
    # In a template, _() takes constant text only: it trusts what it is given. ``worded`` does not.
    answer = page(
        template,
        status,
        language=languages.chosen(),
        languages=languages.LANGUAGES,
        money=money,
        worded=gettext,
        sentences=sentences,
        **shown,
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.vary.update(("Accept-Language", "Cookie"))
    return answer


def keep_policy(blueprint: APIBlueprint) -> None:
    """Give all answers of the blueprint the policy of pages: a browser takes over the one of a 304, too."""

    @blueprint.after_request
    def allow(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = MAY_LOAD
        return response


def money(amount: float, currency: str) -> str:
    """Return an amount in the person's way of writing numbers, with its currency."""
    return f"{format_decimal(amount)} {currency}"


def page(template: str, status: int = 200, language: str = "en", **shown: Any) -> Response:
    """Return the template as a page; what it writes by ``words`` is at hand."""
    written = render_template(template, **WRITERS, language=language, **shown)
    headers = {"Content-Security-Policy": MAY_LOAD}
    return Response(written, status, content_type="text/html; charset=utf-8", headers=headers)
