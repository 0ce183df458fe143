"""``make env``: write the ``.env`` of docker-compose.yaml with passwords and keys made at random. Needs Python alone.

An existing file is never touched: MySQL's volume knows the passwords it was made with.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from campaign.env_file import EnvFileError, read_env_file
from local_stack.console import Problem, ended_by, say
from local_stack.secrets_file import MAKERS, web_users

PROJECT_ROOT = Path(__file__).resolve().parents[2]
WEB_USER = "marcom-team"  # the demo's is another one, so that both read the same file
SECRETS = {
    "MYSQL_ROOT_PASSWORD": MAKERS["MYSQL_ROOT_PASSWORD"],
    "MYSQL_PASSWORD": MAKERS["MYSQL_PASSWORD"],
    "MYSQL_API_PASSWORD": MAKERS["MYSQL_API_PASSWORD"],
    "MYSQL_AIRFLOW_PASSWORD": MAKERS["MYSQL_PASSWORD"],
    "REDIS_PASSWORD": MAKERS["MYSQL_PASSWORD"],
    "AIRFLOW_ADMIN_PASSWORD": MAKERS["AIRFLOW_ADMIN_PASSWORD"],
    "AIRFLOW__API_AUTH__JWT_SECRET": MAKERS["AIRFLOW__API_AUTH__JWT_SECRET"],
    "AIRFLOW__API__SECRET_KEY": MAKERS["AIRFLOW__API__SECRET_KEY"],
    "AIRFLOW__CORE__FERNET_KEY": MAKERS["AIRFLOW__CORE__FERNET_KEY"],
    "WEBAPI_PASSWORD": MAKERS["WEBAPI_MARCOM_PASSWORD"],
}
HEAD = f"""\
# Made by `make env`: passwords and keys for docker-compose.yaml. Keep it, and to yourself: MySQL's volume knows only these.
# Airflow's user is admin with AIRFLOW_ADMIN_PASSWORD; the web service's is {WEB_USER} with WEBAPI_PASSWORD (which only you read:
# the service gets the hash in WEBAPI_USERS). All settings: .env.example.
"""


def main() -> int:
    """Write the file, readable for its owner only. Raises Problem when there is one."""
    file = PROJECT_ROOT / ".env"
    made = {name: make() for name, make in SECRETS.items()}
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            present = read_env_file(file)
        except EnvFileError as error:
            raise Problem(str(error)) from None
        missing = [name for name in (*SECRETS, "WEBAPI_USERS") if name not in present]
        lacks = f"It lacks {', '.join(missing)}." if missing else "It has every secret that is needed."
        raise Problem(f"{file} exists and is not overwritten. {lacks} To start anew, move it away.") from None
    with os.fdopen(descriptor, "w") as stream:
        stream.write(HEAD)
        stream.writelines(f"{name}={value}\n" for name, value in made.items())
        # In single quotes: a hash contains $, which compose would take for a variable.
        stream.write(f"WEBAPI_USERS='{web_users(made['WEBAPI_PASSWORD'], WEB_USER)}'\n")
    say(f"{file}: passwords and keys, made at random. Airflow: admin. Web service: {WEB_USER}. Next: make up")
    return 0


if __name__ == "__main__":
    sys.exit(ended_by(main))
