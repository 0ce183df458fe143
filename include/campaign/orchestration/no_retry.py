"""The one place where an error that people must act on becomes Airflow's word for "do not retry"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowFailException

from campaign.errors import UserError


@contextmanager
def no_retry_for_user_errors() -> Iterator[None]:
    """Fail the task at once, with the same message, where the block raises a UserError."""
    try:
        yield
    except UserError as error:
        raise AirflowFailException(str(error)) from None
