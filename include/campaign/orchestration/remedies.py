"""What to do about each red task: part of the failure notice, and shown as the table Triage of each DAG's runbook."""

from __future__ import annotations

from dataclasses import dataclass

READ_THE_LOG = "read the task's log"
AFTER_A_KILL = "clear the task. (if it is killed again, look at memory, disk and the scheduler's log)"
AFTER_SLOWNESS = "clear the task. (if it happens again, raise AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT, 60 seconds now)"


@dataclass(frozen=True)
class Remedy:
    """One cause: the tasks or task groups that it turns red, what it means, what to do."""

    tasks: tuple[str, ...]
    means: str
    do: str


REMEDIES = {
    "campaign_pipeline": (
        Remedy(
            ("find_files",),
            "another run owns the pipeline, what was asked for does not exist or may not be read, or stored orders are gone",
            "trigger again with what its last log line says",
        ),
        Remedy(
            ("ingest",),
            "the file has too many bad lines, or none that can be read",
            "correct the file by the sentences in the log; other files were loaded",
        ),
        Remedy(
            ("ingest",),
            "a disk is full, or the server went away; the log says which",
            "make room or start the server, then clear the task",
        ),
        Remedy(("something_new", "report"), "the database did not answer", "clear the task"),
        Remedy(
            ("build_marts", "detect_fraud"),
            "a model failed, or one of its tests: an assumption about the data is broken",
            "look at the rows by the statement in the message, correct their cause, then clear the task",
        ),
        Remedy(("audit",), "marts and raw rows disagree", "do not publish by hand; clear from `build_marts`"),
        Remedy(
            ("approve",),
            "another run is at work or has built its own tables, or the run was started with the gate set to fail",
            "read its last log line",
        ),
        Remedy(
            ("publish",),
            "a table is missing, or a session has read a served table and not committed: its last log line names it",
            "end that session by the statement in the log, then clear the task",
        ),
        Remedy(
            ("every_file_loaded",),
            "a file of this run was rejected; what could be published was",
            "see `ingest`",
        ),
    ),
    "campaign_rollback": (
        Remedy(
            ("show_change",),
            "the generation is not kept; its last log line names those that are",
            "trigger again with one of these",
        ),
        Remedy(
            ("roll_back",),
            "something else was published meanwhile, or a session has read a served table and not committed",
            "read its last log line, end that session or look at the change again, then trigger again",
        ),
    ),
}


def what_to_do(dag_id: str, task_id: str) -> str:
    """Return a sentence per cause that turns the task red."""
    stage = task_id.split(".")[0]
    found = [f"{each.do}. ({each.means})" for each in REMEDIES.get(dag_id, ()) if {task_id, stage} & set(each.tasks)]
    return " Or: ".join(found) or f"{READ_THE_LOG}."


def with_triage(runbook: str | None, dag_id: str) -> str:
    """Return a DAG's docstring with the table Triage behind it."""
    rows = [
        f"| {', '.join(f'`{task}`' for task in each.tasks)} | {each.means} | {each.do} |" for each in REMEDIES[dag_id]
    ]
    return "\n".join(
        [(runbook or "").rstrip(), "", "## Triage", "", "| red task | means | do |", "|---|---|---|", *rows, ""]
    )
