"""The parts of the local stack that need neither server nor socket."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import sqlalchemy
from werkzeug.security import check_password_hash

from campaign.settings import PROJECT_ROOT
from local_stack.airflow.run_pipeline import find_source
from local_stack.console import Problem, last_lines
from local_stack.demo import _only_one, up
from local_stack.environment import stack_environment, with_secrets
from local_stack.mysql import apt_archive
from local_stack.mysql.sql import _text
from local_stack.secrets_file import load_secrets
from local_stack.services import Service, Services
from local_stack.settings import StackSettings, read_settings
from webapi.settings import WebSettings


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that builds the stack's environment from settings given by name."""
    for name in ("MYSQL_HOST", "MYSQL_PORT", "MYSQL_PASSWORD", "MYSQL_API_PASSWORD", "WEBAPI_USERS"):
        monkeypatch.delenv(name, raising=False)
    # Nor may a person's .env, which `make env` writes, decide what is tested here.
    monkeypatch.setitem(StackSettings.model_config, "env_file", None)
    monkeypatch.setattr("local_stack.environment.read_env_file", dict)

    def build(**settings: str) -> tuple[dict[str, str], dict[str, str]]:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        secrets = load_secrets(tmp_path)
        return stack_environment(with_secrets(StackSettings(), secrets), secrets, tmp_path / "airflow"), secrets

    return build


def test_source_is_looked_for_in_the_callers_folder_first(tmp_path: Path) -> None:
    (tmp_path / "dbt").mkdir()
    assert find_source("dbt", tmp_path) == tmp_path / "dbt"


def test_source_is_looked_for_in_the_project_next(tmp_path: Path) -> None:
    assert find_source("dbt", tmp_path) == PROJECT_ROOT / "dbt"


def test_source_may_be_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "in box").mkdir()
    assert find_source("in box/*.csv", tmp_path) == tmp_path / "in box" / "*.csv"


@pytest.mark.parametrize(
    ("source", "sentence"), [("", "SOURCE is missing.*Example"), ("nowhere.csv", "nowhere.csv does not exist.*Example")]
)
def test_source_that_is_not_there_gets_a_sentence_with_an_example(tmp_path: Path, source: str, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        find_source(source, tmp_path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, b"NULL"),
        (b"NULL", b"NULL"),
        (b"a\tb\nc", b"a\\tb\\nc"),
        (b"a\\b\0", b"a\\\\b\\0"),
        ("đ".encode(), b"\xc4\x91"),
    ],
)
def test_sql_value_stays_one_cell_of_one_line(value: bytes | None, text: bytes) -> None:
    assert _text(value) == text


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(first)


def test_secret_that_the_file_lacks_is_added_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("MYSQL_ROOT_PASSWORD=kept=as it is\n")
    assert load_secrets(tmp_path)["MYSQL_ROOT_PASSWORD"] == "kept=as it is"
    assert load_secrets(tmp_path)["MYSQL_ROOT_PASSWORD"] == "kept=as it is"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"A=b\nno equals sign\n", r"secrets\.env, line 2, is not of the form NAME=value\. Restore it"),
        (b"A=\xff\n", r"secrets\.env cannot be read: .*codec.* Restore it"),
    ],
)
def test_broken_secrets_file_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "secrets.env").write_bytes(content)
    with pytest.raises(Problem, match=sentence):
        load_secrets(tmp_path)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Services]:
    """Return services of which one, a sleeper, runs."""
    services = Services(tmp_path)
    services.start(Service("sleeper", (sys.executable, "-c", "import time; time.sleep(60)")), os.environ)
    yield services
    services.stop(())


def test_a_service_is_known_whatever_the_clock_says(service: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: 0.0)  # what a clock that was set back or on changes
    monkeypatch.setattr("psutil.boot_time", lambda: 0.0)
    assert service.alive() == ["sleeper"]


def test_a_service_that_has_died_is_reaped_and_its_number_is_not_believed(service: Services, tmp_path: Path) -> None:
    file = tmp_path / "run" / "sleeper.json"
    facts = json.loads(file.read_text())
    os.kill(facts["pid"], signal.SIGKILL)
    while service.alive():
        time.sleep(0.02)
    assert not psutil.pid_exists(facts["pid"])
    file.write_text(json.dumps(facts | {"pid": os.getpid()}))
    assert service.alive() == []
    file.write_text("")  # cut off while it was written
    assert service.alive() == []


def test_make_stop_ends_no_other_process_by_a_number_that_was_left(tmp_path: Path) -> None:
    settings = StackSettings(CAMPAIGN_STATE=tmp_path, _env_file=None)
    hold = "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print('held', flush=True); time.sleep(1)"
    for left in ("", f"{os.getpid()}"):  # this process would be ended
        (tmp_path / "demo.lock").write_text(left)
        with subprocess.Popen([sys.executable, "-c", hold, tmp_path / "demo.lock"], stdout=subprocess.PIPE) as holder:
            holder.stdout.readline()
            with _only_one(settings, take_over=True):
                assert (tmp_path / "demo.lock").read_text() == str(os.getpid())
            assert holder.wait() == 0


def test_environment_of_another_airflow_is_not_inherited(environment) -> None:
    built, _ = environment(
        AIRFLOW_HOME="/elsewhere", AIRFLOW__CORE__DAGS_FOLDER="/elsewhere", AIRFLOW__CORE__EXECUTOR="X"
    )
    assert built["AIRFLOW__CORE__DAGS_FOLDER"] == str(PROJECT_ROOT / "dags")
    assert "/elsewhere" not in built.values() and "X" not in built.values()


def test_connection_of_the_dag_is_the_loaders(environment) -> None:
    built, secrets = environment(MYSQL_PORT="34567")
    connection = json.loads(built["AIRFLOW_CONN_CAMPAIGN_MYSQL"])
    assert (connection["host"], connection["port"]) == ("127.0.0.1", 34567)
    assert connection["password"] == built["MYSQL_PASSWORD"] == secrets["MYSQL_PASSWORD"]
    assert connection["extra"] == {"client": "mysql-connector-python", "local_infile": True}


def test_busy_services_wait_for_each_other(environment) -> None:
    built, _ = environment()
    engine = sqlalchemy.create_engine(built["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    _, arguments = engine.dialect.create_connect_args(engine.url)
    assert arguments["timeout"] == 120, "by the default of 5 s: database is locked"
    assert built["AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT"] == "60"


def test_given_passwords_win_over_generated_ones(environment) -> None:
    built, _ = environment(MYSQL_PASSWORD="given", MYSQL_API_PASSWORD="also given")
    assert (built["MYSQL_PASSWORD"], built["MYSQL_API_PASSWORD"]) == ("given", "also given")


def test_services_on_this_machine_are_called_past_a_proxy(environment) -> None:
    built, _ = environment(NO_PROXY="example.org")
    assert built["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_telemetry_is_off(environment) -> None:
    built, _ = environment()
    assert (built["DO_NOT_TRACK"], built["AIRFLOW__COSMOS__ENABLE_TELEMETRY"]) == ("1", "False")


def test_generated_web_user_is_added_to_the_given_ones(environment) -> None:
    built, secrets = environment(WEBAPI_USERS="ann:scrypt:1$a$b")
    given, made = built["WEBAPI_USERS"].split(",")
    name, hashed = made.split(":", 1)
    assert (given, name) == ("ann:scrypt:1$a$b", "marcom")
    assert check_password_hash(hashed, secrets["WEBAPI_MARCOM_PASSWORD"])


def test_web_user_of_the_same_name_is_refused(environment) -> None:
    with pytest.raises(Problem, match="WEBAPI_USERS names marcom"):
        environment(WEBAPI_USERS="marcom:scrypt:1$a$b")


def test_wrong_setting_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_PORT", "eighty")
    with pytest.raises(Problem, match="AIRFLOW_PORT='eighty'"):
        read_settings()


@pytest.mark.parametrize(
    ("one", "other"), [("AIRFLOW_PORT", "WEBAPI_PORT"), ("AIRFLOW_PORT", "MYSQL_PORT"), ("WEBAPI_PORT", "MYSQL_PORT")]
)
def test_one_port_for_two_is_refused_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: str, other: str
) -> None:
    monkeypatch.setattr("local_stack.demo.database_in_use", lambda *_, **__: pytest.fail("a database was asked for"))
    settings = StackSettings(**{"CAMPAIGN_STATE": tmp_path, "MYSQL_HOST": None, one: 8123, other: 8123}, _env_file=None)
    with pytest.raises(Problem, match=f"{one} and {other} are both 8123"):
        up(settings, detach=True)
    assert not list(tmp_path.iterdir())


def test_last_lines_name_the_log_and_survive_odd_bytes(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    log.write_bytes(b"first\n" + b"x\xff\n" * 40)
    shown = last_lines(log, count=3)
    assert str(log) in shown and shown.count("\n  x") == 3 and "first" not in shown
    assert last_lines(tmp_path / "none.log") == ""


@pytest.mark.parametrize("settings", [StackSettings, WebSettings])
def test_every_setting_is_in_the_example_with_its_default(settings: type[StackSettings]) -> None:
    lines = (PROJECT_ROOT / ".env.example").read_text().splitlines()
    given = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))
    for field in settings.model_fields.values():
        assert field.alias in given, f"{field.alias} is missing in .env.example"
        if given[field.alias] and isinstance(field.default, (str, int, float)):
            assert given[field.alias] == str(field.default), f"{field.alias} has another default"


def test_the_inbox_is_the_stacks_own_unless_one_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAMPAIGN_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("CAMPAIGN_INBOX", raising=False)
    assert read_settings().inbox == tmp_path / "state" / "inbox"
    monkeypatch.setenv("CAMPAIGN_INBOX", str(tmp_path / "given"))
    assert read_settings().inbox == tmp_path / "given"


def test_two_that_need_the_server_s_files_get_the_same_ones(tmp_path, monkeypatch) -> None:
    fetched = []

    def slowly(command, folder, log):
        if command[0] == "apt-get":
            time.sleep(0.2)
            fetched.append(command)
        return "a-server - it serves"

    monkeypatch.setattr(apt_archive, "_run", slowly)
    with ThreadPoolExecutor(2) as both:
        prefixes = list(both.map(lambda _: apt_archive.unpack("^a-server$", "suite", tmp_path / "server"), range(2)))
    assert prefixes == [tmp_path / "server" / "prefix"] * 2
    assert len(fetched) == 2, "an update and a download, once"
