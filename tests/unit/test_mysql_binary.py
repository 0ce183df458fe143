"""Which servers cannot be used, said before anything is started on them."""

from __future__ import annotations

import pytest

from local_stack.mysql.binary import unsuitable


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"version": "5.7.44-log"}, "older than 8.0"),
        ({"version": "10.5.29-MariaDB-ubu2004"}, "older than 10.6"),
        ({"version": "8.4.3", "read_only": "ON"}, "name the server that takes writes"),
        ({"version": "8.0.20", "enforce_gtid_consistency": "ON"}, "upgrade it to 8.0.21"),
    ],
)
def test_unsuitable_server_is_refused_with_what_to_do(variables: dict[str, str], words: str) -> None:
    assert words in unsuitable(variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"version": "8.0.20", "read_only": "OFF", "enforce_gtid_consistency": "OFF"},
        {"version": "9.7.0", "read_only": "OFF", "enforce_gtid_consistency": "ON"},
        {"version": "11.4.2-MariaDB-1:11.4.2+maria~deb12", "read_only": "OFF"},
    ],
)
def test_other_servers_are_used(variables: dict[str, str]) -> None:
    assert unsuitable(variables) == ""
