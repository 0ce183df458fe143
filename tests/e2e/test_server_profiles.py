"""Servers as administrators set them up: a run from an empty state to publication, and the web service, on each of them."""

from __future__ import annotations

import dataclasses
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.security import generate_password_hash

from campaign.db.connection import connect
from campaign.settings import PROJECT_ROOT, Settings
from local_stack.mysql.access import grant_access
from local_stack.mysql.binary import resolve_server
from local_stack.mysql.server import OPTIONS, PrivateServer, free_port
from local_stack.settings import StackSettings
from tests.conftest import NOTHING_IS_FLUSHED
from tests.integration.test_webapi.running_service import PASSWORD, QUICK_HASH, USER
from webapi import create_app
from webapi.settings import WebSettings

HEADER = "txn_time,txn_date,order_id,uid,shop_id,shop_owner_uid,gmv,rebate"


def clean(number: int) -> str:
    day, hour = 10 + number % 4, 9 + number % 12
    people = f"{501 + number % 7},{31 + number % 5},{71 + number % 5}"
    return (
        f"2026-06-{day} {hour:02}:15:{number:02},2026-06-{day},{900_001 + number},{people},{40_000 + 2_500 * number},0"
    )


# Two vouchers on a day, a guest's order of a token amount, and a line with every sign that SQL modes read in two ways.
AWKWARD = r"""2026-06-10 13:00:00,2026-06-10,"it's \' a ""quote"" \",601,31,71,50000,0"""
SUSPECT = [
    "2026-06-10 09:00:00,2026-06-10,910001,601,31,71,50000,15000",
    "2026-06-10 10:00:00,2026-06-10,910002,601,32,72,60000,18000",
    "2026-06-11 10:00:00,2026-06-11,910003,0,33,73,500,0",
]


@dataclass(frozen=True)
class Profile:
    """What a server is started with, what makes its data folder besides, and how its databases are called."""

    options: tuple[str, ...]
    made_with: tuple[str, ...] = ()
    databases: str = "campaign"


GUARDED = (
    "--require-secure-transport=ON", "--local-infile=OFF",
    "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog", "--server-id=1",
)  # fmt: skip
PROFILES = {
    "invisible keys, lower case, TLS only, GTID, no local_infile": Profile(
        ("--sql-generate-invisible-primary-key=ON", *GUARDED),
        made_with=("--lower-case-table-names=1",),
        databases="Campaign",
    ),
    "primary keys required, ANSI, no backslash escapes, lower case, TLS only, GTID, no local_infile": Profile(
        ("--sql-require-primary-key=ON", "--sql-mode=ANSI,NO_BACKSLASH_ESCAPES", *GUARDED),
        made_with=("--lower-case-table-names=1",),
        databases="Campaign",
    ),
}


@dataclass
class Server:
    """A running server: its settings, and the environment of a run on it."""

    settings: Settings
    environment: dict[str, str]
    state: Path

    def run(self, file: Path) -> subprocess.CompletedProcess[str]:
        """Run the pipeline on a file."""
        return subprocess.run(
            [sys.executable, "-m", "local_stack.airflow.run_pipeline"],
            cwd=PROJECT_ROOT,
            env=os.environ | self.environment | {"CAMPAIGN_STATE": str(self.state), "CAMPAIGN_SOURCE": str(file)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def rows(self, statement: str) -> list[tuple]:
        """Return the rows of a statement."""
        with connect(self.settings) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def answer(self, path: str) -> Any:
        """Return the JSON of the web service, signed in."""
        users = f"{USER}:{generate_password_hash(PASSWORD, QUICK_HASH)}"
        app = create_app(WebSettings(**self.environment, WEBAPI_USERS=users, WEBAPI_LOG_FILE=self.state / "api.log"))
        response = app.test_client().get(path, auth=(USER, PASSWORD))
        assert response.status_code == 200, response.text
        return response.json


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path, state: Path) -> Iterator[Server]:
    """Start a server of the profile, with users and no table."""
    profile = PROFILES[request.param]
    binary = resolve_server(StackSettings())
    binary = dataclasses.replace(binary, base_options=(*binary.base_options, *profile.made_with))
    root_password = secrets.token_urlsafe(16)
    started = PrivateServer(binary, tmp_path / "mysql", free_port(), buffer_pool="128M")
    usual = [option for option in OPTIONS if option != "--skip-log-bin"]
    started.options = (*usual, *NOTHING_IS_FLUSHED, *profile.options)
    started.initialise(root_password)
    started.start()
    environment = {
        f"CAMPAIGN_{name.upper()}_DATABASE": f"{profile.databases}_{name}"
        for name in ("raw", "build", "mart", "previous")
    } | {
        "CAMPAIGN_ENGINE": "mysql", "MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(started.port),
        "MYSQL_USER": "campaign_loader", "MYSQL_PASSWORD": secrets.token_urlsafe(16),
        "MYSQL_API_USER": "campaign_api", "MYSQL_API_PASSWORD": secrets.token_urlsafe(16),
    }  # fmt: skip
    settings = Settings(**environment)
    try:
        with started.connect_as_root(root_password) as administrator:
            grant_access(administrator, settings, environment["MYSQL_PASSWORD"], environment["MYSQL_API_PASSWORD"])
        yield Server(settings, environment, state)
    finally:
        started.stop()


def of_profile(number: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("server", [list(PROFILES)[number]], indirect=True)


def orders(folder: Path, lines: list[str]) -> Path:
    file = folder / "it's_orders.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n")
    return file


@pytest.mark.long  # the other profile has all of this but for the keys, which it demands
@of_profile(0)
def test_twelve_clean_orders_are_published_on_a_guarded_server(server: Server, tmp_path: Path) -> None:
    ended = server.run(orders(tmp_path, [clean(number) for number in range(12)]))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Published as generation 1" in ended.stdout
    assert "12 orders of 7 customers at 5 shops; GMV 645,000 VND; 0 vouchers, rebate 0 VND" in ended.stdout
    assert "0 suspects, 0 watched; money at risk 0 VND" in ended.stdout

    customer = server.answer("/api/v1/customers/501")
    assert (customer["suspected"], customer["reasons"], customer["total_orders"]) == (False, [], 2)
    shop = server.answer("/api/v1/shops/31")
    assert (shop["suspected"], shop["total_orders"], shop["vouchers_used"]) == (False, 3, 0)
    summary = server.answer("/api/v1/campaigns/2/summary")
    assert (summary["total_orders"], summary["suspects"], summary["money_at_risk"]) == (12, 0, 0)
    assert summary["share_with_voucher"] == 0
    assert {(grain["held"], grain["most_per_day"]) for grain in summary["enforcement"]} == {(True, 0)}
    assert server.answer("/api/v1/campaigns/2/suspects/customers")["suspects"] == []


@of_profile(1)
def test_suspects_and_awkward_lines_are_right_on_a_guarded_server_whatever_the_sql_mode(
    server: Server, tmp_path: Path
) -> None:
    ended = server.run(orders(tmp_path, [*(clean(number) for number in range(20)), *SUSPECT, AWKWARD]))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Published as generation 1" in ended.stdout
    assert server.rows("select raw_line from rejected_row") == [(AWKWARD,)]
    assert server.rows("select file_name from ingest_file") == [("it's_orders.csv",)]
    (suspect,) = server.answer("/api/v1/campaigns/2/suspects/customers?rule=use_more_than_1_voucher_per_day")[
        "suspects"
    ]
    assert (suspect["customer_id"], suspect["order_ids"]) == (601, [910_001, 910_002])
    shop = server.answer("/api/v1/shops/31")
    assert (shop["suspected"], shop["vouchers_used"]) == (False, 1)
    summary = server.answer("/api/v1/campaigns/2/summary")
    assert (summary["total_orders"], summary["guest_orders"], summary["total_customers"]) == (23, 1, 8)
