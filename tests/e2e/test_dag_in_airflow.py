"""The DAG as the person on call meets it: a real scheduler, LocalExecutor, triggerer and API, on a real MySQL server.

One Airflow for all tests here; they build on each other's rows and run in this order.
"""

from __future__ import annotations

import shutil
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from campaign.db.connection import connect
from campaign.settings import PROJECT_ROOT
from local_stack.airflow.api import DAG_ID
from local_stack.airflow.own_airflow import own_airflow
from local_stack.http_client import Refused
from local_stack.sample import SAMPLE
from local_stack.settings import StackSettings
from local_stack.supervisor.supervision import Supervision
from tests.e2e.airflow_under_test import (
    ASKS_PEOPLE,
    CONSUMER,
    clear,
    documented_consumer,
    ended,
    failed,
    listening,
    on_the_command_line,
    printed_backfill,
    returned,
    runs,
    tasks,
    until,
)

LOOK_SECONDS = 1.0
LINES = SAMPLE.read_text(encoding="utf-8-sig").splitlines(keepends=True)
DAYS = {day: [line for line in LINES[1:] if day in line] for day in ("2026-06-10", "2026-06-11", "2026-06-12")}
CHECK = "audit.check_campaign_summary"


def csv(*parts: list[str]) -> str:
    return LINES[0] + "".join(line for part in parts for line in part)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("airflow under test")


@pytest.fixture(scope="module")
def inbox(folder) -> Path:
    return folder / "inbox"


@pytest.fixture(scope="module")
def exports(folder) -> Path:
    """Return a folder that may be read but is not watched."""
    (folder / "exports").mkdir()
    return folder / "exports"


@pytest.fixture(scope="module")
def webhook():
    with listening() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def stack(folder, inbox, exports) -> StackSettings:
    return StackSettings(
        CAMPAIGN_STATE=folder / "state", CAMPAIGN_INBOX=inbox, CAMPAIGN_ALLOWED_ROOTS=str(exports),
        CAMPAIGN_INBOX_LOOK_SECONDS=LOOK_SECONDS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def airflow(mysql_settings, empty_databases, folder, stack, webhook):
    empty_databases()
    dags = folder / "dags"
    dags.mkdir()
    shutil.copy(PROJECT_ROOT / "dags" / "campaign_pipeline.py", dags)
    (dags / "uses_the_marts.py").write_text(CONSUMER)
    (dags / "asks_people.py").write_text(ASKS_PEOPLE)
    (dags / "report_campaign_2.py").write_text(documented_consumer(campaign_id=2))
    with own_airflow(stack, {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)}) as airflow:
        airflow.send(
            "POST", "/connections",
            {"connection_id": "campaign_failure_webhook", "conn_type": "http", "host": "127.0.0.1", "port": webhook.port},
        )  # fmt: skip
        airflow.unpause()
        # The watcher belongs to a DAG that is switched on, which a parse finds out.
        airflow.send("PUT", f"/parseDagFile/{airflow.get(f'/dags/{DAG_ID}')['file_token']}", None)
        for consumer in ("uses_the_marts", "report_campaign_2"):
            until(lambda name=consumer: name in str(airflow.get("/dags")), "the consumer is not parsed")
            airflow.send("PATCH", f"/dags/{consumer}?update_mask=is_paused", {"is_paused": False})
        yield airflow


def test_airflow_listens_on_this_machine_only(airflow, stack):
    services = Supervision(stack.state_folder)
    everyone = [
        one for name in services.alive() for one in (services.process(name), *services.process(name).children(True))
    ]
    listening = [
        each.laddr for one in everyone for each in one.net_connections("inet") if each.status == psutil.CONN_LISTEN
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}, listening
    assert int(airflow.url.rpartition(":")[2]) in {address.port for address in listening}


def served(query) -> list[tuple]:
    return query("select * from campaign_mart.campaign_daily order by campaign_id, txn_date")


def generation(query) -> int:
    return query("select generation from campaign_mart.current_generation")[0][0]


def lease_is_given_back(query) -> bool:
    """Wait for it: where no report does it, the DAG processor does, a moment after the run has ended."""
    return until(
        lambda: query("select * from campaign_raw.pipeline_lease") == [], "the pipeline was not given back", 60
    )


def told(webhook) -> str:
    """Return the one message. It is sent a moment after the task's state."""
    until(lambda: webhook.texts, "the webhook was told nothing", 60)
    (text,) = webhook.texts
    return text


def test_two_files_of_one_day_that_land_are_loaded_by_one_run(airflow, inbox, query):
    time.sleep(5 * LOOK_SECONDS)
    assert runs(airflow) == [], "switching the DAG on starts nothing"
    day = DAYS["2026-06-10"]
    for name, part in {"morning.csv": day[:300], "evening.csv": day[200:]}.items():
        (inbox / f"{name}.part").write_text(csv(part))
    for path in inbox.glob("*.part"):
        path.rename(path.with_suffix(""))

    run = until(lambda: runs(airflow), "no run was started by the files")[0]

    assert run["run_type"] == "asset_triggered"
    assert ended(airflow, run["dag_run_id"]) == "success"
    loads = [task for task in airflow.task_instances(run["dag_run_id"]) if task["task_id"] == "ingest"]
    first, second = sorted((task["start_date"], task["end_date"]) for task in loads)
    assert first[1] <= second[0], "files of a run are loaded one after the other"
    assert query("select count(*) from campaign_raw.transaction_data") == [(len(day),)]
    assert query("select sum(rows_accepted), sum(rows_known), sum(rows_rejected) from campaign_raw.ingest_file") == [
        (len(day), 100, 0)
    ], "an order that is in both files counts once"
    assert sorted(path.name for path in inbox.iterdir()) == ["evening.csv", "morning.csv"], (
        "the inbox is left as it was"
    )
    time.sleep(10 * LOOK_SECONDS)
    assert len(runs(airflow)) == 1, "what was told is not told again"


def test_a_dag_scheduled_on_the_marts_gets_generation_and_counts(airflow, query):
    run = until(lambda: runs(airflow, "uses_the_marts"), "the consumer did not run")[0]
    (extra,) = until(lambda: returned(airflow, "uses_the_marts", run["dag_run_id"], "read"), "it told nothing")
    assert extra["generation"] == generation(query) == 1
    assert extra["row_counts"]["campaign_daily"] == len(served(query)) == 1


def test_a_dag_scheduled_on_one_campaign_as_documented_gets_its_totals(airflow, query):
    run = until(lambda: runs(airflow, "report_campaign_2"), "the consumer did not run")[0]
    extra = until(lambda: returned(airflow, "report_campaign_2", run["dag_run_id"], "read"), "it told nothing")
    ((name, orders, suspects),) = query(
        "select name, total_orders, suspects from campaign_mart.campaign_summary join campaign_mart.campaign using (campaign_id)"
        " where campaign_id = 2"
    )
    assert extra == {
        "campaign_id": 2, "name": name, "generation": 1, "total_orders": orders, "suspects": suspects,
    }  # fmt: skip


def test_an_unknown_parameter_ends_the_run_at_once_and_is_told(airflow, webhook, query):
    run_id = airflow.trigger({"sauce": "x.csv"})
    assert ended(airflow, run_id) == "failed"
    assert failed(airflow, run_id) == {"find_files": 1}
    text = told(webhook)
    assert text.startswith(
        f"campaign_pipeline: find_files failed (try 1 of 4, run {run_id})\nThere is no parameter 'sauce'"
    )
    assert "Did you mean source?" in text and "What to do: " in text and text.endswith("find_files?try_number=1")
    assert lease_is_given_back(query)


def test_a_refused_file_is_not_tried_again_and_does_not_hold_the_others_up(airflow, webhook, exports, query):
    webhook.texts.clear()
    (exports / "broken.csv").write_text("what,is,this\n1,2,3\n")
    (exports / "good.csv").write_text(csv(DAYS["2026-06-11"][:50], DAYS["2026-06-12"]))
    run_id = airflow.trigger({"source": str(exports)})
    assert ended(airflow, run_id) == "failed"
    assert failed(airflow, run_id) == {"ingest": 1}
    assert tasks(airflow, run_id)["publish"]["state"] == "success"
    text = told(webhook)
    assert "ingest [broken.csv] failed (try 1" in text
    assert len(served(query)) == 3
    for path in exports.iterdir():
        path.unlink()


def test_a_webhook_that_does_not_answer_hides_no_failure(airflow, webhook):
    airflow.send("PATCH", "/connections/campaign_failure_webhook?update_mask=port",
                 {"connection_id": "campaign_failure_webhook", "conn_type": "http", "port": 9})  # fmt: skip
    run_id = airflow.trigger({"source": "/etc/passwd"})
    assert ended(airflow, run_id) == "failed"
    read = lambda: "\n".join(airflow.log_lines(run_id, tasks(airflow, run_id)["find_files"]))  # noqa: E731
    until(lambda: "could not be told to the webhook campaign_failure_webhook" in read(), "the log does not say so", 60)
    assert "lies outside the folders that may be read" in read()
    airflow.send("PATCH", "/connections/campaign_failure_webhook?update_mask=port",
                 {"connection_id": "campaign_failure_webhook", "conn_type": "http", "port": webhook.port})  # fmt: skip


def test_a_lost_connection_is_retried_a_failed_dbt_test_is_not_and_clearing_ends_the_run_right(
    airflow, webhook, query, mysql_settings
):
    webhook.texts.clear()
    before = generation(query)
    query("update campaign_raw.transaction_data set txn_date = '2026-06-13' where txn_date = '2026-06-10' limit 1")
    run_id = airflow.trigger({"full_refresh": True})
    until(lambda: tasks(airflow, run_id)["something_new"]["state"] == "success", "it does not start")
    with closing(connect(mysql_settings)) as connection, connection.cursor() as cursor:
        cursor.execute("lock tables campaign_raw.transaction_data write")
        waiting = "select id from information_schema.processlist where state = 'Waiting for table metadata lock'"
        for (number,) in until(lambda: query(waiting), "no model waits for the orders"):
            query(f"kill {number}")
    prepare = lambda: tasks(airflow, run_id)["build_marts.prepare"]  # noqa: E731
    until(lambda: prepare()["state"] == "up_for_retry", "it does not notice that its connection is cut", 60)
    # An earlier run may have failed: then this one may say that runs are green again.
    assert not [text for text in webhook.texts if "recovered" not in text], (
        "what another try may repair is not reported"
    )

    assert ended(airflow, run_id) == "failed"
    assert failed(airflow, run_id) == {"build_marts.prepare": 2}, (
        "the second try met the test's rows: there is no third"
    )
    text = told(webhook)
    assert "The test assert_dates_are_those_of_the_times found 1 rows that break an assumption" in text
    assert generation(query) == before and lease_is_given_back(query)

    query("update campaign_raw.transaction_data set txn_date = date(txn_time)")
    assert clear(airflow, run_id, "build_marts.prepare", downstream=True) == "success"
    assert generation(query) == before + 1


def one_of_each_kind(ran: dict[str, dict]) -> list[str]:
    """Return a task of each operator in each stage: tasks of one kind differ by the model or statement they name only."""
    return list({(task["operator_name"], task_id.split(".")[0]): task_id for task_id, task in ran.items()}.values())


@pytest.fixture
def built_in_full(airflow, exports) -> tuple[str, dict[str, dict]]:
    """Return the id of a run that built everything, and its tasks that succeeded. If no test has left one, start it."""
    found = [
        run["dag_run_id"]
        for run in runs(airflow)
        if run["state"] == "success" and (run["conf"] or {}).get("full_refresh")
    ]
    if not found:
        (exports / "orders.csv").write_text(csv(*DAYS.values()))
        found = [airflow.trigger({"source": str(exports), "full_refresh": True})]
        assert ended(airflow, found[-1]) == "success"
    ran = tasks(airflow, found[-1])
    return found[-1], {task_id: task for task_id, task in ran.items() if task["state"] == "success"}


@pytest.mark.timeout(1500)
def test_a_cleared_task_ends_right_whichever_it_is(airflow, built_in_full, query):
    (run_id, ran), rows = built_in_full, served(query)
    assert {"find_files", "something_new", "publish", "report", CHECK} <= set(ran)
    for task_id in one_of_each_kind(ran):
        assert clear(airflow, run_id, task_id, downstream=False) == "success", f"{task_id} alone"
        assert served(query) == rows, f"{task_id} alone changed what is served"
        assert lease_is_given_back(query)


@pytest.mark.long  # of a published run, test_engine_duckdb.py clears a mart with all after it
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("stage", ["publish", "detect_fraud", "find_files"])
def test_a_stage_cleared_with_all_after_it_ends_right(airflow, built_in_full, query, stage):
    (run_id, ran), rows = built_in_full, served(query)
    in_order = sorted((task for task in ran.values() if task["start_date"]), key=lambda task: task["start_date"])
    task_id = next(task["task_id"] for task in in_order if task["task_id"].split(".")[0] == stage)
    assert clear(airflow, run_id, task_id, downstream=True) == "success", f"from {task_id}"
    assert served(query) == rows and lease_is_given_back(query), f"from {task_id}"


def test_a_run_waits_for_the_one_before_it(airflow, exports, query):
    (exports / "known.csv").write_text(csv(DAYS["2026-06-11"][10:50]))  # which builds nothing
    first, second = airflow.trigger({"source": str(exports)}), airflow.trigger({"source": str(exports)})
    until(lambda: airflow.run_state(first) == "running", "the first does not start")
    assert airflow.run_state(second) == "queued"
    assert [ended(airflow, first), ended(airflow, second)] == ["success", "success"]
    assert max(task["end_date"] for task in tasks(airflow, first).values() if task["end_date"]) <= min(
        task["start_date"] for task in tasks(airflow, second).values() if task["start_date"]
    )
    assert tasks(airflow, second)["publish"]["state"] == "skipped", "nothing was new"


def test_the_printed_backfill_loads_each_of_its_days_from_its_file(airflow, exports, stack, query):
    for day in ("2026-06-11", "2026-06-12"):
        (exports / f"{day}.csv").write_text(csv(DAYS[day]))
    on_the_command_line(stack, printed_backfill(exports))
    new = [run for run in runs(airflow) if run["run_type"] == "backfill"]
    assert [run["dag_run_id"][:22] for run in new] == ["backfill__2026-06-10T2", "backfill__2026-06-11T2"], (
        "05:00 in UTC"
    )
    for run in new:
        assert ended(airflow, run["dag_run_id"]) == "success"
    days = query("select txn_date, count(*) from campaign_raw.transaction_data group by txn_date order by txn_date")
    assert [(str(day), rows) for day, rows in days] == [(day, len(lines)) for day, lines in DAYS.items()]
    loads = query(
        "select file_name, rows_accepted, rows_known from campaign_raw.ingest_file"
        " where file_name like '2026-06-1_.csv' order by file_name"
    )
    eleventh, twelfth = len(DAYS["2026-06-11"]), len(DAYS["2026-06-12"])
    assert loads == [("2026-06-11.csv", eleventh - 50, 50), ("2026-06-12.csv", 0, twelfth)], (
        "others have loaded the rest"
    )
    assert len(served(query)) == 3 and lease_is_given_back(query)


def test_the_forms_backfill_covers_days_of_the_campaigns_zone_and_repeats_what_it_says(airflow, exports, query):
    (exports / "2026-06-10.csv").write_text(csv(DAYS["2026-06-10"]))
    for backfill in airflow.get(f"/backfills?dag_id={DAG_ID}")["backfills"]:
        if backfill["completed_at"] is None:  # its runs have ended; Airflow notes that some time later
            airflow.send("PUT", f"/backfills/{backfill['id']}/cancel", None)

    def of_form(first: str, last: str, behavior: str) -> dict:
        """Return what the form sends: the moments that were picked in the UI's zone, in UTC."""
        return {
            "dag_id": DAG_ID, "from_date": first, "to_date": last, "run_backwards": False, "max_active_runs": 1,
            "reprocess_behavior": behavior, "run_on_latest_version": True,
            "dag_run_conf": {"source": f"{exports}/{{day}}.csv"},
        }  # fmt: skip

    def offered(body: dict) -> list[str]:
        return [one["logical_date"] for one in airflow.send("POST", "/backfills/dry_run", body)["backfills"]]

    tenth, eleventh = "2026-06-09T22:00:00Z", "2026-06-10T22:00:00Z"  # 05:00 in Vietnam
    midnights = ("2026-06-09T17:00:00.000Z", "2026-06-10T17:00:00.000Z")
    assert offered(of_form(*midnights, "none")) == [tenth], "the eleventh has a run"
    assert offered(of_form(*midnights, "failed")) == [tenth], "the eleventh's is green"
    assert offered(of_form(*midnights, "completed")) == [tenth, eleventh]
    with_utc_shown = ("2026-06-10T00:00:00.000Z", "2026-06-11T00:00:00.000Z")
    assert offered(of_form(*with_utc_shown, "completed")) == [tenth, eleventh]

    known = {run["dag_run_id"] for run in runs(airflow)}

    def taken() -> bool:
        """Send it, as a person does once more: Airflow on SQLite refuses at a moment when something else writes."""
        try:
            return bool(airflow.send("POST", "/backfills", of_form(*midnights, "none")))
        except Refused as refused:
            assert "Database is locked" in str(refused), refused
            return False

    until(taken, "Airflow's database was locked at every try", 120)
    (run,) = until(lambda: [run for run in runs(airflow) if run["dag_run_id"] not in known], "it starts no run")
    assert (run["run_type"], run["logical_date"]) == ("backfill", tenth)
    assert ended(airflow, run["dag_run_id"]) == "success"
    loaded = query("select file_name, rows_known from campaign_raw.ingest_file order by load_no desc limit 1")
    assert loaded == [("2026-06-10.csv", len(DAYS["2026-06-10"]))]


class Gate:
    """A run of the DAG that is nothing but the gate, its tasks' states, and its request in Airflow."""

    def __init__(self, airflow) -> None:
        self.airflow = airflow
        until(lambda: "asks_people" in str(airflow.get("/dags")), "the gate's DAG is not parsed")
        airflow.send("PATCH", "/dags/asks_people?update_mask=is_paused", {"is_paused": False})
        started = airflow.send("POST", "/dags/asks_people/dagRuns", {"logical_date": None, "conf": {}})
        self.run_id = started["dag_run_id"]
        self.path = f"/dags/asks_people/dagRuns/{quote(self.run_id)}"
        self.request_path = f"{self.path}/taskInstances/approve/-1/hitlDetails"

    def request(self) -> dict:
        with suppress(Refused):
            return self.airflow.get(self.request_path)
        return {}

    def ended(self) -> dict[str, str]:
        """Wait for the run to end and return task -> state."""
        state = until(lambda: (now := self.airflow.get(self.path)["state"]) in ("success", "failed") and now, "no end")
        found = {
            task["task_id"]: task["state"] for task in self.airflow.get(f"{self.path}/taskInstances")["task_instances"]
        }
        return found | {"run": state}

    def cleared(self) -> None:
        """Clear the gate and what follows, and wait until it asks again."""
        self.airflow.send(
            "POST", "/dags/asks_people/clearTaskInstances",
            {"dag_run_id": self.run_id, "task_ids": ["approve"], "dry_run": False, "only_failed": False, "include_downstream": True},
        )  # fmt: skip
        until(lambda: (asked := self.request()) and not asked["response_received"], "it does not ask again")
        # Nobody answers within the second in which Airflow has not yet seen that the task waits; it would call the task failed.
        time.sleep(3)


def test_gate_times_out_asks_again_when_cleared_and_ends_when_a_newer_run_builds(airflow, query):
    query("delete from campaign_raw.candidate")
    gate = Gate(airflow)
    assert gate.ended() == {"run": "success", "approve": "success", "publish": "skipped"}
    assert (gate.request()["chosen_options"], gate.request()["responded_by_user"]) == (["Reject"], None)

    gate.cleared()  # the default that was chosen by the time-out must not count again
    airflow.send("PATCH", gate.request_path, {"chosen_options": ["Approve"], "params_input": {}})
    assert gate.ended() == {"run": "success", "approve": "success", "publish": "success"}
    assert gate.request()["responded_by_user"]["name"] == "admin"
    assert query("select run_id from campaign_raw.pipeline_lease") == [(gate.run_id,)], (
        "it goes on as the pipeline's owner"
    )

    gate.cleared()
    assert lease_is_given_back(query)
    query("insert into campaign_raw.candidate (run_id, begun_at) values ('newer', utc_timestamp(3))")
    assert gate.ended() == {"run": "success", "approve": "success", "publish": "skipped"}
    task = next(
        task for task in airflow.get(f"{gate.path}/taskInstances")["task_instances"] if task["task_id"] == "approve"
    )
    assert "Superseded: run newer has built other tables" in "\n".join(
        airflow.log_lines(gate.run_id, task, "asks_people")
    )
    query("delete from campaign_raw.candidate")
