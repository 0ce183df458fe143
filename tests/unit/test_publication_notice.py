"""What is posted when something was published, and by what its receiver knows that it is ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from campaign.orchestration import publication_notice
from campaign.orchestration.publication_notice import signature, tell_of_publication

SECRET = "known to both sides alone"
PUBLICATION = {"generation": 8, "row_counts": {"campaign_summary": 2}}


@pytest.fixture
def receiver() -> Iterator[SimpleNamespace]:
    """Listen on a port, and keep what is posted."""
    posted: list[tuple[dict[str, str], bytes]] = []

    class Keeper(BaseHTTPRequestHandler):
        """Keeps what it gets."""

        def do_POST(self) -> None:
            posted.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SimpleNamespace(port=server.server_port, posted=posted)
    server.shutdown()
    server.server_close()


def connect(monkeypatch: pytest.MonkeyPatch, port: int, password: str | None) -> None:
    connection = SimpleNamespace(host="127.0.0.1", port=port, schema="hook", conn_type="http", password=password)
    monkeypatch.setattr(publication_notice, "_connection", lambda: connection)


def test_message_is_signed_over_time_and_body(monkeypatch, receiver):
    connect(monkeypatch, receiver.port, SECRET)
    tell_of_publication(PUBLICATION, "manual__1")
    ((headers, body),) = receiver.posted
    assert json.loads(body) == {"event": "published", "run_id": "manual__1", **PUBLICATION}
    signed = headers["X-Campaign-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Campaign-Signature"] == f"sha256={expected}"


def test_signature_of_known_values():
    # echo -n '1700000000.{}' | openssl dgst -sha256 -hmac 'sixteen letters!'
    assert signature("sixteen letters!", b"{}", 1_700_000_000) == {
        "X-Campaign-Timestamp": "1700000000",
        "X-Campaign-Signature": "sha256=96ab549f48d71fa3a81fbfdfb376da52cdeb76225c3f435cd504edf342c1cf8c",
    }


@pytest.mark.parametrize("password", [None, "", "short"])
def test_without_a_secret_nothing_is_posted(monkeypatch, receiver, caplog, password):
    connect(monkeypatch, receiver.port, password)
    tell_of_publication(PUBLICATION, "manual__1")
    assert receiver.posted == [] and "needs 16 characters" in caplog.text


def test_webhook_that_does_not_answer_changes_nothing_but_the_log(monkeypatch, caplog):
    connect(monkeypatch, 1, SECRET)
    tell_of_publication(PUBLICATION, "manual__1")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "could not be posted" in caplog.text and SECRET not in caplog.text


def test_without_the_connection_nothing_happens(monkeypatch, caplog):
    monkeypatch.setattr(publication_notice, "_connection", lambda: None)
    tell_of_publication(PUBLICATION, "manual__1")
    assert not caplog.records
