#!/bin/sh
# Runs `docker compose`, or podman-compose where there is no Docker: local_stack/compose.sh up --detach
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ] || [ -L .env ]; then ./local_stack/any_python.sh -m campaign.env_file; fi

if docker compose version >/dev/null 2>&1; then
  exec docker compose "$@"
elif command -v podman-compose >/dev/null 2>&1; then
  # podman would start a prepared-and-ended airflow-init again for each container that comes after it. They all wait by themselves.
  if [ "${1:-}" = up ]; then shift; set -- up --no-deps "$@"; fi
  # The images' health checks are of Docker's format; podman's own drops them.
  BUILDAH_FORMAT=docker exec podman-compose "$@"
fi
echo "Neither docker compose nor podman-compose was found: install Docker's compose plugin, or podman and podman-compose." >&2
exit 1
