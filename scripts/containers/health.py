"""Health check of a container: ``python -m scripts.containers.health scheduler`` ends with 0 when it is healthy.

Airflow's API server is asked, because it sees every component's sign of life in the database; ``airflow jobs check`` says the
same and pays six seconds of imports each time.
"""

from __future__ import annotations

import sys

from scripts.containers.waiting import component_state

COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


def main() -> int:
    """Print the component's state."""
    if sys.argv[1:2] not in [[component] for component in COMPONENTS]:
        print(f"usage: python -m scripts.containers.health {'|'.join(COMPONENTS)}", file=sys.stderr)
        return 2
    state = component_state(sys.argv[1])
    print(f"{sys.argv[1]}: {state or 'the API server does not answer'}")
    return 0 if state == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
