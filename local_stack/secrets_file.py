"""Passwords and keys of the local stack: made at random once, kept in one file that only its owner can read."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

from local_stack.console import Problem

WEB_USER = "marcom"
RESTORE = "Restore it from a copy: the server knows the passwords that it was made with, and no new ones."


def load_secrets(state_folder: Path) -> dict[str, str]:
    """Return the secrets by name; those that the file lacks are made and added to it."""
    file = state_folder / "secrets.env"
    known = _read(file)
    made = {name: make() for name, make in MAKERS.items() if name not in known}
    if made:
        state_folder.mkdir(parents=True, exist_ok=True)
        _write(file, known | made)
    return known | made


def web_users(password: str, user: str = WEB_USER) -> str:
    """Return the value of WEBAPI_USERS for a generated web user: ``name:hash``, the hash in werkzeug's form.

    Without werkzeug: `make env` runs on machines that have nothing but Python and Docker.
    """
    salt = secrets.token_hex(8)
    digest = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**15, r=8, p=1, maxmem=2**26).hex()
    return f"{user}:scrypt:32768:8:1${salt}${digest}"


MAKERS = {
    "MYSQL_ROOT_PASSWORD": lambda: secrets.token_urlsafe(18),
    "MYSQL_PASSWORD": lambda: secrets.token_urlsafe(18),
    "MYSQL_API_PASSWORD": lambda: secrets.token_urlsafe(18),
    "AIRFLOW_ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    "WEBAPI_MARCOM_PASSWORD": lambda: secrets.token_urlsafe(12),
    "AIRFLOW__API_AUTH__JWT_SECRET": lambda: secrets.token_urlsafe(48),
    "AIRFLOW__API__SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "AIRFLOW__CORE__FERNET_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        lines = file.read_text().splitlines()
    except (OSError, ValueError) as error:
        raise Problem(f"{file} cannot be read: {error}. {RESTORE}") from None
    values = {}
    for number, line in enumerate(lines, start=1):
        name, sign, value = line.partition("=")
        if line and not line.startswith("#") and not sign:
            raise Problem(f"{file}, line {number}, is not of the form NAME=value. {RESTORE}")
        values |= {name: value} if sign and not line.startswith("#") else {}
    return values


def _write(file: Path, values: dict[str, str]) -> None:
    # Written aside and renamed: an interrupt must not leave half a file, whose passwords the server would not know.
    aside = file.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write("# Made once, at random. Passwords of the local stack; never part of the project.\n")
        stream.writelines(f"{name}={value}\n" for name, value in values.items())
    aside.replace(file)
