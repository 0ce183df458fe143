"""What a run did, on one screen: lines per file, rows per mart, suspects per rule, the generation.

``collect`` asks the database, ``render`` makes the text. Only the campaigns that the run touched are reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from mysql.connector.abstracts import MySQLConnectionAbstract

from campaign.contract.outcome import STILL_REFUSED
from campaign.db.connection import tables_in
from campaign.ingest.waiting_files import list_waiting
from campaign.publishing.publication_log import complete_log, read_stamp
from campaign.publishing.rule_drift import rule_jumps
from campaign.settings import Settings
from campaign.transform.check_log import list_failing

REFUSED = ("failed", STILL_REFUSED)
NAMES_SHOWN = 5
CHECKS_SHOWN = 8
# Somebody may have dropped one: the report must not fail, it gives the pipeline back.
IN_REPORT = {"campaign", "campaign_class", "campaign_summary", "fraud_signal"}


def collect(
    connection: MySQLConnectionAbstract, settings: Settings, run_id: str, outcomes: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Gather the facts of a run as a JSON-able dict.

    ``outcomes`` are ``FileOutcome.as_dict()`` of the files this run looked at. ``generation`` is None where nothing was
    ever published; ``published`` tells whether this very run published it, ``engine`` who computed it, ``engine_now`` who would
    compute another.
    """
    complete_log(connection, settings)
    files = [dict(outcome) for outcome in outcomes]
    campaign_ids = sorted({campaign_id for file in files for campaign_id in file.get("campaign_ids", [])})
    mart = settings.mart_database
    report: dict[str, Any] = {
        "run_id": run_id,
        "files": files,
        "waiting": [file.file_name for file in list_waiting(connection, settings) if file.lies_there],
        "campaigns": [],
        "generation": None,
        "engine": None,
        "engine_now": settings.engine,
        "published": False,
        "row_counts": {},
        "rule_jumps": [],
        "failing_checks": [each.in_words(settings.zone) for each in list_failing(connection, settings, run_id)],
    }
    stamp = read_stamp(connection, settings, mart)
    if stamp is None or stamp["generation"] is None:
        return report
    for name in ("generation", "engine", "row_counts"):
        report[name] = stamp[name]
    report["published"] = stamp["run_id"] == run_id
    with connection.cursor(dictionary=True) as cursor:
        if report["published"]:
            report["rule_jumps"] = rule_jumps(connection, settings)
        for campaign_id in campaign_ids if tables_in(connection, mart) >= IN_REPORT else ():
            cursor.execute(
                "select s.campaign_id, c.name, c.currency, s.total_orders, s.total_customers, s.total_shops,"
                " s.total_gmv, s.vouchers_used, s.total_rebate, s.suspects, s.watched, s.money_at_risk, s.money_watched,"
                f" s.total_orders - coalesce((select sum(k.total_orders) from {mart}.campaign_class as k"
                "  where k.campaign_id = s.campaign_id and k.ranked = 'customers'), 0) as guest_orders"
                f" from {mart}.campaign_summary as s join {mart}.campaign as c on c.campaign_id = s.campaign_id"
                " where s.campaign_id = %s",
                (campaign_id,),
            )
            summary = cursor.fetchone()
            cursor.execute(
                "select rule_id, count(distinct subject_id) as subjects, count(*) as hits"
                f" from {mart}.fraud_signal where campaign_id = %s group by rule_id order by rule_id",
                (campaign_id,),
            )
            rules = cursor.fetchall()
            if summary:
                numbers = {name: _plain(value) for name, value in summary.items()}
                report["campaigns"].append(numbers | {"rules": rules})
    return report


def refused(outcomes: Iterable[Mapping[str, Any]]) -> int:
    """Return how many files a run found refused, now or before."""
    return sum(outcome["status"] in REFUSED for outcome in outcomes)


def render(report: Mapping[str, Any], stage_seconds: Mapping[str, float] | None = None) -> str:
    """Return the report as text of at most some sixty lines of a terminal's width."""
    lines = [f"Run {report['run_id']}", "", f"  {'file':<44}{'read':>10}{'accepted':>10}{'rejected':>10}{'known':>10}"]
    for file in sorted(report["files"], key=lambda each: (each["status"] in REFUSED, each["file_name"])):
        counts = "".join(f"{file.get(f'rows_{kind}') or 0:>10,}" for kind in ("read", "accepted", "rejected", "known"))
        lines.append(f"  {file['file_name'][-43:]:<44}{counts}  {file['status'].replace('_', ' ')}")
        if file.get("message"):
            lines += [f"      {line}" for line in str(file["message"]).splitlines()[:12]]
        for reason, rows in sorted((file.get("reasons") or {}).items(), key=lambda item: -item[1])[:8]:
            lines.append(f"      rejected, {reason}: {rows:,}")
    if not report["files"]:
        lines.append("  no file to load")
    failed = refused(report["files"])
    if failed and len(report["files"]) > 1:
        lines.append(f"  {failed:,} of {len(report['files']):,} files failed and loaded nothing; each says above why.")
    if report.get("waiting"):
        shown, more = report["waiting"][:NAMES_SHOWN], len(report["waiting"]) - NAMES_SHOWN
        names = ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
        lines.append(f"  refused, to be corrected or taken away: {names} (`make requeue` says why)")
    for campaign in report["campaigns"]:
        currency = campaign["currency"]
        lines += ["", f"  Campaign {campaign['campaign_id']}, {campaign['name']}"]
        lines.append(
            f"    {_counted(campaign, 'total_orders')} of {_counted(campaign, 'total_customers')} at "
            f"{_counted(campaign, 'total_shops')}; GMV {campaign['total_gmv']:,} {currency}; "
            f"{_counted(campaign, 'vouchers_used')}, rebate {campaign['total_rebate']:,} {currency}"
        )
        if campaign["guest_orders"]:
            lines.append(f"    {_counted(campaign, 'guest_orders')} of these by guests (uid 0), who are no customers")
        lines.append(
            f"    {_counted(campaign, 'suspects')}, {campaign['watched']:,} watched; "
            f"money at risk {campaign['money_at_risk']:,} {currency}, watched {campaign['money_watched']:,} {currency}"
        )
        for rule in campaign["rules"]:
            lines.append(f"      {rule['rule_id']:<40}{rule['subjects']:>8,} subjects{rule['hits']:>8,} hits")
    if report.get("rule_jumps"):
        lines += ["", "  Rules that jumped since the generation before; find out why before anybody acts on them:"]
        lines += [f"    {sentence}" for sentence in report["rule_jumps"]]
    if failing := report.get("failing_checks"):
        lines += ["", "  Checks that did not pass:", *(f"    {sentence}" for sentence in failing[:CHECKS_SHOWN])]
        if len(failing) > CHECKS_SHOWN:
            lines.append(f"    and {len(failing) - CHECKS_SHOWN:,} more: GET /api/v1/checks")
    if report["published"]:
        lines += ["", "  marts and their rows"]
        counted = sorted(report["row_counts"].items())
        for pair in zip_longest(counted[::2], counted[1::2]):
            lines.append("".join(f"    {table:<30}{rows:>10,}" for table, rows in filter(None, pair)))
    if stage_seconds:
        lines += ["", "  seconds: " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in stage_seconds.items())]
    lines += ["", f"  {_outcome(report)}"]
    return "\n".join(lines)


def _outcome(report: Mapping[str, Any]) -> str:
    if report["generation"] is None:
        return "Nothing has been published yet."
    generation = f"generation {report['generation']}, built by {report['engine']}"
    if report["published"]:
        return f"Published as {generation}."
    outcome = f"Nothing was published by this run; {generation}, is still served."
    if report["engine_now"] != report["engine"]:
        outcome += f" With full refresh, {report['engine_now']} builds it anew."
    return outcome


def _counted(numbers: Mapping[str, Any], column: str) -> str:
    """Return the number with its noun, which is a word of the column's name in the plural."""
    noun = column.removeprefix("total_").removeprefix("guest_").removesuffix("_used")
    return f"{numbers[column]:,} {noun.removesuffix('s') if numbers[column] == 1 else noun}"


def _plain(value: Any) -> Any:
    """Turn an exact decimal into an int where it is whole, else into a float for display."""
    if value is None or isinstance(value, (int, str)):
        return value
    return int(value) if value == int(value) else float(value)
