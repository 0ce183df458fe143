"""The whole composition at work: from a CSV in the inbox to an answer over HTTP, as whom, and with which rights."""

from __future__ import annotations

import json
import re
import uuid
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from local_stack.airflow.api import AirflowApi
from local_stack.http_client import Refused, call
from tests.containers.composition import SERVICES, Composition
from tests.containers.conftest import SAMPLE

pytestmark = pytest.mark.timeout(1800)  # the first test builds and starts everything

SAMPLE_CAMPAIGN = 2
# Reads every process's user from /proc with the shell alone, leaving itself out; prints user number and command.
LIST_PROCESSES = """
for folder in /proc/[0-9]*; do
  [ "$folder" = "/proc/$$" ] && continue
  while read -r key user rest; do [ "$key" = Uid: ] && echo "$user ${folder#/proc/}"; done < "$folder/status"
done 2>/dev/null
true
"""


def test_compose_refuses_the_example_s_values(built: Composition) -> None:
    example = re.sub(r"(?m)^#(?=[A-Z])", "", (built.project / ".env.example").read_text())
    mine = (built.project / ".env").read_text()
    try:
        (built.project / ".env").write_text(example)
        tried = built.compose("config", check=False)
    finally:
        (built.project / ".env").write_text(mine)
    assert tried.returncode != 0
    assert "is not set, run make env" in tried.stdout + tried.stderr


def test_make_env_does_not_overwrite(built: Composition) -> None:
    before = (built.project / ".env").read_text()
    tried = built.run("make", "env", check=False)
    assert tried.returncode != 0
    assert "exists and is not overwritten" in tried.stderr
    assert (built.project / ".env").read_text() == before


def test_dropped_file_is_loaded_and_served(served: Composition) -> None:
    status, summary = served.ask(f"/api/v1/campaigns/{SAMPLE_CAMPAIGN}/summary")
    assert status == 200
    counts = served.sql("select rows_read, rows_accepted, rows_rejected, rows_known from campaign_raw.ingest_file")[0]
    read, accepted, rejected, known = map(int, counts)
    assert read == accepted + rejected + known
    assert summary["total_orders"] == accepted > 0
    ((suspect,),) = served.sql(
        "select customer_id from campaign_mart.customer_risk order by score desc, customer_id limit 1"
    )
    status, customer = served.ask(f"/api/v1/customers/{suspect}", signed_in=False)
    assert (status, customer["suspected"]) == (200, True)
    assert customer["reasons"]


def test_pipeline_runs_daily_without_a_hand_on_it(up: Composition) -> None:
    dag = up.airflow.get("/dags/campaign_pipeline")
    assert not dag["is_paused"]
    assert dag["next_dagrun_run_after"]


def test_airflow_asks_for_a_password(up: Composition) -> None:
    url = f"http://127.0.0.1:{up.settings['AIRFLOW_PORT']}"
    for path, method, body in (
        ("/api/v2/dags", "GET", None),
        ("/auth/token", "POST", {"username": "admin", "password": "admin"}),
        ("/auth/token", "GET", None),  # gives a token to everyone where all are administrators
    ):
        with pytest.raises(Refused) as refused:
            call(url + path, method, body)
        assert refused.value.status in (401, 403), path
    assert up.airflow.has_dag()


def test_web_service_asks_for_a_password(up: Composition) -> None:
    assert up.ask("/api/v1/campaigns", signed_in=False)[0] == 401


def test_dbt_documentation_is_shown_by_airflow(up: Composition) -> None:
    assert up.execute("airflow-api-server", "ls", "/data/dbt_docs").stdout.split() == [
        "catalog.json",
        "index.html",
        "manifest.json",
    ]
    assert "Models and lineage (dbt)" in json.dumps(up.airflow.get("/plugins"))


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_runs_as_root(up: Composition, service: str) -> None:
    listed = [line.split() for line in up.execute(service, "sh", "-c", LIST_PROCESSES).stdout.splitlines()]
    assert len(listed) >= 1
    assert [line for line in listed if line[0] == "0"] == []


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "mysql"])
def test_root_file_system_cannot_be_written(up: Composition, service: str) -> None:
    assert up.inspect(service)["HostConfig"]["ReadonlyRootfs"]
    tried = up.execute(
        service, "sh", "-c", "echo > /tmp/new && ! echo > /usr/new 2>/dev/null && ! echo > /opt/new 2>/dev/null"
    )
    assert tried.returncode == 0


def test_only_the_two_front_ports_are_published_and_only_on_this_machine(up: Composition) -> None:
    published = {}
    for service in SERVICES:
        for inside, outside in (up.inspect(service)["NetworkSettings"]["Ports"] or {}).items():
            if outside:
                published[service, inside] = {(one["HostIp"], one["HostPort"]) for one in outside}
    assert published == {
        ("airflow-api-server", "8080/tcp"): {("127.0.0.1", up.settings["AIRFLOW_PORT"])},
        ("proxy", "8000/tcp"): {("127.0.0.1", up.settings["WEBAPI_PORT"])},
    }


def test_web_service_knows_no_password_but_its_own(up: Composition) -> None:
    environment = "\n".join(up.inspect("webapi")["Config"]["Env"])
    allowed = {"MYSQL_API_PASSWORD", "WEBAPI_USERS"}
    for name, value in up.settings.items():
        if ("PASSWORD" in name or "KEY" in name or "SECRET" in name) and name not in allowed:
            assert value not in environment, name


def test_every_container_is_limited_and_its_log_rotates(up: Composition) -> None:
    for service in SERVICES:
        host = up.inspect(service)["HostConfig"]
        assert host["Memory"] > 0, service
        assert (host["LogConfig"].get("Config") or {}).get("max-size") or host["LogConfig"].get("Size"), service
        assert host["RestartPolicy"]["Name"] == "unless-stopped", service


TRIED_AS_API_USER = """
import json, mysql.connector, os, sys
refused = {}
connection = mysql.connector.connect(host="mysql", user="campaign_api", password=os.environ["MYSQL_API_PASSWORD"], autocommit=True)
for statement in json.load(sys.stdin):
    cursor = connection.cursor(buffered=True)
    try:
        cursor.execute(statement)
        refused[statement] = 0
    except mysql.connector.Error as error:
        refused[statement] = error.errno
print(json.dumps(refused))
"""


def test_api_user_reads_the_marts_and_nothing_else_and_writes_nowhere(served: Composition) -> None:
    allowed = "select count(*) from campaign_mart.customer_risk"
    forbidden = [
        "insert into campaign_mart.publication select * from campaign_mart.publication",
        "update campaign_mart.customer_risk set score = 0",
        "delete from campaign_mart.customer_risk",
        "drop table campaign_mart.customer_risk",
        "create table campaign_mart.mine (a int)",
        "create database mine",
        "select * from campaign_raw.transaction_data limit 1",
        "select * from campaign_build.customer_risk limit 1",
        "select * from airflow.dag limit 1",
        "select * from mysql.user limit 1",
        "set global local_infile = 0",
    ]
    sends_a_file = "load data local infile '/etc/hostname' into table campaign_mart.publication"
    script = ["python", "-c", TRIED_AS_API_USER]
    errors = json.loads(served.execute("webapi", *script, input=json.dumps([allowed, sends_a_file, *forbidden])).stdout)
    assert errors.pop(allowed) == 0
    assert errors.pop(sends_a_file) != 0  # the client itself refuses
    # No right to the database, the table, a server variable.
    assert {statement: number for statement, number in errors.items() if number not in (1044, 1142, 1227)} == {}


def test_users_have_the_rights_of_their_role_and_no_more(up: Composition) -> None:
    rights = {
        user: sorted(row[0].split(" TO ")[0] for row in up.sql(f"show grants for '{user}'@'%'"))
        for user in ("campaign_loader", "campaign_api", "airflow")
    }
    databases = ("build", "mart", "previous", "raw")
    assert rights == {
        "campaign_loader": sorted(
            [rf"GRANT ALL PRIVILEGES ON `campaign\_{name}`.*" for name in databases] + ["GRANT USAGE ON *.*"]
        ),
        "campaign_api": sorted([r"GRANT SELECT ON `campaign\_mart`.*", "GRANT USAGE ON *.*"]),
        "airflow": sorted(["GRANT ALL PRIVILEGES ON `airflow`.*", "GRANT USAGE ON *.*"]),
    }


def test_access_log_has_a_line_for_every_request(up: Composition) -> None:
    request = uuid.uuid4().hex
    url = f"http://127.0.0.1:{up.settings['WEBAPI_PORT']}/livez?secret=1"
    build_opener(ProxyHandler({})).open(Request(url, headers={"X-Request-ID": request}), timeout=10).close()
    in_file = up.execute("webapi", "grep", request, "/data/logs/transaction_analytics_api.log").stdout
    said = up.compose("logs", "webapi")
    line = json.loads(in_file)
    assert (line["event"], line["path"], line["status"], line["method"]) == ("request", "/livez", 200, "GET")
    assert request in said.stdout + said.stderr


def test_tasks_logs_are_read_in_airflow(served: Composition) -> None:
    airflow: AirflowApi = served.airflow
    run = airflow.get("/dags/campaign_pipeline/dagRuns?state=success")["dag_runs"][0]["dag_run_id"]
    report = next(task for task in airflow.task_instances(run) if task["task_id"] == "report")
    assert any(SAMPLE.name in line for line in airflow.log_lines(run, report))
