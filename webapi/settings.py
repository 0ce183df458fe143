"""What the web service may be told, on top of the pipeline's settings; read from the environment, then from ``.env``.

The service has no default user and no default password: it ends with a sentence rather than start open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from werkzeug.security import check_password_hash

from campaign.env_file import EnvFileError
from campaign.settings import PROJECT_ROOT, Settings
from webapi.auth.tokens import SHORTEST_KEY

HASH_FORM = re.compile(r"(scrypt:\d+:\d+:\d+|pbkdf2:\w+:\d+)\$[^$]+\$[0-9a-f]{32,}")
DEFAULT_PASSWORDS = ("password", "admin", "changeme", "change-me")
MAKE_ONE = "Make one with `make user NAME=…`, which asks for a password (in a container: `python webapi/hash_password.py NAME`)."


class SettingsError(Exception):
    """A setting is missing or wrong; the message is a sentence that names it and says what to do."""


class WebSettings(Settings):
    """Names in the environment are the field's alias."""

    users: SecretStr = Field(SecretStr(""), alias="WEBAPI_USERS")
    contact: str = Field("", alias="WEBAPI_CONTACT", max_length=200)

    lookups: Literal["open", "token"] = Field("open", alias="WEBAPI_LOOKUPS")
    token_key: SecretStr = Field(SecretStr(""), alias="WEBAPI_TOKEN_KEY")
    token_key_before: SecretStr = Field(SecretStr(""), alias="WEBAPI_TOKEN_KEY_BEFORE")

    # Signs the cookies of the pages; empty: a new one whenever the service starts, which signs everybody out.
    session_key: SecretStr = Field(SecretStr(""), alias="WEBAPI_SESSION_KEY")

    ids: Literal["number", "text"] = Field("number", alias="WEBAPI_IDS")
    lookups_per_minute: int = Field(
        1200, alias="WEBAPI_LOOKUPS_PER_MINUTE", ge=0, lt=2**32
    )  # of one address; 0 = any number

    log_file: Path = Field(Path("logs/transaction_analytics_api.log"), alias="WEBAPI_LOG_FILE")
    log_file_bytes: int = Field(10_000_000, alias="WEBAPI_LOG_FILE_BYTES", ge=10_000)
    log_files_kept: int = Field(5, alias="WEBAPI_LOG_FILES_KEPT", ge=1)

    workers: int = Field(2, alias="WEBAPI_WORKERS", ge=1)
    threads: int = Field(4, alias="WEBAPI_THREADS", ge=1)
    # How many proxies in front may be believed about the client's address; 0 = the peer is the client.
    trusted_proxies: int = Field(0, alias="WEBAPI_TRUSTED_PROXIES", ge=0)

    @property
    def log_path(self) -> Path:
        """The log file; a relative path counts from the project's root."""
        return PROJECT_ROOT / self.log_file

    def signing_key(self) -> str:
        """Return the key of lookup tokens; raises SettingsError where it is missing or short."""
        key = self.token_key.get_secret_value()
        if len(key.encode()) < SHORTEST_KEY:
            raise SettingsError(
                f"WEBAPI_TOKEN_KEY {'is too short' if key else 'is not set'}: WEBAPI_LOOKUPS=token needs a secret of at"
                f" least {SHORTEST_KEY} characters. Make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`."
            )
        return key

    def token_keys(self) -> list[str]:
        """Return the keys that tokens may be signed with, the present one first; raises SettingsError as ``signing_key``."""
        before = self.token_key_before.get_secret_value()
        if before and len(before.encode()) < SHORTEST_KEY:
            raise SettingsError(
                "WEBAPI_TOKEN_KEY_BEFORE is too short: it is the key that WEBAPI_TOKEN_KEY was before,"
                f" {SHORTEST_KEY} characters or more. Leave it empty where no token of it is to be accepted."
            )
        return [self.signing_key(), *([before] if before else [])]

    def password_hashes(self) -> dict[str, str]:
        """Return user name -> hash, in the order given.

        WEBAPI_USERS is ``name:hash,name2:hash2``: split at the first colon, because hashes contain colons and ``$``.
        Raises SettingsError when it is missing, holds a bare password, or a password that everybody tries first.
        """
        text = self.users.get_secret_value().strip()
        if not text:
            raise SettingsError(f"WEBAPI_USERS is not set: the web service does not start without users. {MAKE_ONE}")
        hashes: dict[str, str] = {}
        for number, entry in enumerate(text.split(","), start=1):
            name, colon, hashed = (part.strip() for part in entry.strip().partition(":"))
            if not name or not colon:
                raise SettingsError(f"WEBAPI_USERS: entry {number} is not of the form name:hash. {MAKE_ONE}")
            if not HASH_FORM.fullmatch(hashed):
                raise SettingsError(
                    f"WEBAPI_USERS: what stands for user {name!r} is not a werkzeug hash (scrypt:… or pbkdf2:…); bare"
                    f" passwords are refused, and in a compose file every $ is written $$. {MAKE_ONE}"
                )
            if name in hashes:
                raise SettingsError(f"WEBAPI_USERS names user {name!r} twice: leave one.")
            hashes[name] = hashed
        for name, hashed in hashes.items():
            if any(check_password_hash(hashed, word) for word in (name, *DEFAULT_PASSWORDS)):
                raise SettingsError(f"WEBAPI_USERS: the password of user {name!r} is a default one. {MAKE_ONE}")
        return hashes


def read_web_settings() -> WebSettings:
    """Read the settings; raises SettingsError that names each wrong one."""
    try:
        return WebSettings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise SettingsError(f"Settings of the web service are wrong: {wrong}.") from None
    except EnvFileError as error:
        raise SettingsError(str(error)) from None


def load_web_settings() -> WebSettings:
    """Read the settings and see that the service can start by them; raises SettingsError."""
    settings = read_web_settings()
    if not settings.mysql_api_password.get_secret_value():
        raise SettingsError(
            f"MYSQL_API_PASSWORD is not set: the password of MySQL user {settings.mysql_api_user!r}, which may only read"
            f" {settings.mart_database}. `make demo` makes one; else take the one you gave that user."
        )
    if 0 < len(settings.session_key.get_secret_value().encode()) < SHORTEST_KEY:
        raise SettingsError(
            f"WEBAPI_SESSION_KEY is too short: it takes {SHORTEST_KEY} characters or more, or none at all."
        )
    if settings.lookups == "token":
        settings.token_keys()
    return settings
