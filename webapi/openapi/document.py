"""Finishes the OpenAPI document: errors are problems, lists are also CSV, and it begins with ``guide.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apiflask import APIFlask

from webapi.auth.access import SIGNED_IN
from webapi.presenters.tables import CSV_TYPE, XLSX_TYPE
from webapi.protocol.problems import PROBLEM_TYPE
from webapi.routes.checks import TAG as CHECKS
from webapi.schemas import Problem

DOCUMENT = "webapi_document"
GUIDE = (Path(__file__).parent / "guide.md").read_text()
# Path -> an answer about the sample campaign as the service gave it, long lists cut. A test holds them against the schemas.
EXAMPLES = json.loads((Path(__file__).parent / "examples.json").read_text())
EXAMPLE_IDS = {
    "campaign_id": EXAMPLES["/api/v1/campaigns/{campaign_id}/summary"]["campaign"]["campaign_id"],
    "customer_id": EXAMPLES["/api/v1/customers/{customer_id}"]["customer_id"],
    "shop_id": EXAMPLES["/api/v1/shops/{shop_id}"]["shop_id"],
    "shop_owner_uid": EXAMPLES["/api/v1/shop-owners/{shop_owner_uid}/shops"]["shop_owner_uid"],
    "order_id": EXAMPLES["/api/v1/campaigns/{campaign_id}/orders/{order_id}"]["order_id"],
    "check": EXAMPLES["/api/v1/checks/{check}"]["check"],
}
OPEN = "Lookups of one customer, shop or owner are open: whoever knows an id can look it up."
CLOSED = (
    "Lookups of one customer, shop or owner ask for a token (`Authorization: Bearer …`), which opens its subject's own records,"
    " or for user name and password."
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
    "414": "The address is longer than 8,190 bytes",
    "422": "A parameter can't be used; `errors` names it",
    "429": "Too many wrong log-ins, or too many open lookups of this address; Retry-After says how many seconds to wait",
    "503": "Nothing has been published yet, or the database can't be reached",
}

# What a client may send and gets beside the body, and with which status.
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an answer of this address: 304 and no body if nothing was published since",
    "schema": {"type": "string"},
    "examples": {"example": {"value": '"7-0123456789abcdef0123"'}},
}
PARAMETER_EXAMPLES = {
    "format": "csv",
    "limit": 5,
    "cursor": "WyI4YjI2Y2VmYjI4MWMiLDUsMTAxMzJd",
    "subject": "shops",
    "by": "gmv",
    "class": "Gold",
    "rule": "owner_ring",
    "severity": "high",
    "band": "review",
    "day": "2019-10-30",
    "bom": "1",
    "sort": "score",
    "least_money": 100000,
    "rate": "25",
    "cap": "15000",
    "minimum": "50000",
    "ids": [EXAMPLE_IDS["customer_id"], EXAMPLE_IDS["shop_id"]],
    "campaigns": [EXAMPLE_IDS["campaign_id"]],
    "status": "fail",
}
HEADERS = {
    "ETag": {
        "description": "Names this answer of this generation; send it back as `If-None-Match`",
        "schema": {"type": "string"},
    },
    "X-Generation": {"description": "Number of the generation it comes from", "schema": {"type": "integer"}},
    "Content-Disposition": {"description": "With `format=csv`: the name of the file", "schema": {"type": "string"}},
    "Retry-After": {"description": "How many seconds to wait", "schema": {"type": "integer"}},
}


def describe(app: APIFlask, closed: bool, ids_as_text: bool) -> None:
    """Set up the document of this app; ``closed``: lookups ask for a token."""
    app.description = GUIDE.replace("WHO_MAY_LOOK_UP", CLOSED if closed else OPEN)
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.config["AUTO_AUTH_ERROR_RESPONSE"] = False
    app.config["AUTO_404_RESPONSE"] = False
    app.config["AUTO_SERVERS"] = False
    app.config["AUTO_OPERATION_ID"] = True

    @app.spec_processor
    def finish(spec: dict[str, Any]) -> dict[str, Any]:
        spec = _with_plain_schema_names(spec)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        spec["components"]["headers"] = HEADERS
        spec["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
        for schema in spec["components"]["schemas"].values():
            for described in schema.get("properties", {}).values():
                described.pop("title", None)  # the field's own name once more
                _say_null_by_type(described)
                for one in (described, described.get("items", {})):
                    if ids_as_text and one.get("format") == "int64":
                        one |= {"type": "string", "format": "id", "pattern": "^[0-9]+$"}
        if closed:
            spec["components"]["securitySchemes"] |= TOKEN_SCHEME
        # The order in which the routes are written; the framework sorts by length.
        blueprints = {
            re.sub(r"<([^>]+)>", r"{\1}", rule.rule): rule.endpoint.partition(".")[0]
            for rule in app.url_map.iter_rules()
        }
        for path, operations in spec["paths"].items():
            for operation in operations.values():
                if blueprints[path] in SIGNED_IN:  # the framework sees it for one blueprint only
                    operation["security"] = [{"BasicAuth": []}]
                if closed and operation["tags"] == ["Lookups"]:
                    operation["security"] = [{"LookupToken": []}, {"BasicAuth": []}]
                _finish_operation(path, operation)
        written = list(blueprints)
        spec["paths"] = dict(sorted(spec["paths"].items(), key=lambda item: written.index(item[0])))
        return spec


def document(app: APIFlask, server: str, rules: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the document: where the service is reached (an address), and the rules that are published, per ``suspects`` list."""
    if DOCUMENT not in app.extensions:
        app.extensions[DOCUMENT] = app.spec
    spec = {**app.extensions[DOCUMENT], "servers": [{"url": server}]}
    spec["paths"] = dict(spec["paths"])
    for path, operations in spec["paths"].items():
        of = path.rpartition("/suspects/")[2].partition("/")[0] if "/suspects/" in path else None
        if rules.get(of):
            spec["paths"][path] = {"get": _with_rules(operations["get"], rules[of])}
    return spec


def _with_rules(operation: dict[str, Any], rules: list[str]) -> dict[str, Any]:
    parameters = [
        {**one, "schema": {"type": "string", "enum": rules}, "examples": {"example": {"value": rules[0]}}}
        if one["name"] == "rule"
        else one
        for one in operation["parameters"]
    ]
    return {**operation, "parameters": parameters}


def _finish_operation(path: str, operation: dict[str, Any]) -> None:
    operation["operationId"] = operation["operationId"].partition("_")[2].partition("_")[2]
    operation["summary"] = operation["summary"].rstrip(".")
    parameters = operation.get("parameters", [])
    parameters.sort(key=lambda parameter: parameter["in"])  # path before query
    for parameter in parameters:
        _finish_parameter(parameter)
    possible = {"503"} if path != "/livez" else set()
    if path.startswith("/api/"):
        possible |= {"406", "414", "422"}
    if any(parameter["in"] == "path" or parameter["name"] == "campaigns" for parameter in parameters):
        possible |= {"404"}
    if operation.get("security"):
        possible |= {"401", "429"}
    if operation["tags"] == ["Lookups"]:
        possible |= {"429"}
    if {"LookupToken": []} in operation.get("security", []):
        possible |= {"403"}
    responses = operation["responses"]
    by_generation = path.startswith("/api/") and operation["tags"] != [CHECKS]
    if by_generation:
        responses["304"] = {
            "description": "Nothing was published since the answer whose ETag was sent as If-None-Match"
        }
    for status in sorted(possible):
        schema = {"$ref": "#/components/schemas/Problem"}
        responses[status] = {"description": PROBLEMS[status], "content": {PROBLEM_TYPE: {"schema": schema}}}
        if status in ("429", "503"):
            responses[status]["headers"] = _headers("Retry-After")
    if by_generation:
        operation["parameters"] = [*parameters, IF_NONE_MATCH]
        for status in ("200", "304"):
            responses[status]["headers"] = _headers("ETag", "X-Generation")
    if path in EXAMPLES:
        responses["200"]["content"]["application/json"]["example"] = EXAMPLES[path]
    if any(parameter["name"] == "format" for parameter in parameters):
        responses["200"]["content"][CSV_TYPE] = {"schema": {"type": "string"}}
        responses["200"]["content"][XLSX_TYPE] = {"schema": {"type": "string", "format": "binary"}}
        responses["200"]["headers"] |= _headers("Content-Disposition")


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


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
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    value = EXAMPLE_IDS.get(parameter["name"], PARAMETER_EXAMPLES.get(parameter["name"]))
    if parameter.get("required"):
        parameter["example"] = value
    else:  # a plain example would be taken for a default by tools that fill it in
        parameter["examples"] = {"example": {"value": value}}


def _say_null_by_type(schema: dict[str, Any]) -> None:
    """Say "or null" by the type, which readers of the document show on the field's own line; pydantic says it by anyOf."""
    one, *others = schema.get("anyOf", [{}])
    if others == [{"type": "null"}] and "type" in one:
        del schema["anyOf"]
        schema |= {**one, **schema, "type": [one["type"], "null"]}
        if "enum" in one:
            schema["enum"] = [*one["enum"], None]


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
