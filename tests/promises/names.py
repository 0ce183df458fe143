"""The names that others rely on, as the code has them now: one line each, sorted, by area.

``AREAS`` has what is read without a server and without Airflow; the DAGs' names come from ``dag_names``.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.metrics import MetricWrapperBase

from campaign.contract.columns import COLUMNS, REASON_CODES
from campaign.db.schema import kept_table_statements
from campaign.settings import PROJECT_ROOT, Settings
from local_stack.settings import StackSettings
from tools.postman_collection import read_document
from webapi.settings import WebSettings

DBT = PROJECT_ROOT / "dbt"
METHODS = ("get", "post", "put", "patch", "delete")


def csv_columns() -> list[str]:
    """Return the columns of a campaign's CSV."""
    return sorted(column.name for column in COLUMNS)


def reason_codes() -> list[str]:
    """Return the codes that a row is rejected with."""
    return sorted(REASON_CODES)


def rule_ids() -> list[str]:
    """Return the ids of the fraud rules."""
    with (DBT / "seeds" / "fraud_rule.csv").open(newline="") as file:
        return sorted(row["rule_id"] for row in csv.DictReader(file))


def setting_names() -> list[str]:
    """Return the settings of the pipeline, the local stack, the web service and the composition."""
    fields = [field for kind in (Settings, StackSettings, WebSettings) for field in kind.model_fields.values()]
    example = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (PROJECT_ROOT / ".env.example").read_text(), re.MULTILINE)
    return sorted({*(str(field.alias) for field in fields), *example})


def make_targets() -> list[str]:
    """Return ``target`` and ``target VARIABLE=`` for each target that ``make help`` lists."""
    found, settings = set(), set(setting_names())
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    for target, explanation in re.findall(r"^([a-z-]+):.*## (.*)$", makefile, re.MULTILINE):
        variables = set(re.findall(r"\b([A-Z][A-Z_]*)=", explanation)) - settings
        found |= {target, *(f"{target} {name}=" for name in variables)}
    return sorted(found)


def metric_names() -> list[str]:
    """Return the web service's metrics: name, kind and labels."""
    from webapi.observability import metrics

    collectors = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    return sorted(f"{each._name} {each._type} {','.join(each._labelnames)}".strip() for each in collectors)


def mart_columns() -> list[str]:
    """Return ``table.column`` of all that is published: marts and seeds, from dbt's files of properties."""
    found = set()
    for file in (*DBT.glob("models/**/marts/*.yml"), *DBT.glob("seeds/*.yml")):
        properties = yaml.safe_load(file.read_text())
        for table in (*properties.get("models", []), *properties.get("seeds", [])):
            found |= {f"{table['name']}.{column['name']}" for column in table["columns"]}
    return sorted(found)


def kept_columns() -> list[str]:
    """Return ``database.table.column`` of the tables that are kept from run to run."""
    found = []
    for statement in kept_table_statements(Settings(_env_file=None)):
        table = re.match(r"create table if not exists (\S+) \(", statement)
        if table:
            columns = re.findall(r"^    (?!primary |unique |key |constraint )(\w+) ", statement, re.MULTILINE)
            found += [f"{table[1]}.{column}" for column in columns]
    return sorted(found)


def api_names() -> list[str]:
    """Return each operation of the API with its parameters and the fields and types of its answers."""
    with tempfile.TemporaryDirectory(prefix="campaign-promises-") as folder:
        document = read_document(Path(folder))
    found = set()
    for path, operations in document["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                found |= set(_operation(f"{method.upper()} {path}", operations, operation, document))
    return sorted(found)


def _operation(name: str, shared: dict, operation: dict, document: dict) -> Iterator[str]:
    yield name
    for parameter in (*shared.get("parameters", []), *operation.get("parameters", [])):
        parameter = _resolved(parameter, document)
        yield f"{name} {parameter['in']} {parameter['name']}"
    for status, response in operation["responses"].items():
        for kind, content in _resolved(response, document).get("content", {}).items():
            yield f"{name} {status} {kind}"
            if kind == "application/json":
                for field in _fields(content.get("schema", {}), document):
                    yield f"{name} {status} {field}"


def _fields(schema: dict, document: dict, prefix: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
    """Go through a schema; one that contains itself is entered once."""
    reference = schema.get("$ref")
    if reference in above:
        return
    above = (*above, reference) if reference else above
    schema = _resolved(schema, document)
    for part in (*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from _fields(part, document, prefix, above)
    if "items" in schema:
        yield from _fields(schema["items"], document, f"{prefix}[]", above)
    for field, inner in schema.get("properties", {}).items():
        here = f"{prefix}.{field}".removeprefix(".")
        yield f"{here} {_kind(inner, document)}"
        yield from _fields(inner, document, here, above)


def _kind(schema: dict, document: dict) -> str:
    schema = _resolved(schema, document)
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return "|".join(sorted(kinds))
    parts = (*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", []))
    return "|".join(sorted({_kind(part, document) for part in parts})) or "any"


def _resolved(part: dict, document: dict) -> dict:
    while "$ref" in part:
        found: Any = document
        for key in part["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        part = found
    return part


def dag_names(dags: dict[str, dict]) -> list[str]:
    """Return ``dag``, ``dag param name`` and ``dag task id`` of what the DAG folder's parse found."""
    found = set()
    for dag_id, dag in dags.items():
        found |= {dag_id, *(f"{dag_id} param {name}" for name in dag["params"])}
        for task_id, task in dag["tasks"].items():
            found |= {f"{dag_id} task {task_id}", *(f"{dag_id} asset {name}" for name in task["outlets"])}
    return sorted(found)


AREAS: dict[str, Callable[[], list[str]]] = {
    "api": api_names,
    "csv_columns": csv_columns,
    "kept_columns": kept_columns,
    "make_targets": make_targets,
    "mart_columns": mart_columns,
    "metrics": metric_names,
    "reason_codes": reason_codes,
    "rule_ids": rule_ids,
    "settings": setting_names,
}
