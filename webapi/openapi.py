"""Finishes the OpenAPI document: errors are problems, lists are also CSV, and it says what one needs to know to begin."""

from __future__ import annotations

import json
import re
from typing import Any

from apiflask import APIFlask

from webapi.problems import PROBLEM_TYPE
from webapi.schemas import Problem

DESCRIPTION = """
Who bought and sold in a voucher campaign, who ranks where, what it cost, and who looks like abusing vouchers, with the orders
that show it.

**Who may.** WHO_MAY_LOOK_UP Everything about a campaign as a whole asks for user name and
password (HTTP basic).

**What an answer stands for.** The pipeline publishes all its tables at once as a numbered *generation*. Every answer comes from
one generation and names it (`generation`, `as_of`); it does not change until the next one is published. Send the `ETag` back as
`If-None-Match` to learn cheaply (304) that nothing has.

**Words.** *GMV*: order value before rebate. *Rebate*: what the voucher paid. *Rank*: dense, so equals share one, and `of` counts
ranks. *Class*: thirds of the ranks, Gold, Silver, Bronze. *Suspected*: a rule lists the subject; its `band` says how much that
means: `watch` is noted and no accusation, `review` asks for a person's look, `breach` is a broken term proved by the orders.
*Money at risk*: rebate on the orders behind a suspicion.

**Errors** are `application/problem+json` (RFC 9457); `detail` says what to do, `request_id` finds the log line.
"""

OPEN = "Lookups of one customer, shop or owner are open: whoever knows an id can look it up."
CLOSED = (
    "Lookups of one customer, shop or owner ask for a token, which opens its subject's own records, or for user name and"
    " password."
)
TOKEN_SCHEME = {
    "LookupToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Who may see which record",
    }
}

PROBLEMS = {
    "401": "No or wrong credentials",
    "403": "The token is for somebody else's records",
    "404": "Unknown, or without orders in that campaign; of a list also: no page of it has that cursor",
    "406": "The client accepts neither JSON nor CSV",
    "414": "The address is longer than 8,190 bytes; said by the server before the service sees it",
    "422": "A parameter can't be used; `errors` names it",
    "429": "Too many failed log-ins; see Retry-After",
    "503": "Nothing has been published yet, or the database can't be reached",
}


def describe(app: APIFlask, closed: bool) -> None:
    """Set up the document of this app; ``closed``: lookups ask for a token."""
    app.description = DESCRIPTION.replace("WHO_MAY_LOOK_UP", CLOSED if closed else OPEN)
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.config["AUTO_AUTH_ERROR_RESPONSE"] = False
    app.config["AUTO_404_RESPONSE"] = False
    app.config["AUTO_SERVERS"] = False
    app.config["AUTO_OPERATION_ID"] = True

    @app.spec_processor
    def finish(spec: dict[str, Any]) -> dict[str, Any]:
        spec = _with_plain_schema_names(spec)
        spec["servers"] = [{"url": "/"}]
        for schema in spec["components"]["schemas"].values():
            for described in schema.get("properties", {}).values():
                described.pop("title", None)  # the field's own name once more
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        spec["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
        if closed:
            spec["components"]["securitySchemes"] |= TOKEN_SCHEME
        for path, operations in spec["paths"].items():
            for operation in operations.values():
                if closed and operation["tags"] == ["Lookups"]:
                    operation["security"] = [{"LookupToken": []}, {"BasicAuth": []}]
                _finish_operation(path, operation)
        # The order in which the routes are written; the framework sorts by length.
        written = [re.sub(r"<([^>]+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()]
        spec["paths"] = dict(sorted(spec["paths"].items(), key=lambda item: written.index(item[0])))
        return spec


def _finish_operation(path: str, operation: dict[str, Any]) -> None:
    operation["operationId"] = operation["operationId"].partition("_")[2].partition("_")[2]
    operation["summary"] = operation["summary"].rstrip(".")
    parameters = operation.get("parameters", [])
    parameters.sort(key=lambda parameter: parameter["in"])  # path before query
    for parameter in parameters:
        _finish_parameter(parameter)
    possible = {"503"} if path != "/livez" else set()
    if path.startswith("/api/"):
        possible |= {"406"}
    if parameters:
        possible |= {"414", "422"}
    if any(parameter["in"] == "path" for parameter in parameters):
        possible |= {"404"}
    if operation.get("security"):
        possible |= {"401", "429"}
    if {"LookupToken": []} in operation.get("security", []):
        possible |= {"403"}
    responses = operation["responses"]
    if path.startswith("/api/"):
        responses["304"] = {
            "description": "Nothing was published since the answer whose ETag was sent as If-None-Match"
        }
    for status in sorted(possible):
        schema = {"$ref": "#/components/schemas/Problem"}
        content = (
            {"text/html": {"schema": {"type": "string"}}} if status == "414" else {PROBLEM_TYPE: {"schema": schema}}
        )
        responses[status] = {"description": PROBLEMS[status], "content": content}
    if any(parameter["name"] == "format" for parameter in parameters):
        responses["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}


def _finish_parameter(parameter: dict[str, Any]) -> None:
    """Move the description to where tools look for it, and say "may be left out" in the one way that is true: no null."""
    schema = parameter["schema"]
    schema.pop("title", None)
    for one in schema.pop("anyOf", []):
        if one.get("type") != "null":
            schema |= one
    if schema.get("default", "") is None:
        del schema["default"]
    description = schema.pop("description", None)
    if description:
        parameter["description"] = description


def _with_plain_schema_names(spec: dict[str, Any]) -> dict[str, Any]:
    """Name each schema once: the framework repeats nested ones under every parent, as ``Parent.Child``."""
    schemas = spec["components"]["schemas"]
    renamed = {name: name.rpartition(".")[2] for name in schemas}
    text = json.dumps({**spec, "components": {**spec["components"], "schemas": {}}})
    plain = {new: schemas[old] for old, new in renamed.items()}
    inner = json.dumps(plain)
    for old, new in renamed.items():
        text = text.replace(f'"#/components/schemas/{old}"', f'"#/components/schemas/{new}"')
        inner = inner.replace(f'"#/components/schemas/{old}"', f'"#/components/schemas/{new}"')
    spec = json.loads(text)
    spec["components"]["schemas"] = json.loads(inner)
    return spec
