"""What every process of Airflow imports first."""

from __future__ import annotations

import subprocess
import sys

FORKS = """
import gc, os, sys
sys.argv = ["airflow", {component!r}]
sys.path.insert(0, "config")
import airflow_local_settings
many = len(gc.get_objects())
child = os.fork()
if not child:
    before = gc.get_freeze_count()
    grandchild = os.fork()
    os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]) if grandchild else gc.get_freeze_count() != before)
gc.unfreeze()  # as LocalExecutor does
print(gc.get_freeze_count() > many / 2, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def output(component: str) -> str:
    code = FORKS.format(component=component)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_what_triggerer_and_forked_child_share_stays_out_of_collections_and_a_childs_own_garbage_does_not() -> None:
    assert output("triggerer") == "True 0"


def test_other_processes_collect_as_usual() -> None:
    assert output("api-server").startswith("False")
