"""Who runs the tasks: the scheduler itself, or workers that take them from Redis. Two lines of ``.env`` say so together."""

from __future__ import annotations

import os

from local_stack.console import Problem

PROFILE, EXECUTOR = "celery", "CeleryExecutor"


def workers_run_the_tasks() -> bool:
    """Tell whether they do. Raises Problem where the two lines contradict each other."""
    profiles, executor = os.environ["COMPOSE_PROFILES"], os.environ["AIRFLOW__CORE__EXECUTOR"]
    started, wanted = PROFILE in profiles.split(","), executor == EXECUTOR
    if started != wanted:
        raise Problem(
            f"COMPOSE_PROFILES={profiles} starts {'' if started else 'no '}workers, and AIRFLOW__CORE__EXECUTOR={executor} does "
            f"not go with that. In .env, set COMPOSE_PROFILES={PROFILE} and AIRFLOW__CORE__EXECUTOR={EXECUTOR}, or neither."
        )
    return wanted
