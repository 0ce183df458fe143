#!/bin/sh
# Runs a program in the project's Python environment, and makes or mends that environment first when the lock has changed.
#   local_stack/in_environment.sh python -m local_stack.demo
# Needs Python 3.11 (docs/explanation/decisions/0001 says why); uv is fetched by pip into the state folder where it is not on PATH.
set -eu
cd "$(dirname "$0")/.."
project=$(pwd)

# These may be set in the environment or, as all settings, in .env: a file that cannot be used ends every command here.
if [ -e .env ] || [ -L .env ]; then
  settings=$(./local_stack/any_python.sh -m campaign.env_file CAMPAIGN_STATE CAMPAIGN_ENGINE CAMPAIGN_PYTHON)
  eval "$settings"
fi
mkdir -p "${CAMPAIGN_STATE:=.state}/logs"
CAMPAIGN_STATE=$(cd "$CAMPAIGN_STATE" && pwd)
export CAMPAIGN_STATE
environment=$CAMPAIGN_STATE/venv
log=$CAMPAIGN_STATE/logs/environment.log

say() { echo "$@" >&2; }

fail() {
  say "Failed: $1"
  [ ! -s "$log" ] || { say "Last lines of $log:"; tail -n 15 "$log" | sed 's/^/  /' >&2; }
  say "What to do: $2"
  exit 1
}

find_uv() {
  if command -v uv >/dev/null 2>&1; then
    uv=uv
    return
  fi
  uv=$CAMPAIGN_STATE/uv/bin/uv
  [ ! -x "$uv" ] || return 0
  for python in python3.11 python3 python; do
    "$python" -m pip --version >/dev/null 2>&1 || continue
    say "  fetching uv into $CAMPAIGN_STATE/uv"
    if "$python" -m pip install --quiet --disable-pip-version-check --target "$CAMPAIGN_STATE/uv" uv >>"$log" 2>&1; then return 0; fi
  done
  fail "uv, which makes the Python environment, is not on PATH and could not be fetched by pip." \
    "install uv, or pip for Python 3.11 (Debian and Ubuntu: apt-get install python3-pip), or look at the network settings of pip."
}

# The machine's own list of certificates counts, as it does for pip: companies add theirs to it. uv brings another one along.
trust_the_machine() {
  system_certificates=/etc/ssl/certs/ca-certificates.crt
  [ -n "${SSL_CERT_FILE:-}" ] || [ ! -s "$system_certificates" ] || export SSL_CERT_FILE="$system_certificates"
}

make_environment() {
  : >"$log"
  say "Python environment: $environment"
  trust_the_machine
  find_uv
  if ! "$environment/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
    "$uv" venv --quiet --clear --python "${CAMPAIGN_PYTHON:-3.11}" "$environment" >>"$log" 2>&1 ||
      fail "Python 3.11 was not found." "install it (Debian 12: apt-get install python3.11; or: uv python install 3.11), or name it in CAMPAIGN_PYTHON."
    "$environment/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
      fail "$environment is not Python 3.11, the one version on which Airflow 3 and dbt 1.7 share an environment." "name a Python 3.11 in CAMPAIGN_PYTHON."
  fi
  say "  installing the locked packages (a minute or two the first time)"
  "$uv" pip sync --quiet --require-hashes --python "$environment/bin/python" $locks >>"$log" 2>&1 ||
    fail "the locked packages could not be installed." "look at the network; behind a mirror, give uv its address in UV_DEFAULT_INDEX."
  rm -rf "$CAMPAIGN_STATE/pycache" # of other versions
  cat $locks >"$environment/installed.txt"
}

locks="requirements.txt requirements-dev.txt"
# What was installed for Spark once stays: a command for another engine must not take it from one that runs.
if [ "${CAMPAIGN_ENGINE:-}" = spark ] || grep -qs '^dbt-spark==' "$environment/installed.txt"; then locks="$locks requirements-spark.txt"; fi
# shellcheck disable=SC2086 (a list of names)
cat $locks | cmp -s - "$environment/installed.txt" || make_environment

# Python keeps what it has compiled, where the sources must not be written to as well: it imports Airflow in 2.5 s then, not in 6.5.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX="$CAMPAIGN_STATE/pycache"
export PYTHONPATH="$project/include:$project/config:$project"
export PATH="$environment/bin:$PATH:$CAMPAIGN_STATE/uv/bin"
[ $# -eq 0 ] || exec "$@"
