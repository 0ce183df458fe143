"""The two images by themselves: what is in them, what is not, and as whom they run."""

from __future__ import annotations

import json

import pytest
from packaging.utils import canonicalize_name

from tests.containers.composition import Composition

pytestmark = pytest.mark.timeout(1800)  # the first test builds

IMAGES = ("campaign-airflow:test", "campaign-webapi:test", "campaign-proxy:test")
MOST_OVER_BASE = {"campaign-airflow:test": 900, "campaign-webapi:test": 200, "campaign-proxy:test": 60}  # MB
# What looks for compilers, forgotten settings, keys of any kind, and the values of .env themselves, outside of /proc and /sys.
SEARCH = r"""
import os, re, stat, sys
values = [line for line in sys.stdin.read().split("\n") if len(line) >= 12]
kinds = ["-----BEGIN [A-Z ]*PRIVATE KEY-----\\s+[A-Za-z0-9+/=]{40}", "\\bAKIA[0-9A-Z]{16}\\b", "\\bgh[pousr]_[A-Za-z0-9]{36}"]
mine, any_kind = (re.compile("|".join(words).encode()) for words in (map(re.escape, values), kinds))
for folder, folders, files in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys", "dev", "run")]
    for name in files:
        path = os.path.join(folder, name)
        if name in (".env", "secrets.env", "gcc", "cc", "g++", "make", "git") or "/.state/" in path or "/.git/" in path:
            print("unwanted file:", path)
        try:
            if stat.S_ISREG(os.lstat(path).st_mode) and "/site-packages/" not in path:
                with open(path, "rb") as stream:
                    content = stream.read()
                # Libraries of the base image hold words that look like keys.
                if mine.search(content) or (content[:4] != b"\x7fELF" and any_kind.search(content)):
                    print("secret:", path)
        except PermissionError:
            pass
"""


@pytest.mark.parametrize("image", IMAGES)
def test_image_runs_as_a_user_without_rights_and_says_how_it_is(built: Composition, image: str) -> None:
    facts = json.loads(built.run(built.engine, "image", "inspect", image).stdout)[0]
    config = facts["Config"]
    assert int(config["User"].split(":")[0]) > 999
    assert facts.get("Healthcheck") or config.get("Healthcheck")
    assert config["Labels"]["org.opencontainers.image.title"] == image.split(":")[0]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"


@pytest.mark.parametrize("image", IMAGES)
def test_image_adds_little_to_its_base(built: Composition, image: str) -> None:
    base, whole = (
        json.loads(built.run(built.engine, "image", "inspect", name).stdout)[0]["Size"] / 1e6
        for name in ("docker.io/library/python:3.11-slim-bookworm", image)
    )
    print(f"\n{image}: {whole:.0f} MB, of it {whole - base:.0f} MB ours")
    assert whole - base < MOST_OVER_BASE[image]


@pytest.mark.parametrize("image", IMAGES)
def test_image_holds_no_secret_no_compiler_and_no_settings(built: Composition, image: str) -> None:
    values = "\n".join(
        value for name, value in built.settings.items() if "PASSWORD" in name or "KEY" in name or "SECRET" in name
    )
    command = [
        built.engine,
        "run",
        "--rm",
        "--interactive",
        "--user=0",
        "--network=none",
        image,
        "python",
        "-c",
        SEARCH,
    ]
    assert built.run(*command, input=values).stdout == ""
    facts = json.loads(built.run(built.engine, "image", "inspect", image).stdout)[0]
    history = built.run(built.engine, "history", "--no-trunc", image).stdout
    for value in values.splitlines():
        assert value not in json.dumps(facts["Config"])
        assert value not in history


def test_search_finds_a_secret(built: Composition) -> None:
    # Else the test above would be green on a search that finds nothing: /etc/hostname and the like are searched, and so is this.
    plant = "open('/tmp/forgotten', 'w').write('a-secret-of-this-test');" + SEARCH.strip()
    command = [
        built.engine,
        "run",
        "--rm",
        "--interactive",
        "--user=0",
        "--network=none",
        IMAGES[1],
        "python",
        "-c",
        plant,
    ]
    assert "secret: /tmp/forgotten" in built.run(*command, input="a-secret-of-this-test").stdout


@pytest.mark.parametrize("image", IMAGES)
def test_nothing_of_the_project_can_be_written_by_its_user(built: Composition, image: str) -> None:
    folder = "/opt/proxy" if "proxy" in image else "/opt/campaign"
    tried = built.run(built.engine, "run", "--rm", "--network=none", image, "touch", f"{folder}/new", check=False)
    assert tried.returncode != 0
    assert "Permission denied" in tried.stderr


@pytest.mark.parametrize(
    ("image", "locks"),
    [
        (IMAGES[0], ["requirements.txt", "requirements-celery.txt", "requirements-spark.txt"]),
        (IMAGES[1], ["requirements-webapi.txt"]),
    ],
)
def test_libraries_are_those_of_the_lock(built: Composition, image: str, locks: list[str]) -> None:
    list_all = "import importlib.metadata as m; print(*(d.name + '==' + d.version for d in m.distributions()))"
    python = ["/opt/venv/bin/python", "-I", "-c", list_all]
    found = built.run(built.engine, "run", "--rm", "--network=none", image, *python).stdout.split()
    lines = [line for lock in locks for line in (built.project / lock).read_text().splitlines()]
    locked = {_pin(line.split()[0]) for line in lines if line[:1].isalnum()}
    assert sorted(map(_pin, found)) == sorted(locked)


def _pin(text: str) -> tuple[str, str]:
    name, version = text.split("==")
    return canonicalize_name(name.split("[")[0]), version
