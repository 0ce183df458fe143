"""One signed message for every publication, to a webhook where there is one.

The webhook is the Airflow connection ``campaign_published_webhook``; its password is the secret that both sides know, 16
characters or more, as in ``AIRFLOW_CONN_CAMPAIGN_PUBLISHED_WEBHOOK=https://:a-secret-of-16-or-more@hooks.example.org/campaigns``.
With a shorter one nothing is posted. It gets JSON: ``event`` (``published``), ``generation``, ``run_id``, ``row_counts``,
``rule_jumps`` (sentences) and ``results`` (CAMPAIGN_RESULTS_URL or null).
Two headers let the receiver verify it:

- ``X-Campaign-Timestamp``: seconds since 1970 when it was sent; reject what is older than five minutes;
- ``X-Campaign-Signature``: ``sha256=`` and the hexadecimal HMAC-SHA256, by the secret, of timestamp, a full stop, and the body.

A webhook that does not answer changes nothing but the log: what is published stays published.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from campaign.orchestration.failure_alerts import webhook_address

WEBHOOK_CONNECTION = "campaign_published_webhook"
WEBHOOK_SECONDS = 10
SHORTEST_SECRET = 16

log = logging.getLogger(__name__)


def tell_of_publication(
    publication: Mapping[str, Any], run_id: str, find_more: Callable[[], Mapping[str, Any]] = dict
) -> None:
    """Post the signed message, with what ``find_more`` returns; never raises."""
    try:
        connection = _connection()
        if connection is None:
            return
        if len(connection.password or "") < SHORTEST_SECRET:
            log.warning(
                "Nothing is posted to %s: its password is the secret of the signature and needs %s characters or more",
                *(WEBHOOK_CONNECTION, SHORTEST_SECRET),
            )
            return
        body = json.dumps({"event": "published", "run_id": run_id, **publication, **find_more()}).encode()
        headers = {"Content-Type": "application/json", **signature(connection.password, body, int(time.time()))}
        request = urllib.request.Request(webhook_address(connection), body, headers)
        with urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS):
            log.info("Posted the publication to %s", WEBHOOK_CONNECTION)
    except Exception as error:  # its text may hold the webhook's address, which may be a secret
        log.warning("The publication could not be posted to %s: %s", WEBHOOK_CONNECTION, type(error).__name__)


def signature(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the headers by which the receiver verifies the body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Campaign-Timestamp": str(timestamp), "X-Campaign-Signature": f"sha256={digest}"}


def _connection() -> Any:
    """Return the connection, or None where it was not made."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(WEBHOOK_CONNECTION)
    except AirflowNotFoundException:
        return None
