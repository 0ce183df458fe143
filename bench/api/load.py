"""wrk, told which customers to ask for; and what it says."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

HOT = 100
# Every thread of wrk runs this in a state of its own.
SCRIPT = """
local tags = {{ {tags} }}
local threads = 0
function setup(thread) threads = threads + 1 thread:set("seed", threads) end
function init() math.randomseed(seed * 7919 + {seed}) end
function request()
  local id = math.random(1, {last})
  local headers = {{}}
  if tags[id] then headers["If-None-Match"] = tags[id] end
  return wrk.format("GET", "/api/v1/customers/" .. id, headers)
end
"""
# Each connection waits between two requests, so that together they ask for less than the service could give.
DELAY = "function delay() return math.random(0, {longest}) end\n"
UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass(frozen=True)
class Reading:
    """Requests per second, and latencies in ms."""

    per_second: float
    p50: float
    p99: float


def load(
    url: str,
    connections: int,
    seconds: int,
    last: int,
    folder: Path,
    *,
    seed: int = 1,
    tags: list[str] = (),
    longest_delay: float = 0,
) -> Reading:
    """Ask for random customers 1 … last; raises RuntimeError where an answer is not what was expected."""
    script = folder / "load.lua"
    shown = ", ".join(f"'{tag}'" for tag in tags)
    text = SCRIPT.format(tags=shown, seed=seed, last=last)
    text += DELAY.format(longest=round(longest_delay)) if longest_delay else ""
    script.write_text(text)
    command = [
        "wrk",
        "-t2",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "10s",
        "-s",
        str(script),
        url,
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url}: some answers were errors:\n{said}")
    return Reading(
        float(re.search(r"Requests/sec:\s+(\S+)", said)[1]), *(_latency(said, share) for share in ("50%", "99%"))
    )


def _latency(said: str, share: str) -> float:
    number, unit = re.search(rf"^\s+{re.escape(share)}\s+([\d.]+)(us|ms|s|m) *$", said, re.MULTILINE).groups()
    return float(number) * UNITS[unit]
