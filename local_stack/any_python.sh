#!/bin/sh
# Runs what needs no environment, only some Python from 3.9 on: local_stack/any_python.sh -m local_stack.containers.compose_env
cd "$(dirname "$0")/.."
for python in "${CAMPAIGN_PYTHON:-python3}" python3 python3.11 python "$(uv python find 2>/dev/null)"; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
    PYTHONPATH=include:. PYTHONDONTWRITEBYTECODE=1 exec "$python" "$@"
  fi
done
echo "Failed: no Python 3.9 or newer was found as python3, python3.11 or python. Install one, or name it in CAMPAIGN_PYTHON." >&2
exit 1
