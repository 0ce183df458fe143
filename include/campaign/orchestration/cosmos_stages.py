"""The Cosmos configuration, once. Stages differ in what they select, and in nothing else.

Chosen by measurement (decision 1): dbt runs inside the task (DBT_RUNNER), the graph comes from a manifest so that
parsing a DAG file starts no dbt, a model's tests run with it in one dbt start (BUILD), and what nobody looks up by name is
built by one dbt start for all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ExecutionMode,
    LoadMode,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
    settings,
)
from cosmos.constants import InvocationMode, TestBehavior, TestIndirectSelection
from cosmos.operators.local import DbtBuildLocalOperator
from cosmos.profiles import MysqlUserPasswordProfileMapping

from campaign.db.connection import CONNECTION_ID
from campaign.engines import lifecycle
from campaign.settings import get_settings
from campaign.transform.dbt_project import DBT_PROJECT, MANIFEST
from campaign.transform.run_results import tell_outcome

ENGINE = get_settings().engine

PROFILES = DBT_PROJECT / "profiles.yml"
PROJECT = ProjectConfig(dbt_project_path=DBT_PROJECT, manifest_path=MANIFEST, install_dbt_deps=False)
# The schema is the connection's: campaign_build. Charset and collation keep 'a' and 'A' apart in joins.
FROM_THE_CONNECTION = MysqlUserPasswordProfileMapping(
    conn_id=CONNECTION_ID, profile_args={"charset": "utf8mb4", "collation": "utf8mb4_bin", "threads": 2}
)
PROFILE = ProfileConfig(
    profile_name="campaign",
    target_name=ENGINE,
    **({"profile_mapping": FROM_THE_CONNECTION} if ENGINE == "mysql" else {"profiles_yml_filepath": PROFILES}),
)
EXECUTION = ExecutionConfig(
    execution_mode=ExecutionMode.LOCAL,
    invocation_mode=InvocationMode.DBT_RUNNER,
    # A test that compares two tables runs with the later one, when both are there.
    test_indirect_selection=TestIndirectSelection.BUILDABLE,
)
# Where the parsed project is kept. All tasks parse the same, so the first one of a new stack does it, some 5 s, for all.
PARSED_PROJECT = settings.cache_dir / "campaign"
# mysql-connector-python reads the machine's whole list of certificates for every connection (some 80 ms; dbt opens several a
# node) and then verifies nothing by it. The connection stays encrypted.
DBT_ENVIRONMENT = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/dev/null"}
if ENGINE != "mysql":
    DBT_ENVIRONMENT["CAMPAIGN_STORE"] = str(get_settings().store_folder.resolve())


def dbt_stage(
    group_id: str,
    first: tuple[str, str],
    one_by_one: list[str],
    last: tuple[str, str] | None = None,
    before_first: Callable[[Any], None] | None = None,
    **operator_args: Any,
) -> DbtTaskGroup:
    """Return the task group of one stage: the task ``first``, a task per node that ``one_by_one`` picks, the task ``last``.

    ``first`` and ``last`` are a task's name and what it builds in one dbt start (dbt's selection syntax), each node with its
    tests. ``before_first`` is the ``pre_execute`` of the first task, where it has one of its own.
    """
    operator_args = {"env": DBT_ENVIRONMENT, "callback": [tell_outcome, lifecycle.after_dbt], **operator_args}
    stage = DbtTaskGroup(
        group_id=group_id,
        project_config=PROJECT,
        profile_config=PROFILE,
        execution_config=EXECUTION,
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            invocation_mode=InvocationMode.DBT_RUNNER,
            test_behavior=TestBehavior.BUILD,
            select=one_by_one,
            # Cosmos knows no asset for MySQL; the DAG declares its own outlet on `publish`.
            emit_datasets=False,
        ),
        operator_args=operator_args,
    )
    roots, leaves = list(stage.get_roots()), list(stage.get_leaves())
    with stage:
        own = {"pre_execute": before_first} if before_first else {}
        _build_together(*first, operator_args | own) >> roots
        if last:
            leaves >> _build_together(*last, operator_args)
    for task in stage.iter_tasks():
        task.cache_dir = PARSED_PROJECT  # by themselves, Cosmos's tasks have a folder for each group, and ours none
    return stage


def _build_together(task_id: str, select: str, operator_args: dict[str, Any]) -> DbtBuildLocalOperator:
    return DbtBuildLocalOperator(
        task_id=task_id,
        project_dir=str(DBT_PROJECT),
        profile_config=PROFILE,
        invocation_mode=EXECUTION.invocation_mode,
        indirect_selection=EXECUTION.test_indirect_selection.value,
        select=select,
        install_deps=False,
        emit_datasets=False,
        **operator_args,
    )
