"""The web service's requests as a Postman collection, made from its OpenAPI document: ``make postman``.

What an address needs is filled in with the sample campaign's ids. What may be left out is there and switched off, so that every
request works as it is imported. Set the variables ``baseUrl``, ``user`` and ``password``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from werkzeug.security import generate_password_hash

from campaign.settings import PROJECT_ROOT

COLLECTION = PROJECT_ROOT / "webapi" / "postman_collection.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = {"baseUrl": "http://127.0.0.1:8000", "user": "marcom-team", "password": ""}
BASIC = {
    "type": "basic",
    "basic": [{"key": "username", "value": "{{user}}"}, {"key": "password", "value": "{{password}}"}],
}
ANSWERED = "pm.test('answered', () => pm.expect(pm.response.code).to.be.oneOf([200, 304]));"


def read_document(folder: Path) -> dict[str, Any]:
    """Return the document as the service makes it without a database; its log goes to ``folder``."""
    from webapi import create_app
    from webapi.settings import WebSettings

    hashed = generate_password_hash("signs nobody in", "scrypt:1024:8:1")
    told = {"WEBAPI_USERS": f"nobody:{hashed}", "MYSQL_API_PASSWORD": "-", "WEBAPI_LOG_FILE": folder / "api.log"}
    settings = WebSettings(**told, MYSQL_HOST="127.0.0.1", MYSQL_PORT=1, _env_file=None)
    return create_app(settings).test_client().get("/openapi.json").get_json()


def collection(document: dict[str, Any]) -> dict[str, Any]:
    """Return the collection: a folder per tag, a request per operation."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            folders.setdefault(operation["tags"][0], []).append(_request(path, method.upper(), operation))
    return {
        "info": {"name": document["info"]["title"], "description": __doc__, "schema": SCHEMA},
        "variable": [{"key": name, "value": value} for name, value in VARIABLES.items()],
        "item": [{"name": tag, "item": items} for tag, items in folders.items()],
    }


def _request(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    parameters = operation.get("parameters", [])
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    return {
        "name": operation["summary"],
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": [ANSWERED]}}],
        "request": {
            "method": method,
            "description": operation["description"],
            "header": [{"key": "Accept", "value": "application/json, */*"}],
            **({"auth": BASIC} if operation.get("security") else {"auth": {"type": "noauth"}}),
            "url": {
                "raw": "{{baseUrl}}/" + "/".join(parts),
                "host": ["{{baseUrl}}"],
                "path": parts,
                "query": [_filled(one) for one in parameters if one["in"] == "query"],
                "variable": [_filled(one) for one in parameters if one["in"] == "path"],
            },
        },
    }


def _filled(parameter: dict[str, Any]) -> dict[str, Any]:
    value = parameter["example"] if "example" in parameter else parameter["examples"]["example"]["value"]
    value = ",".join(map(str, value)) if isinstance(value, list) else value
    filled = {"key": parameter["name"], "value": str(value), "description": parameter["description"]}
    return filled if parameter.get("required") else {**filled, "disabled": True}


def text_of(document: dict[str, Any]) -> str:
    """Return the file's text."""
    return json.dumps(collection(document), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        COLLECTION.write_text(text_of(read_document(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
