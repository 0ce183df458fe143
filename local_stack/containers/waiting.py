"""Wait for what a service needs, so that the order in which containers start does not matter."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import pymysql

from local_stack.airflow.api import AirflowApi
from local_stack.console import Problem, say

SECONDS = 300
SAID_EVERY = 15
WRONG_PASSWORD = 1045


def wait_for_database() -> None:
    """Return when Airflow's metadata database lets its user in. Raises Problem: wrong password, or five minutes are over."""
    _wait(lambda: _refusal_of("select 1"))


def wait_for_airflow_tables() -> None:
    """Return when Airflow's tables have been made, by whichever release. Raises Problem after five minutes."""
    _wait(lambda: _refusal_of("select version_num from alembic_version"))


def wait_for_broker() -> None:
    """Return when Redis lets this service in. Raises Problem: no password, or five minutes are over."""
    if not urlsplit(os.environ["AIRFLOW__CELERY__BROKER_URL"]).password:
        raise Problem("REDIS_PASSWORD is not set in .env: letters, digits, - and _ (make env makes one in a new file).")
    _wait(_refusal_of_broker)


def wait_for_api() -> None:
    """Return when Airflow's API server answers and has its database; a task that starts earlier fails at once."""
    _wait(lambda: "" if component_state("metadatabase") == "healthy" else f"Airflow's API server at {api_url()}")


def api_url() -> str:
    """Return where the containers reach the API server."""
    return os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/execution/")


def component_state(component: str) -> str | None:
    """Return a component's state in the eyes of the API server; None when that does not answer."""
    try:
        return AirflowApi(api_url(), "", "").health().get(component)
    except (OSError, Problem):
        return None


def _refusal_of(statement: str) -> str:
    """Return why a statement gives Airflow's user no row, or the empty string."""
    url = urlsplit(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    try:
        with pymysql.connect(
            host=url.hostname,
            port=url.port or 3306,
            user=unquote(url.username or ""),
            password=unquote(url.password or ""),
            database=url.path.strip("/").split("?")[0],
            connect_timeout=5,
        ) as connection, connection.cursor() as cursor:  # fmt: skip
            return "" if cursor.execute(statement) else "airflow-init, which is at work"
    except pymysql.Error as error:
        if error.args[0] == WRONG_PASSWORD:
            raise Problem(
                f"MySQL refuses user {url.username}: its volume was made with other passwords than those in .env. Take the "
                "old .env, or set the password in MySQL (alter user)."
            ) from None
        return f"MySQL at {url.hostname}: {error}"


def _refusal_of_broker() -> str:
    """Return why Redis does not answer, or the empty string."""
    from redis import Redis, RedisError  # only the image has it

    try:
        with Redis.from_url(os.environ["AIRFLOW__CELERY__BROKER_URL"], socket_timeout=5) as redis:
            return "" if redis.ping() else "Redis"
    except RedisError as error:
        return f"Redis: {error}"


def _wait(missing: Callable[[], str]) -> None:
    started = said = time.monotonic()
    while what := missing():
        now = time.monotonic()
        if now - started > SECONDS:
            raise Problem(f"waited {SECONDS} s in vain for {what}")
        if now - said > SAID_EVERY:
            said = now
            say(f"waiting for {what}")
        time.sleep(1)
