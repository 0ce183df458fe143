"""The forge and each commit run the project's own checks, not a copy of them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import yaml

from campaign.settings import PROJECT_ROOT

WORKFLOW = PROJECT_ROOT / ".github" / "workflows" / "ci.yaml"


def test_workflow_runs_the_program_of_ci_and_nothing_else() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["prove"]["steps"]
    (command,) = [step["run"] for step in steps if "run" in step]
    program = PROJECT_ROOT / command
    assert program == PROJECT_ROOT / ".ci" / "run"
    assert os.access(program, os.X_OK)


def test_lint_rejects_a_workflow_with_a_misspelt_key(tmp_path) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    (check,) = [
        part
        for part in makefile.split("$(in_environment) ")
        if part.startswith("check-jsonschema") and "ci.yaml" in part
    ]
    words = shlex.split(check.split("\n")[0])
    assert words[-1] == str(WORKFLOW.relative_to(PROJECT_ROOT))
    misspelt = tmp_path / "ci.yaml"
    misspelt.write_text(WORKFLOW.read_text().replace("runs-on:", "run-on:"))
    for file, status in ((WORKFLOW, 0), (misspelt, 1)):
        command = [sys.executable, "-m", "check_jsonschema", *words[1:-1], str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == status, ended.stdout + ended.stderr


def test_hook_of_a_commit_is_make_lint() -> None:
    (repository,) = yaml.safe_load((PROJECT_ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (hook,) = repository["hooks"]
    assert (repository["repo"], hook["language"], hook["entry"]) == ("local", "system", "make lint")
    assert hook["pass_filenames"] is False, "make would take them for targets"
