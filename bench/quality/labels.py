"""Subjects of built campaigns with their labels and what was published of them: the queries that all measurements share."""

from __future__ import annotations

from pathlib import Path

LABEL_COLUMNS = {"customer": "uid", "shop": "shop_id"}
SUBJECTS = tuple(LABEL_COLUMNS)


def labelled(subject: str, campaigns: Path) -> str:
    """Return a query: the rows of ``int_<subject>_score`` with kind, strength, instance, label.

    label: 1 abusive, 0 honest, -1 not to be judged. Subjects without a label are honest, of the kind ``plain``.
    """
    key = f"{subject}_id"
    return f"""
        select
            score.*,
            coalesce(known.kind, 'plain') as kind,
            coalesce(known.strength, '-') as strength,
            known.instance,
            -- Customers over the limit in the background are found by definition: neither right nor wrong.
            case when known.strength = 'natural' then -1 else coalesce(known.label, 0) end as label
        from campaign_build.int_{subject}_score as score
        left join {label_rows(campaigns, f"{subject}s")} as known
            on known.campaign_id = score.campaign_id and known.{LABEL_COLUMNS[subject]} = score.{key}
        order by score.campaign_id, score.{key}
    """


def judged(subject: str, campaigns: Path) -> str:
    """Return the query ``labelled`` with two columns more: band and published_score, null where nothing was published."""
    key = f"{subject}_id"
    return f"""
        select known.*, risk.band, risk.score as published_score
        from ({labelled(subject, campaigns)}) as known
        left join campaign_build.{subject}_risk as risk
            on risk.campaign_id = known.campaign_id and risk.{key} = known.{key}
        order by known.campaign_id, known.{key}
    """


def label_rows(campaigns: Path, what: str) -> str:
    """Return the relation of a file of labels, which may be compressed. Raises FileNotFoundError where there is none."""
    for name in (f"labels_{what}.csv", f"labels_{what}.csv.gz"):
        if (campaigns / name).is_file():
            path = str(campaigns / name).replace("'", "''")
            return f"read_csv('{path}')"
    raise FileNotFoundError(
        f"{campaigns} has no labels_{what}.csv and no labels_{what}.csv.gz: name a folder of labelled campaigns"
    )
