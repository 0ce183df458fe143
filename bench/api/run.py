"""The customer lookup, served four ways, one after the other, several rounds, on one MySQL server with two million customers.

a. FastAPI and uvicorn, a new ``mysql.connector`` connection per request: the usual demo.
b. FastAPI and uvicorn, asyncmy with a pool: the usual good practice.
c. ours under gunicorn: random customers, the same hundred again and again, and 304s.
d. a bare Flask route that returns a constant, under the same gunicorn settings: the ceiling.

All with two worker processes. What counts are the ratios. ``make bench-api [ROWS=2000000]``; needs wrk (Debian's package).
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from werkzeug.security import generate_password_hash

from bench.api.load import HOT, Reading, load
from bench.api.marts import make_marts
from bench.own_server import bench_folder, own_server
from campaign.settings import PROJECT_ROOT
from local_stack.mysql.server import free_port

WORKERS = 2
UVICORN = ("uvicorn", "--workers", str(WORKERS), "--port", "{port}")
GUNICORN = ("gunicorn", "-c", "webapi/gunicorn.conf.py")
COMMANDS = {
    "a": (*UVICORN, "bench.api.usual:fresh"),
    "b": (*UVICORN, "bench.api.usual:pooled"),
    "c": (*GUNICORN, "webapi:create_app()"),
    "d": (*GUNICORN, "bench.api.bare:app"),
}
CONNECTIONS = (16, 64)
SHARE_OF_LOAD = 0.8


@contextmanager
def marts_on_a_server(folder: Path, customers: int) -> Iterator[dict[str, str]]:
    """Start a server and make the marts; gives the environment in which services find them."""
    with own_server(folder) as settings:
        started = time.monotonic()
        make_marts(settings, customers)
        print(f"{customers:,} customers made in {time.monotonic() - started:.0f} s", file=sys.stderr)
        yield {
            **os.environ,
            "MYSQL_HOST": settings.mysql_host,
            "MYSQL_PORT": str(settings.mysql_port),
            "MYSQL_API_USER": settings.mysql_api_user,
            "MYSQL_API_PASSWORD": settings.mysql_api_password.get_secret_value(),
            "CAMPAIGN_MART_DATABASE": settings.mart_database,
            "WEBAPI_WORKERS": str(WORKERS),
            "WEBAPI_LOOKUPS_PER_MINUTE": "0",
            "WEBAPI_USERS": f"bench:{generate_password_hash(secrets.token_urlsafe(16), 'scrypt:1024:8:1')}",
            "WEBAPI_LOG_FILE": str(folder / "api.log"),
        }


@contextmanager
def served(way: str, told: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Start one of the ways and wait until it answers; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", *(part.format(port=port) for part in COMMANDS[way])]
    log = folder / f"{way}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env={**told, "WEBAPI_PORT": str(port)}, stdout=said, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/v1/customers/50", timeout=10).read()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"{way} does not answer:\n{log.read_text()[-3000:]}") from None
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=40)


def tags_of_hot(url: str) -> list[str]:
    """Return the ETags of the hot customers, in order."""
    addresses = [f"{url}/api/v1/customers/{number}" for number in range(1, HOT + 1)]
    return [urllib.request.urlopen(address).headers["ETag"] for address in addresses]


def measure(
    way: str, url: str, customers: int, seconds: int, folder: Path, seed: int
) -> dict[tuple[str, int], Reading]:
    """Return what one way gives, by kind of request and connections."""
    load(url, 16, 2, customers, folder, seed=seed)  # warm
    read: dict[tuple[str, int], Reading] = {}
    for connections in CONNECTIONS:
        full = read["random", connections] = load(url, connections, seconds, customers, folder, seed=seed)
        if way != "c":
            continue
        read["hot", connections] = load(url, connections, seconds, HOT, folder, seed=seed)
        read["304", connections] = load(url, connections, seconds, HOT, folder, seed=seed, tags=tags_of_hot(url))
        # A connection asks once per (wait + answer); answers are quicker than under full load, which the rate shows.
        pause = max(1.0, 1000 * connections / (SHARE_OF_LOAD * full.per_second) - 2)
        read["random at 80 %", connections] = load(
            url, connections, seconds, customers, folder, seed=seed, longest_delay=2 * pause
        )
    return read


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000, help="customers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8, help="per reading")
    parser.add_argument("--ways", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    wishes = parser.parse_args()
    if not shutil.which("wrk"):
        parser.error("wrk is not on PATH; Debian and Ubuntu: apt-get install wrk")
    readings: dict[tuple[str, str, int], list[Reading]] = {}
    with tempfile.TemporaryDirectory(dir=bench_folder(), prefix="api-") as name:
        folder = Path(name)
        with marts_on_a_server(folder, wishes.rows) as told:
            for number in range(wishes.rounds):
                for way in wishes.ways:
                    with served(way, told, folder) as url:
                        found = measure(way, url, wishes.rows, wishes.seconds, folder, number)
                    for (kind, connections), reading in found.items():
                        print(number, way, kind, connections, reading, file=sys.stderr, flush=True)
                        readings.setdefault((way, kind, connections), []).append(reading)
    print_table(readings)
    return 0


def print_table(readings: dict[tuple[str, str, int], list[Reading]]) -> None:
    """Print the median of each, and how it stands to the baselines."""
    rate = {key: statistics.median(one.per_second for one in found) for key, found in readings.items()}
    print("| way | requests | connections | requests/s (median, range) | p50 ms | p99 ms | × a | × b | × d |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (way, kind, connections), found in readings.items():
        rates = [one.per_second for one in found]
        p50, p99 = (statistics.median(getattr(one, name) for one in found) for name in ("p50", "p99"))
        against = [
            f"{rate[way, kind, connections] / base:.2f}" if (base := rate.get((other, "random", connections))) else ""
            for other in "abd"
        ]
        spread = f"{rate[way, kind, connections]:,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
        print(f"| {way} | {kind} | {connections} | {spread} | {p50:.1f} | {p99:.1f} | {' | '.join(against)} |")


if __name__ == "__main__":
    sys.exit(main())
