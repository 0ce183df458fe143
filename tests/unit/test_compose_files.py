"""What docker-compose.yaml says twice, because files of other kinds say it too, is the same in both places."""

from __future__ import annotations

import ast
import re
import stat
import subprocess
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from werkzeug.security import check_password_hash

from campaign.settings import PROJECT_ROOT, Settings
from local_stack.console import Problem
from local_stack.containers import compose_env, executor, start
from local_stack.environment import stack_environment
from local_stack.mysql.access import access_statements
from local_stack.mysql.server import OPTIONS, PERFORMANCE_SCHEMA
from local_stack.secrets_file import MAKERS
from local_stack.settings import StackSettings

COMPOSE = yaml.safe_load((PROJECT_ROOT / "docker-compose.yaml").read_text())
# Only the private server's: a container listens to its network, the X protocol's port is not published, and operators watch
# a production server by its performance schema.
PRIVATE_SERVER_ONLY = {"--bind-address=127.0.0.1", "--loose-mysqlx=OFF", *PERFORMANCE_SCHEMA}
# In a container Airflow listens on every address of its network, at its default ports.
LOCAL_STACK_ONLY = {
    "AIRFLOW__API__HOST", "AIRFLOW__API__PORT", "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT", "AIRFLOW__LOGGING__NAMESPACE_LEVELS",
}  # fmt: skip
# Databases, users, folders and addresses are the composition's own; make demo's waiting is the local stack's.
SET_BY_COMPOSE = re.compile(
    r"MYSQL_(HOST|PORT|USER|API_USER|ADMIN_\w+)|CAMPAIGN_(MYSQL_SERVER|START_SECONDS|\w+_DATABASE|INBOX|ALLOWED_ROOTS|STATE|PYTHON)"
    r"|WEBAPI_(BIND|LOG_FILE)"
)
OF_THE_PROFILE = "REDIS_PASSWORD"


def test_airflow_has_the_environment_of_the_local_stack(tmp_path: Path) -> None:
    settings = StackSettings(_env_file=None).model_copy(update={"mysql_host": "127.0.0.1"})
    local = stack_environment(settings, {name: make() for name, make in MAKERS.items()}, tmp_path)
    in_compose = COMPOSE["services"]["airflow-scheduler"]["environment"]
    names = {name for name in local if name.startswith(("AIRFLOW__", "AIRFLOW_CONN", "DBT_"))}
    assert names - LOCAL_STACK_ONLY - set(in_compose) == set(), (
        "local_stack/environment.py sets more than docker-compose.yaml"
    )
    for name in names & set(in_compose):
        if "${" not in in_compose[name] and not re.search("DATABASE|FOLDER|CACHE_DIR|DOCS|URL|PASSWORDS_FILE", name):
            assert in_compose[name] == local[name], name


def test_what_a_person_may_set_reaches_the_containers() -> None:
    text = (PROJECT_ROOT / "docker-compose.yaml").read_text()
    listed = set(re.findall(r"^#([A-Z_]+)=", (PROJECT_ROOT / ".env.example").read_text(), re.MULTILINE))
    reached = set(re.findall(r"\$\{(\w+)", text))
    assert {name for name in listed - reached if not SET_BY_COMPOSE.fullmatch(name)} == set()


def test_mysql_has_the_options_of_the_private_server() -> None:
    assert set(OPTIONS) - PRIVATE_SERVER_ONLY - set(COMPOSE["services"]["mysql"]["command"]) == set()


def test_mysql_users_are_those_of_the_local_stack() -> None:
    ran = subprocess.run(
        ["bash", "-euc", "docker_process_sql() { cat; }; . config/mysql/create_users.sh"],
        cwd=PROJECT_ROOT, check=True, capture_output=True, text=True,
        env={"LOADER_PASSWORD": "loader-1_a", "API_PASSWORD": "api-1_a", "AIRFLOW_PASSWORD": "airflow-1_a"},
    )  # fmt: skip
    statements = [line.rstrip(";") for line in ran.stdout.splitlines()]
    campaign = [line for line in statements if "airflow" not in line]
    assert sorted(campaign) == sorted(access_statements(Settings(_env_file=None), "loader-1_a", "api-1_a"))
    assert [line for line in statements if line.startswith("grant") and "airflow" in line] == [
        "grant all privileges on `airflow`.* to 'airflow'@'%'"
    ]


@pytest.mark.parametrize("password", ["", "it's", "a b", "a`b", "a\\", "$(id)"])
def test_mysql_users_are_not_made_with_a_password_that_sql_would_read_otherwise(password: str) -> None:
    ran = subprocess.run(
        ["bash", "-euc", "docker_process_sql() { cat; }; . config/mysql/create_users.sh"],
        cwd=PROJECT_ROOT, capture_output=True, text=True,
        env={"LOADER_PASSWORD": "good", "API_PASSWORD": password, "AIRFLOW_PASSWORD": "good"},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("API_PASSWORD must be letters")


def test_every_needed_secret_is_made_by_make_env_and_listed_in_the_example() -> None:
    text = (PROJECT_ROOT / "docker-compose.yaml").read_text()
    needed = set(re.findall(r"\$\{(\w+):\?is not set, run make env\}", text))
    assert needed == (set(compose_env.SECRETS) | {"WEBAPI_USERS"}) - {"WEBAPI_PASSWORD", OF_THE_PROFILE}
    example = (PROJECT_ROOT / ".env.example").read_text()
    assert {name for name in (*needed, OF_THE_PROFILE) if f"\n#{name}=\n" not in example} == set()
    # A secret may never have a default.
    assert [name for name in needed if re.search(rf"\$\{{{name}(\}}|:?-)", text)] == []
    # An older .env, without workers, still starts; with them an empty one is refused.
    assert set(re.findall(rf"\$\{{{OF_THE_PROFILE}[^}}]*\}}", text)) == {f"${{{OF_THE_PROFILE}:-}}"}


def test_workers_and_redis_are_off_by_default() -> None:
    optional = {name for name, service in COMPOSE["services"].items() if service.get("profiles")}
    assert optional == {"airflow-worker", "redis"}
    assert {tuple(COMPOSE["services"][name]["profiles"]) for name in optional} == {(executor.PROFILE,)}
    for service in COMPOSE["services"].values():
        # What is always on may not depend on what is not.
        assert service.get("profiles") or not optional & set(service.get("depends_on", {}))
        chosen = service["environment"].get("AIRFLOW__CORE__EXECUTOR", "${AIRFLOW__CORE__EXECUTOR:-LocalExecutor}")
        assert chosen == "${AIRFLOW__CORE__EXECUTOR:-LocalExecutor}"


def test_a_task_has_on_a_worker_what_it_has_in_the_scheduler() -> None:
    worker, scheduler = COMPOSE["services"]["airflow-worker"], COMPOSE["services"]["airflow-scheduler"]
    assert worker["deploy"]["replicas"] == "${AIRFLOW_WORKERS:-2}"
    assert worker["volumes"] == scheduler["volumes"]
    assert worker["deploy"]["resources"] == scheduler["deploy"]["resources"]
    for part in ("image", "networks", "read_only", "tmpfs", "cap_drop", "security_opt", "restart", "logging"):
        assert worker[part] == scheduler[part], part
    of_workers_alone = {"AIRFLOW__CELERY__WORKER_CONCURRENCY", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"}
    shared = {name: value for name, value in worker["environment"].items() if name not in of_workers_alone}
    assert shared.items() <= scheduler["environment"].items()


def test_a_worker_is_given_no_key_and_no_password_of_airflow() -> None:
    environment = COMPOSE["services"]["airflow-worker"]["environment"]
    given = {name for name in compose_env.SECRETS if f"${{{name}:" in str(environment)}
    assert given == {"MYSQL_PASSWORD", OF_THE_PROFILE}
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "sqlite://"


def test_the_cluster_of_spark_is_known_to_what_runs_tasks_alone() -> None:
    knowing = {name for name, service in COMPOSE["services"].items() if "${SPARK_" in str(service)}
    assert knowing == {"airflow-scheduler", "airflow-worker"}


@pytest.mark.parametrize(
    ("profiles", "chosen", "workers"),
    [
        ("", "LocalExecutor", False),
        ("monitoring", "LocalExecutor", False),
        ("celery", "CeleryExecutor", True),
        ("monitoring,celery", "CeleryExecutor", True),
    ],
)
def test_workers_run_the_tasks_when_both_lines_say_so(
    profiles: str, chosen: str, workers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPOSE_PROFILES", profiles)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", chosen)
    assert executor.workers_run_the_tasks() is workers


@pytest.mark.parametrize("service", start.COMMANDS)
@pytest.mark.parametrize(("profiles", "chosen"), [("celery", "LocalExecutor"), ("", "CeleryExecutor")])
def test_no_service_starts_on_half_a_choice(
    profiles: str, chosen: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPOSE_PROFILES", profiles)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", chosen)
    with pytest.raises(
        Problem, match=r"set COMPOSE_PROFILES=celery and AIRFLOW__CORE__EXECUTOR=CeleryExecutor, or neither"
    ):
        start.start(service)


@pytest.mark.parametrize("service", ["scheduler", "worker"])
def test_no_service_speaks_to_redis_without_a_password(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSE_PROFILES", executor.PROFILE)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor.EXECUTOR)
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "redis://:@redis:6379/0")
    with pytest.raises(Problem, match=r"REDIS_PASSWORD is not set in \.env"):
        start.start(service)


def test_make_env_writes_random_secrets_that_only_the_owner_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose_env, "PROJECT_ROOT", tmp_path)
    assert compose_env.main() == 0
    file = tmp_path / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = _read(file)
    assert min(len(value) for value in first.values()) >= 16
    user, _, hashed = first["WEBAPI_USERS"].strip("'").partition(":")
    assert user == compose_env.WEB_USER
    assert check_password_hash(hashed, first["WEBAPI_PASSWORD"])

    file.unlink()
    compose_env.main()
    assert [name for name, value in _read(file).items() if value == first[name]] == []


def test_make_env_names_what_an_existing_file_lacks_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose_env, "PROJECT_ROOT", tmp_path)
    (tmp_path / ".env").write_text("MYSQL_PASSWORD=mine\n")
    with pytest.raises(
        Problem, match=r"exists and is not overwritten\. It lacks MYSQL_ROOT_PASSWORD, MYSQL_API_PASSWORD"
    ):
        compose_env.main()
    assert (tmp_path / ".env").read_text() == "MYSQL_PASSWORD=mine\n"


def test_make_env_needs_nothing_but_python() -> None:
    # On a server there is Docker and a bare Python; -S leaves out every installed package.
    code = "import local_stack.containers.compose_env, sys; sys.exit('pydantic' in sys.modules)"
    assert (
        subprocess.run(
            ["python3", "-I", "-S", "-c", f"import sys; sys.path[:0] = ['.', 'include']; {code}"], cwd=PROJECT_ROOT
        ).returncode
        == 0
    )


def test_lock_of_the_web_service_is_part_of_the_lock() -> None:
    whole, part = _pins("requirements.txt"), _pins("requirements-webapi.txt")
    assert part.items() <= whole.items(), "make lock"
    assert _imported(PROJECT_ROOT / "webapi") <= set(part)
    assert not {"apache-airflow", "dbt-core", "polars", "duckdb"} & set(part)


@pytest.mark.parametrize(
    ("lock", "added"),
    [
        ("requirements-celery.txt", {"apache-airflow-providers-celery", "celery", "redis"}),
        ("requirements-spark.txt", {"dbt-spark", "pyhive", "thrift"}),
    ],
)
def test_lock_of_what_the_image_has_besides_goes_with_the_lock(lock: str, added: set[str]) -> None:
    whole, part = _pins("requirements.txt"), _pins(lock)
    assert {name: pin for name, pin in part.items() if whole.get(name, pin) != pin} == {}, "make lock"
    assert added <= part.keys() - whole.keys()
    assert "flower" not in part


def _imported(package: Path) -> set[str]:
    """Return the distributions that the sources of a package import from."""
    imports = (node for source in package.glob("*.py") for node in ast.walk(ast.parse(source.read_text())))
    names = {
        name.partition(".")[0]
        for node in imports
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    distributions = packages_distributions()
    return {re.sub("[-_.]+", "-", distributions[name][0]).lower() for name in names if name in distributions}


def _read(file: Path) -> dict[str, str]:
    lines = (line for line in file.read_text().splitlines() if not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def _pins(lock: str) -> dict[str, str]:
    pins = re.findall(r"(?m)^([\w.-]+)(?:\[[^]]*\])?==(\S+)", (PROJECT_ROOT / lock).read_text())
    return dict(pins)
