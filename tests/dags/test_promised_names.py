"""DAGs, their tasks, parameters and assets keep their names: people's triggers, backfills and own DAGs use them."""

from __future__ import annotations

from tests.promises import snapshot
from tests.promises.names import dag_names


def test_no_name_of_a_dag_that_others_rely_on_is_gone(parsed: dict) -> None:
    snapshot.hold("dags", dag_names(parsed["dags"]))
