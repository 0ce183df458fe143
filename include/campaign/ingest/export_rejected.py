"""Gives the rejected rows of a file as a CSV to mend and load again: ``make requeue FILE=name-or-sha256 > mended.csv``.

Each row stands after three columns that say where it stood and what is wrong with it. They are ignored when the file is
loaded, so they may stay. Without FILE it lists what waits.
"""

from __future__ import annotations

import csv
import sys
from typing import TextIO

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.db.connection import connect
from campaign.errors import UserError
from campaign.ingest.staging.area import CUT_MARK, KEPT_OF_A_REASON
from campaign.ingest.waiting_files import list_waiting
from campaign.settings import Settings, get_settings

HOW = "The rows of one: make requeue FILE=<file name or SHA-256> > corrected.csv"
LOADS_SHOWN = 20


class NoSuchFileError(UserError):
    """No file of this name or content was read; the message lists some that were."""


def write_rejected_rows(
    connection: MySQLConnectionAbstract, settings: Settings, file: str, target: TextIO
) -> list[str]:
    """Write the rejected rows of a file, named by file name (the newest content) or SHA-256, and return remarks on them.

    Raises NoSuchFileError.
    """
    raw = settings.raw_database
    with connection.cursor() as cursor:
        cursor.execute(
            f"select sha256, file_name, status, header from {raw}.ingest_file where sha256 = %s or file_name = %s"
            " order by load_no desc",
            (file, file),
        )
        found = cursor.fetchall()
        if not found:
            cursor.execute(f"select file_name from {raw}.ingest_file order by load_no desc limit 5")
            names = ", ".join(name for (name,) in cursor.fetchall()) or "none"
            raise NoSuchFileError(f"no file named {file} was read, and none of that SHA-256; the newest are: {names}")
        sha256, name, status, header = found[0]
        if not header:
            return [f"{name} could not be read at all: see its message in {raw}.ingest_file, and mend the file itself."]
        remarks = []
        if len(found) > 1:
            remarks.append(f"{len(found)} files named {name} were read; these are the rows of the newest, {sha256}.")
        if status == "failed":
            remarks.append(
                f"{name} failed as a whole: only the first {KEPT_OF_A_REASON} rows of each reason were kept, and its good rows "
                "were not loaded. Better mend the file itself."
            )
        cursor.execute(
            f"select line_number, reason, sentence, raw_length, raw_line from {raw}.rejected_row where sha256 = %s"
            " and reason <> 'empty_line' order by line_number",
            (sha256,),
        )
        target.write(f"rejected_line,rejected_reason,rejected_sentence,{header}\n")
        explain = csv.writer(target, lineterminator=",")
        rows = cut = 0
        for line, reason, sentence, raw_length, raw_line in cursor:
            explain.writerow((line, reason, sentence))
            target.write(f"{raw_line}\n")
            rows += 1
            cut += raw_line.endswith(CUT_MARK) and len(raw_line.encode()) != raw_length
        remarks.append(f"{rows:,} rejected rows of {name}.")
        if cut:
            remarks.append(f"{cut:,} of them were too long to keep whole: take those from the file itself.")
        return remarks


def _overview(connection: MySQLConnectionAbstract, settings: Settings) -> str:
    """Return what waits: the files that were refused as a whole, and the newest loads that left rejected rows."""
    lines = []
    for file in list_waiting(connection, settings):
        gone = "" if file.lies_there else " (not in the inbox now)"
        lines += [f"{file.file_name}{gone}, refused by run {file.refused_by}", f"    {file.why}"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"select file_name, rows_rejected from {settings.raw_database}.ingest_file"
            f" where status = 'loaded' and rows_rejected > 0 order by load_no desc limit {LOADS_SHOWN}"
        )
        lines += [f"{name}, loaded without {rows:,} rejected rows" for name, rows in cursor.fetchall()]
    return "\n".join([*lines, HOW] if lines else ["No file waits: none was refused, and none left rejected rows."])


def main(arguments: list[str]) -> int:
    """Write the CSV to standard output, remarks to standard error. Without a file, list there what waits."""
    if len(arguments) > 1:
        print(HOW, file=sys.stderr)
        return 2
    settings = get_settings()
    if not arguments:
        with connect(settings) as connection:
            print(_overview(connection, settings), file=sys.stderr)
        return 0
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    with connect(settings) as connection:
        try:
            remarks = write_rejected_rows(connection, settings, arguments[0], sys.stdout)
        except NoSuchFileError as error:
            print(error, file=sys.stderr)
            return 1
    print("\n".join(remarks), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
