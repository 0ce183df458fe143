"""What the rest of the package asks of the dbt project: where it lies, what it publishes, which version it is."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from campaign.errors import UserError
from campaign.settings import PROJECT_ROOT

DBT_PROJECT = PROJECT_ROOT / "dbt"
MANIFEST = DBT_PROJECT / "target" / "manifest.json"
PUBLISHED_TAG = "published"
AUDITED_TAG = "audited"
RULE_SEED = DBT_PROJECT / "seeds" / "fraud_rule.csv"


class ManifestMissingError(UserError):
    """There is no dbt manifest where it is looked for."""


@lru_cache(maxsize=1)
def published_tables(manifest: Path = MANIFEST) -> tuple[str, ...]:
    """Return the names of the tables that are served: every model and seed with the tag ``published``, sorted."""
    return tuple(sorted(node["alias"] for node in _nodes(manifest).values() if PUBLISHED_TAG in node["tags"]))


@lru_cache(maxsize=1)
def handed_over_tables(manifest: Path = MANIFEST) -> dict[str, dict]:
    """Return table name -> dbt's configuration of it, for all that is served and what the audit looks at besides."""
    tags = {PUBLISHED_TAG, AUDITED_TAG}
    return {node["alias"]: node["config"] for node in _nodes(manifest).values() if tags & set(node["tags"])}


@lru_cache(maxsize=1)
def declared_tests(manifest: Path = MANIFEST) -> tuple[str, ...]:
    """Return the ids of all dbt tests, sorted: what every build has to run."""
    return tuple(sorted(name for name, node in _nodes(manifest).items() if node["resource_type"] == "test"))


def models_version(project: Path = DBT_PROJECT) -> str:
    """Hash what decides the marts' content besides the rows: models, macros and seeds. 64 hexadecimal digits."""
    digest = hashlib.sha256()
    files = [project / "dbt_project.yml"]
    for folder in ("models", "macros", "seeds"):
        files += sorted(path for path in (project / folder).rglob("*") if path.suffix in {".sql", ".csv", ".yml"})
    for path in files:
        digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def rule_set_version(rule_seed: Path = RULE_SEED) -> str:
    """Hash the fraud rules' seed. 64 hexadecimal digits."""
    return hashlib.sha256(rule_seed.read_bytes()).hexdigest()


def _nodes(manifest: Path) -> dict[str, dict]:
    if not manifest.exists():
        raise ManifestMissingError(f"{manifest} is missing. `make manifest` writes it (dbt parse).")
    return json.loads(manifest.read_text())["nodes"]
