"""How gunicorn runs the service: ``gunicorn -c webapi/gunicorn.conf.py 'webapi:create_app()'`` from the project's root.

A missing or wrong setting ends the start here, with its sentence, before any worker is forked. The libraries are imported here
too: forked workers inherit them, so that a reload (SIGHUP, which brings new code of ours and new settings) takes no seconds.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "include")]

import apiflask  # noqa: E402, F401 (for the workers)
import mysql.connector  # noqa: E402, F401
import sqlalchemy.pool  # noqa: E402, F401

from webapi.observability.logs import configure_logs  # noqa: E402 (needs the path above)
from webapi.performance.runtime import runtime_folder  # noqa: E402
from webapi.settings import SettingsError, load_web_settings  # noqa: E402

try:
    settings = load_web_settings()
    settings.password_hashes()
    configure_logs(settings)  # workers open the file anew
except SettingsError as error:
    sys.exit(f"The web service does not start: {error}")
if not settings.contact:
    logging.getLogger("webapi").warning(
        "WEBAPI_CONTACT is not set: whoever contests a suspicion is told no address to write to. Set it to an e-mail address, or"
        " to the address of a form."
    )

wsgi_app = "webapi:create_app()"
chdir = str(ROOT)
pythonpath = str(ROOT / "include")

host = f"[{settings.webapi_bind}]" if ":" in settings.webapi_bind else settings.webapi_bind  # IPv6
bind = f"{host}:{settings.webapi_port}"
workers = settings.workers
worker_class = "webapi.performance.patient_worker.PatientWorker"  # gthread, whose threads never wait for a client
threads = settings.threads
limit_request_line = 8190  # bytes of an address; longer ones are 414, by gunicorn itself
keepalive = 15  # seconds a client may keep an idle connection
worker_connections = 1000  # the one that has waited longest makes room for a new one
timeout = 60  # a worker that says nothing for so long is replaced
graceful_timeout = 30  # a reload or stop waits so long for requests under way

worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a heartbeat must not wait for a disk
control_socket_disable = True  # it would open a socket in the home folder that nothing here uses
accesslog = None  # webapi.observability.logs writes one JSON line per request
errorlog = "-"
proc_name = "campaign-webapi"

runtime_folder()  # made here, so that all workers find the same one

# A connection is a file, and many systems allow 1024 of them unless one asks for more.
files, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
if 0 <= files < 4 * worker_connections:
    wanted = 4 * worker_connections if most_files < 0 else min(4 * worker_connections, most_files)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most_files))


def post_worker_init(worker: Any) -> None:
    """Let the collector pass over all that was imported, which it would look at while requests wait; let threads take turns."""
    gc.collect()
    gc.freeze()
    # A thread that fills an export gives way to a lookup after a millisecond, not after Python's five.
    sys.setswitchinterval(0.001)


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a worker counted, and drop what was true of it alone."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid, path=str(runtime_folder() / "metrics"))
