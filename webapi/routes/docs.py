"""The page at ``/docs``: every address explained and callable from the browser, with nothing loaded from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, json, redirect, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from webapi.auth.access import open_blueprint
from webapi.marts import queries
from webapi.marts.database import DatabaseUnavailable, NothingPublished
from webapi.openapi.document import document
from webapi.presenters import answers

docs = open_blueprint("docs", __name__, enable_openapi=False)

ASSETS = (
    Path(__file__).parents[1] / "static" / "rapidoc"
)  # dist/rapidoc-min.js and the licence of npm package rapidoc 9.3.8 (MIT), unchanged
# RapiDoc writes its styles into the page; scripts and data come from this service alone.
MAY_LOAD = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Voucher campaign analytics: API</title>
<link rel="icon" href="data:,">
<script type="module" src="docs/rapidoc-min.js"></script>
</head>
<body>
<rapi-doc spec-url="openapi.json" load-fonts="false" render-style="read" theme="light" primary-color="#0b6e4f"
 regular-font="system-ui, sans-serif" mono-font="ui-monospace, monospace" font-size="large" show-header="false"
 schema-style="table" schema-description-expanded="true" default-schema-tab="schema" allow-server-selection="false"
 allow-spec-url-load="false" allow-spec-file-load="false" use-path-in-nav-bar="false" info-description-headings-in-navbar="true"
 persist-auth="false"></rapi-doc>
<noscript>This page needs JavaScript; the document itself is <a href="openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"""


@docs.get("/docs")
def page() -> AnyResponse:
    """Return the documentation page. It names its files relative to this very address, so a proxy may put a prefix before it."""
    if request.path.endswith("/"):
        return redirect("../docs")
    return Response(PAGE, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": MAY_LOAD})


@docs.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document, with the rules that are published now; without them where the database does not answer."""
    try:
        rules = answers.rules_of_lists(queries.list_rule_subjects())
    except (DatabaseUnavailable, NothingPublished):
        rules = {}
    written = _written(request.host_url.rstrip("/"), json.dumps(rules))
    return Response(written, content_type="application/json", headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=8)  # a tenth of a second each; the host is the client's word, so only the last few are kept
def _written(host_url: str, rules: str) -> str:
    return json.dumps(document(current_app, host_url, json.loads(rules)))


@docs.get("/docs/<path:name>")
def asset(name: str) -> Response:
    """Return a file that the page loads; it changes only with the service, so a browser asks again but seldom loads."""
    return send_from_directory(ASSETS, name, max_age=3600)
