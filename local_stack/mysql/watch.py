"""The private MySQL server as a part that the supervisor watches: starts it where it is down, and ends when it ends.

The server is not the supervisor's child: other commands use it too, and the last one that needs it stops it.
"""

from __future__ import annotations

import os
import sys

from local_stack.console import Problem, ended_by, say
from local_stack.mysql.database import private_server, starting_alone
from local_stack.settings import read_settings

# A shell of half a megabyte. A process that has ended has no executable, also while nobody has reaped it.
UNTIL_IT_ENDS = (
    'while [ -e "/proc/$1/exe" ]; do sleep 1; done; echo "The MySQL server (process $1) has ended; its log: $2"; exit 1'
)


def main() -> int:
    """Make the server run, then become the shell that waits for its end. Raises Problem where it does not start."""
    # The environment of the stack names the private server's address as if it were given.
    settings = read_settings().model_copy(update={"mysql_host": None})
    if not (server := private_server(settings)):
        raise Problem("there is no private MySQL server here: make demo makes one.")
    with starting_alone(settings):
        if not server.pid():
            say("Starting the MySQL server")
        server.start()
        pid = server.pid()
    os.execv("/bin/sh", ["sh", "-c", UNTIL_IT_ENDS, "sh", str(pid), str(server.log)])


if __name__ == "__main__":
    sys.exit(ended_by(main))
