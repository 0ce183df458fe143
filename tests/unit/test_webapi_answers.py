"""What a lookup makes of evidence: order ids only where they are surely the subject's own."""

from __future__ import annotations

import json

import pytest

from webapi.presenters.answers import _own_order_ids, how_to_contest


@pytest.mark.parametrize(
    ("subject_type", "evidence", "shown"),
    [
        ("customer", {"order_ids": [1, 2]}, [1, 2]),
        ("shop", {"order_ids": [1, 2], "numbers": {}}, [1, 2]),
        ("owner_pair", {"order_ids": [1, 2]}, []),
        ("owner_pair", {"order_ids": [1, 2], "numbers": {}}, []),
        ("owner_ring", {"order_ids": [1, 2], "numbers": {"own_orders": 1}}, []),
        ("owner_ring", {"order_ids": [1, 2], "numbers": {"own_orders": 2}}, [1, 2]),
        ("customer_group", {"order_ids": [1, 2], "numbers": {"own_orders": 70}}, [1, 2]),
        ("customer_group", {"order_ids": [], "numbers": {"own_orders": 0}}, []),
        ("a kind not known here", {"order_ids": [1]}, []),
    ],
)
def test_order_ids_of_a_group_are_shown_only_where_the_evidence_counts_the_members_own(subject_type, evidence, shown):
    assert _own_order_ids({"subject_type": subject_type, "evidence": json.dumps(evidence)}) == shown


@pytest.mark.parametrize(
    ("contact", "whom"),
    [
        ("fraud-team@example.com", "write to fraud-team@example.com and quote customer 10, campaign 1, generation 7;"),
        (
            "",
            "tell whoever runs the campaign (no address is set here) and quote customer 10, campaign 1, generation 7;",
        ),
    ],
)
def test_how_to_contest_names_the_contact_or_says_that_there_is_none(contact, whom):
    assert whom in how_to_contest(contact, "customer 10", {"campaign_id": 1, "generation": 7})
