"""What ``.env`` says is the same for the shell, compose and the programs, or it is rejected before anything starts."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import podman_compose
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from pydantic import SecretStr

from campaign import env_file
from campaign.env_file import EnvFileError, read_env_file
from campaign.settings import PROJECT_ROOT, Settings
from local_stack import settings as stack_settings
from local_stack.console import Problem
from local_stack.containers import compose_env
from tests.fixtures.long_form import examples
from webapi.settings import SettingsError, WebSettings, read_web_settings

# Line, and the value that all read.
ACCEPTED = [
    ("A=spark", "spark"),
    ("A=", ""),
    ("A=   ", ""),
    ("A=spark  # the cluster", "spark"),
    ("  A=spark  ", "spark"),
    ("export A=spark", "spark"),
    ("A=a=b==", "a=b=="),
    ("A=p*s?[s]{w,o}^r!d+@%1", "p*s?[s]{w,o}^r!d+@%1"),
    ("A=https://user@host:1/x.y,z", "https://user@host:1/x.y,z"),
    ("A=''", ""),
    ('A=""', ""),
    ("A='scrypt:32768:8:1$salt$hash'", "scrypt:32768:8:1$salt$hash"),
    ("A='a # b \"c\" `d` $e $(f) ; | & ~ '  # why", 'a # b "c" `d` $e $(f) ; | & ~ '),
    ('A="bob\'s store # one"', "bob's store # one"),
    ("A='khuyến mãi'", "khuyến mãi"),
    ('A=\'{"conn_type": "http"}\'', '{"conn_type": "http"}'),
    ("#A=other\nA=spark\n\n   # B=1\t2\n", "spark"),
    ("A=duckdb\nA=spark", "spark"),
]
SECRET = "hush"
# Bytes, the line and name that are named, and what the sentence must say. Each holds SECRET, which it must not say.
REJECTED = [
    (b"A=$hush", "line 1, A", "has $ outside quotes. Write A='…' in single quotes"),
    (b"A=hush$", "line 1, A", "has $ outside quotes"),
    (b'A="a$hush"', "line 1, A", "has $ or ` in double quotes"),
    (b"A='${hush}'", "line 1, A", "has ${"),
    (b"A=hu`sh", "line 1, A", "has ` outside quotes"),
    (b"A=hush#b", "line 1, A", "has # outside quotes"),
    (b"A=#hush", "line 1, A", "comment in the place of the value"),
    (b"A= # hush", "line 1, A", "comment in the place of the value"),
    (b"A=hush b", "line 1, A", "has a space outside quotes"),
    (b"A=hush;b", "line 1, A", "has ; outside quotes"),
    (b"A=~/hush", "line 1, A", "Write the folder in full"),
    (b"A=hush\\", "line 1, A", "has a backslash"),
    (b"A='hush\\nb'", "line 1, A", "has a backslash"),
    (b"A=it's-hush", "line 1, A", 'Write A="…" in double quotes'),
    (b"A=it's-$hush", "line 1, A", "Choose another value"),
    (b"A='hush", "line 1, A", "has no closing ' in its line"),
    (b'B=1\nA="hush\nA=more"', "line 2, A", 'has no closing " in its line'),
    (b"A='hush'b", "line 1, A", "goes on after the closing '"),
    (b"A='hush'#b", "line 1, A", "goes on after the closing '"),
    (b"A = hush", "line 1, A", "has a space beside =. Write A=value"),
    (b"A= hush", "line 1, A", "has a space beside ="),
    (b"export  A =hush", "line 1, A", "has a space beside ="),
    (b"A=\thush", "line 1, A", "has a tab"),
    (b"A=b\t# hush", "line 1, A", "has a tab"),
    (b"A: hush", "line 1, A", "has : after the name. Write A=value"),
    (b"campaign_engine=hush", "line 1, campaign_engine", "Write CAMPAIGN_ENGINE=value"),
    (b"1A=hush", "line 1, 1A", "starts with a digit"),
    (b"A=1\n\nhush", "line 3", "is not of the form NAME=value"),
    (b"set A=hush", "line 1", "is not of the form NAME=value"),
    ("\N{NO-BREAK SPACE}A=hush".encode(), "line 1", "is not of the form NAME=value"),
    ("A=hush\N{NO-BREAK SPACE}".encode(), "line 1, A", "outside quotes"),
    (b"B=1\r\nA=hush\xe9\r\n", "line 2, A", "has bytes that are not UTF-8"),
    (b"# hush \xe9", "line 1", "has bytes that are not UTF-8"),
    (b"A=hush\x00", "line 1, A", "has NUL bytes"),
    (b"\x00\x00\x00\x00", "line 1", "has NUL bytes"),
    ("A=hush\r\n".encode("utf-16-le"), "line 1", "has NUL bytes: the file is UTF-16, or damaged. Save it as UTF-8"),
    (b"A=hush\x1b[0m", "line 1, A", "has a control character"),
    (b"# hush\rA=b", "line 1", "has a control character"),
    (b"A='hush\rb'", "line 1, A", "has a control character"),
    ("A='hush\N{NEXT LINE}b'".encode(), "line 1, A", "has a control character"),
    (b"A=hush\r\r\n", "line 1, A", "has a control character"),
]


def by_shell(file: Path) -> dict[str, str]:
    """Return what a shell has after it read the file as a script; it can run no program."""
    script = 'set -a; . "$1"; set +a; PATH=/usr/bin:/bin exec env -0'
    ended = subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(file)], env={"PATH": "/none"}, capture_output=True, check=True
    )
    return dict(line.split("=", 1) for line in ended.stdout.decode().split("\0") if line)


@pytest.mark.parametrize(("lines", "value"), ACCEPTED)
def test_all_read_the_same_value(tmp_path: Path, lines: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_text(lines)
    readers = read_env_file, podman_compose.dotenv_to_dict, by_shell
    assert [read(file)["A"] for read in readers] == [value] * len(readers)


@pytest.mark.parametrize(("lines", "value"), ACCEPTED)
def test_windows_line_ends_change_nothing(tmp_path: Path, lines: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(lines.replace("\n", "\r\n").encode() + b"\r\n")
    assert (read_env_file(file)["A"], podman_compose.dotenv_to_dict(str(file))["A"]) == (value, value)


@pytest.mark.parametrize(("content", "where", "sentence"), REJECTED)
def test_what_is_not_read_alike_is_named_without_its_value(
    tmp_path: Path, content: bytes, where: str, sentence: str
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(EnvFileError) as raised:
        read_env_file(file)
    said = str(raised.value)
    assert f"  {where}: " in said and sentence in said and str(file) in said
    assert SECRET not in said


TEXT = st.text(
    "aZ09 _=#$'\"\\{}~!*`\t\r\N{NO-BREAK SPACE}\N{LINE SEPARATOR}\N{NEXT LINE}\N{ZERO WIDTH NO-BREAK SPACE}é",
    max_size=12,
)


@given(
    st.lists(st.tuples(st.sampled_from(["", " ", "export ", "#"]), TEXT, st.sampled_from(["", "'", '"'])), max_size=4)
)
@example([("", "#", "")])
@tries(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_alike_or_rejected(tmp_path: Path, lines: list[tuple[str, str, str]]) -> None:
    file = tmp_path / ".env"
    for number, (before, value, quote) in enumerate(lines):
        file.write_bytes(f"{before}A{number}={quote}{value}{quote}\n".encode())
        try:
            read = read_env_file(file)
        except EnvFileError:
            continue
        assert podman_compose.dotenv_to_dict(str(file)) == read
        if b"\r\n" not in file.read_bytes():  # which the project's scripts read by the reader
            assert {name: value for name, value in by_shell(file).items() if name.startswith("A")} == read


def test_every_line_is_named_up_to_ten(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=$b\nB=1\n" * 12)
    with pytest.raises(EnvFileError, match=r"(?s)line 1, A.*line 19, A.*and 2 more lines"):
        read_env_file(tmp_path / ".env")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xef\xbb\xbfA=b\n", "begins with a byte order mark"),
        ("A=b\n".encode("utf-16"), "is UTF-16"),
        (b"\xfe\xff" + "A=b\n".encode("utf-16-be"), "is UTF-16"),
    ],
)
def test_the_command_that_is_named_makes_the_file_readable(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(EnvFileError, match=sentence) as raised:
        read_env_file(file)
    subprocess.run(["/bin/sh", "-c", str(raised.value).partition("or run: ")[2]], cwd=tmp_path, check=True)
    assert read_env_file(file) == {"A": "b"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and [each.name for each in tmp_path.iterdir()] == [".env"]


def test_no_file_sets_nothing(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env") == {}


def a_folder(file: Path) -> None:
    file.mkdir()


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


def a_link_to_nothing(file: Path) -> None:
    file.symlink_to(file.with_name("gone"))


def a_loop(file: Path) -> None:
    file.symlink_to(file)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (a_folder, "is a folder; a file of NAME=value lines is expected"),
        (a_pipe, "is no regular file"),
        (a_link_to_nothing, "is a link to .*gone, which is missing"),
        (a_loop, "cannot be read: Too many levels"),
    ],
)
def test_what_is_no_file_is_named(tmp_path: Path, made, sentence: str) -> None:
    made(tmp_path / ".env")
    with pytest.raises(EnvFileError, match=rf"\.env {sentence}"):
        read_env_file(tmp_path / ".env")


def test_a_file_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / ".env").touch()
    monkeypatch.setattr(Path, "read_bytes", denied)  # root may read everything
    with pytest.raises(EnvFileError, match=r"\.env cannot be read: Permission denied\. Let user \d+ read it"):
        read_env_file(tmp_path / ".env")


def test_the_environment_wins_and_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAMPAIGN_RAW_DATABASE", "environment")
    monkeypatch.setenv("CAMPAIGN_ENGINE", "")
    monkeypatch.delenv("MYSQL_PASSWORD", raising=False)
    lines = ("CAMPAIGN_RAW_DATABASE=file", "CAMPAIGN_ENGINE=duckdb", "AIRFLOW_PORT=", "MYSQL_PASSWORD='pa$$ #1'", "B=1")
    (tmp_path / ".env").write_text("\n".join(lines))
    settings = Settings(_env_file=tmp_path / ".env")
    assert (settings.raw_database, settings.engine, settings.airflow_port) == ("environment", "duckdb", 8080)
    assert settings.mysql_password == SecretStr("pa$$ #1")


@pytest.mark.parametrize(
    ("read", "error"), [(stack_settings.read_settings, Problem), (read_web_settings, SettingsError)]
)
def test_every_program_ends_with_the_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read, error: type[Exception]
) -> None:
    (tmp_path / ".env").write_text("MYSQL_PASSWORD=$hush")
    for settings in (stack_settings.StackSettings, WebSettings):
        monkeypatch.setitem(settings.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(error, match=r"line 1, MYSQL_PASSWORD: has \$ outside quotes"):
        read()


def test_make_env_names_the_line_of_an_existing_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compose_env, "PROJECT_ROOT", tmp_path)
    (tmp_path / ".env").write_bytes(b"MYSQL_PASSWORD=\xff")
    with pytest.raises(Problem, match="line 1, MYSQL_PASSWORD: has bytes that are not UTF-8"):
        compose_env.main()


def test_what_make_env_writes_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compose_env, "PROJECT_ROOT", tmp_path)
    compose_env.main()
    assert set(compose_env.SECRETS) < set(read_env_file(tmp_path / ".env"))


def test_the_example_is_accepted_with_every_line_in_use(tmp_path: Path) -> None:
    example_lines = re.sub(r"(?m)^#(?=[A-Z_]+=)", "", (PROJECT_ROOT / ".env.example").read_text())
    (tmp_path / ".env").write_text(example_lines)
    assert "CAMPAIGN_STATE" in read_env_file(tmp_path / ".env")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what make and the shell scripts need, and tools that only note that they were called."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(PROJECT_ROOT / "local_stack", folder / "local_stack", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "include" / "campaign").mkdir(parents=True)
    for name in ("Makefile", "include/campaign/__init__.py", "include/campaign/env_file.py"):
        shutil.copy(PROJECT_ROOT / name, folder / name)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).touch()
    (folder / "bin").mkdir()
    for name in ("uv", "docker", "podman-compose"):
        (folder / "bin" / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"{folder}/called"\n')
        (folder / "bin" / name).chmod(0o755)
    return folder


def run_in(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command there, with the tools of the checkout first on PATH and no setting of the project's."""
    kept = {name: value for name, value in os.environ.items() if not re.match("MAKE|CAMPAIGN_|MYSQL_", name)}
    path = os.pathsep.join([str(checkout / "bin"), os.environ["PATH"]])
    return subprocess.run(
        command, cwd=checkout, env=kept | {"PATH": path} | environment, capture_output=True, text=True
    )


def commands() -> list[str]:
    """Return every command of the Makefile that does something."""
    listed = re.findall(r"(?m)^([a-z-]+):.*## ", (PROJECT_ROOT / "Makefile").read_text())
    return [name for name in listed if name != "help"]


@pytest.mark.parametrize("command", commands())
def test_no_command_starts_anything_by_a_broken_file(checkout: Path, command: str) -> None:
    (checkout / ".env").write_text("CAMPAIGN_STATE=.moved\nMYSQL_PASSWORD=$hush\n")
    ended = run_in(checkout, "make", command, "SOURCE=x", "Q=select 1", "FILE=Makefile", "UID=1", "NAME=ann")
    assert ended.returncode
    assert "line 2, MYSQL_PASSWORD: has $ outside quotes. Write MYSQL_PASSWORD='…' in single quotes." in ended.stderr
    assert "Traceback" not in ended.stderr and SECRET not in ended.stderr + ended.stdout
    called = (checkout / "called").read_text().splitlines() if (checkout / "called").exists() else []
    assert [line for line in called if line != "uv python find"] == []
    assert {".state", ".moved"}.isdisjoint(os.listdir(checkout))


@pytest.mark.parametrize(
    "lines", ["CAMPAIGN_STATE={}\r\nCAMPAIGN_ENGINE=duckdb\r\n", "export CAMPAIGN_STATE='{}' # moved\n"]
)
@pytest.mark.parametrize("python", ["python3", "python3.11"])
def test_the_shell_and_the_settings_read_the_same(
    monkeypatch: pytest.MonkeyPatch, checkout: Path, tmp_path: Path, lines: str, python: str
) -> None:
    monkeypatch.delenv("CAMPAIGN_STATE")
    state = tmp_path / "state folder" if "'" in lines else tmp_path / "state"
    venv = state / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "installed.txt").touch()  # as the empty locks
    (checkout / ".env").write_bytes(lines.format(state).encode())
    # A machine on which Python has but one name.
    only = tmp_path / "bin"
    only.mkdir()
    (only / python).symlink_to(os.path.realpath(shutil.which("python3.11") or "python3"))
    for tool in ("sh", "dirname", "mkdir", "cat", "cmp", "grep"):
        (only / tool).symlink_to(shutil.which(tool) or tool)
    ended = run_in(
        checkout, "./local_stack/in_environment.sh", "sh", "-c", 'printf %s "$CAMPAIGN_STATE"', PATH=str(only)
    )
    assert (ended.stdout, ended.stderr) == (str(state), "")
    assert str(Settings(_env_file=checkout / ".env").state_folder) == str(state)


def test_the_environment_wins_in_the_shell_too(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "installed.txt").touch()
    (checkout / ".env").write_text("CAMPAIGN_STATE=.moved\n")
    show = ("./local_stack/in_environment.sh", "sh", "-c", 'printf %s "$CAMPAIGN_STATE"')
    assert run_in(checkout, *show, CAMPAIGN_STATE=str(tmp_path)).stdout == str(tmp_path)


def test_what_python_compiles_is_kept_in_the_state_folder(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "installed.txt").touch()
    (checkout / ".env").write_text("")
    ask = ("python3", "-c", "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)")
    where = {"CAMPAIGN_STATE": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}  # as many images set it
    assert run_in(checkout, "./local_stack/in_environment.sh", *ask, **where).stdout == f"False {tmp_path}/pycache\n"


def test_a_machine_without_python_gets_a_sentence(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".env").write_text("A=b\n")
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    ended = run_in(checkout, "./local_stack/in_environment.sh", "true", PATH=str(tmp_path))
    assert ended.returncode and "no Python 3.9 or newer was found" in ended.stderr


def test_the_reader_needs_nothing_of_a_newer_python() -> None:
    # The shell scripts run it by whichever Python the machine has.
    ended = subprocess.run(
        ["ruff", "check", "--isolated", "--target-version", "py39", "--select", "E9,F", env_file.__file__],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
