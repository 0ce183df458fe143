"""The Cosmos configuration, once. Task groups differ in what they select, and in nothing else.

Chosen by measurement (DECISIONS.md): dbt runs inside the task (DBT_RUNNER), the graph comes from a manifest so that
parsing a DAG file starts no dbt, and a model's tests run with it in one dbt start (BUILD).
"""

from __future__ import annotations

from typing import Any

from cosmos import DbtTaskGroup, ExecutionConfig, ExecutionMode, LoadMode, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode, TestBehavior, TestIndirectSelection
from cosmos.profiles import MysqlUserPasswordProfileMapping

from campaign.dbt_outcome import tell_outcome
from campaign.dbt_project import DBT_PROJECT, MANIFEST

CONNECTION_ID = "campaign_mysql"

PROJECT = ProjectConfig(dbt_project_path=DBT_PROJECT, manifest_path=MANIFEST, install_dbt_deps=False)
PROFILE = ProfileConfig(
    profile_name="campaign",
    target_name="mysql",
    # The schema is the connection's: campaign_build. Charset and collation keep 'a' and 'A' apart in joins.
    profile_mapping=MysqlUserPasswordProfileMapping(
        conn_id=CONNECTION_ID, profile_args={"charset": "utf8mb4", "collation": "utf8mb4_bin", "threads": 2}
    ),
)
EXECUTION = ExecutionConfig(
    execution_mode=ExecutionMode.LOCAL,
    invocation_mode=InvocationMode.DBT_RUNNER,
    # A test that compares two tables runs with the later one, when both are there.
    test_indirect_selection=TestIndirectSelection.BUILDABLE,
)
# mysql-connector-python reads the machine's whole list of certificates for every connection (some 80 ms; dbt opens several a
# node) and then verifies nothing by it. The connection stays encrypted.
DBT_ENVIRONMENT = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/dev/null"}


def dbt_stage(group_id: str, select: list[str], **operator_args: Any) -> DbtTaskGroup:
    """Return the task group of one stage: every dbt node that ``select`` picks, with its tests."""
    return DbtTaskGroup(
        group_id=group_id,
        project_config=PROJECT,
        profile_config=PROFILE,
        execution_config=EXECUTION,
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            invocation_mode=InvocationMode.DBT_RUNNER,
            test_behavior=TestBehavior.BUILD,
            select=select,
            # Cosmos knows no asset for MySQL; the DAG declares its own outlet on `publish`.
            emit_datasets=False,
        ),
        operator_args={"env": DBT_ENVIRONMENT, "callback": tell_outcome, **operator_args},
    )
