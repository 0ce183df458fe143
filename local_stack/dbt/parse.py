"""``dbt parse`` and the documentation site made from it, in one process: the imports take longer than the work.

Needs no database: the site's catalog is empty, so that it has descriptions and lineage but no column types of the server.
"""

from __future__ import annotations

import sys

from dbt.cli.main import dbtRunner

from campaign.transform.dbt_project import DBT_PROJECT

# As Cosmos calls dbt in the tasks: dbt compares profile and target, too, before it spares them parsing everything again.
WHERE = [
    "--project-dir",
    str(DBT_PROJECT),
    "--profiles-dir",
    str(DBT_PROJECT),
    "--profile",
    "campaign",
    "--target",
    "mysql",
]
COMMANDS = (["parse"], ["docs", "generate", "--no-compile", "--empty-catalog"])


def main() -> int:
    """Return 0 when manifest and site are written; dbt itself says what is wrong."""
    return 0 if all(dbtRunner().invoke([*command, *WHERE, "--no-use-colors"]).success for command in COMMANDS) else 1


if __name__ == "__main__":
    sys.exit(main())
