"""Becomes a part of the stack, as the supervisor's child: ``python -m local_stack.supervisor.process NAME``.

First it ends what a part before it has left behind when it was killed: Airflow's scheduler, for one, leaves workers that nobody
gives work or waits for. Then it says in the log that another start begins, and becomes the command.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from campaign.settings import PROJECT_ROOT
from local_stack.services import end_with_children
from local_stack.supervisor.supervision import COMMANDS, START_MARK, in_session

LEFT_SECONDS = 5


def main() -> None:
    """Clean up, mark the start, become the command."""
    name = sys.argv[1]
    session = os.getsid(0)
    members = in_session(session)
    own = {process.pid for process in members}
    # What the supervisor or a part has started has its parent here; an orphan has another one.
    end_with_children([each for each in members if each.pid != session and each.ppid() not in own], LEFT_SECONDS)
    print(START_MARK.format(name=name, now=time.strftime("%Y-%m-%d %H:%M:%S")), flush=True)
    command = json.loads(Path(COMMANDS).read_text())[name]  # the supervisor runs in the folder of its files
    os.chdir(PROJECT_ROOT)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
