"""Schemathesis on the running service: what the OpenAPI document allows and what it forbids, all checks, no failure.

The service is one of its own, because the wrong log-ins that Schemathesis tries would be held against the other tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign.settings import Settings

from .running_service import PASSWORD, USER, Service, environment, free_port, start, wait_until_live

# Schemathesis tries wrong passwords by the dozen; from one address they would be slowed and refused (429), which has its own tests.
HOOKS = """
import itertools
import schemathesis

numbers = itertools.count()

@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(numbers)
    case.headers = {**(case.headers or {}), "X-Forwarded-For": f"198.18.{number // 256 % 256}.{number % 256}"}
"""
# gunicorn itself refuses an address that is longer than any right one.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "414", "422", "429"]

# Which rules there are is data, and the document can't say that customers are not ranked by orders.
[[operations]]
include-path-regex = "/(top|suspects/.*)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "422", "429"]
"""
# Per operation and phase: a few among the other tests, many by `make test-document`, which tries all four ways.
EXAMPLES = os.environ.get("WEBAPI_SCHEMATHESIS_EXAMPLES", "8")
WAYS = [("open", True), ("token", False)]
if "WEBAPI_SCHEMATHESIS_EXAMPLES" in os.environ:
    WAYS += [("open", False), ("token", True)]
SECONDS = 240 if len(WAYS) == 2 else 3000


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize(("lookups", "signed_in"), WAYS)
def test_document_and_service_agree(
    mysql_settings: Settings, marts, tmp_path: Path, lookups: str, signed_in: bool
) -> None:
    port = free_port()
    told = environment(
        mysql_settings,
        WEBAPI_PORT=str(port),
        WEBAPI_LOG_FILE=str(tmp_path / "api.log"),
        WEBAPI_LOOKUPS=lookups,
        WEBAPI_TOKEN_KEY="a key of these tests, of 32 bytes or more",
    )
    output = tmp_path / "output.txt"
    (tmp_path / "hooks.py").write_text(HOOKS)
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    running = Service(port, tmp_path / "api.log", output, None, start(told, output))
    try:
        wait_until_live(running)
        said = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{running.url}/openapi.json"),
                *(("--auth", f"{USER}:{PASSWORD}") if signed_in else ()),
                *("--phases", "examples,coverage,fuzzing,stateful"),
                *("--checks", "all", "--continue-on-failure", "--no-color"),
                *("--max-examples", EXAMPLES, "--seed", "1", "--generation-deterministic"),
            ],
            cwd=tmp_path,
            env={**told, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": f"{told['PYTHONPATH']}:{tmp_path}"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    finally:
        running.process.terminate()
        running.process.wait(timeout=40)
    assert said.returncode == 0, said.stdout[-20_000:] + said.stderr[-2_000:]
    assert "26 selected / 26 total" in said.stdout and "test cases" in said.stdout.lower(), said.stdout
