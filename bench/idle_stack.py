"""Memory and processor time of a stack that has nothing to do: ``make demo DETACH=1``, wait some minutes, ``make bench-idle``.

Prints for each part with its children the memory in MiB (PSS: a page that several processes share is divided among them) and the
share of one core that it used.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress

import psutil

from local_stack.console import Problem, ended_by
from local_stack.mysql.database import private_server
from local_stack.settings import read_settings
from local_stack.supervisor.parts import SERVICES
from local_stack.supervisor.supervision import Supervision


def main() -> int:
    """Look, wait, look again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    roots = _roots()
    families = {name: [root, *root.children(recursive=True)] for name, root in roots.items()}
    before = {name: _processor_seconds(family) for name, family in families.items()}
    time.sleep(seconds)
    total_memory = total_share = 0.0
    print("| part | processes | PSS, MiB | share of a core, % |\n|---|---|---|---|")
    for name, family in families.items():
        memory = [_memory(process) for process in family]
        share = 100 * (_processor_seconds(family) - before[name]) / seconds
        total_memory, total_share = total_memory + sum(memory), total_share + share
        print(f"| {name} | {' + '.join(f'{each:.0f}' for each in memory)} | {sum(memory):.0f} | {share:.1f} |")
    print(f"| together | | {total_memory:.0f} | {total_share:.1f} |")
    return 0


def _roots() -> dict[str, psutil.Process]:
    settings = read_settings()
    watched = Supervision(settings.state_folder)
    found = {service.name: watched.process(service.name) for service in SERVICES}
    if not all(found.values()):
        raise Problem("not all of the stack runs: make demo DETACH=1 starts it.")
    roots = {name: process for name, process in found.items() if process}
    if (server := private_server(settings)) and (pid := server.pid()):
        roots["mysql"] = psutil.Process(pid)
    return roots


def _processor_seconds(family: list[psutil.Process]) -> float:
    """Return what the processes have used, with the children that they have waited for."""
    seconds = 0.0
    for process in family:
        with suppress(psutil.Error):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def _memory(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return process.memory_full_info().pss / 2**20
    return 0.0


if __name__ == "__main__":
    sys.exit(ended_by(main))
