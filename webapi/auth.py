"""Who may: each blueprint is made either open or signed in, and a test walks the URL map to see that none is neither."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from apiflask import APIBlueprint, HTTPBasicAuth, HTTPError
from flask import current_app, request
from werkzeug.security import check_password_hash

from webapi.logs import USER, log_login

USERS = "webapi_users"
BACKOFF = "webapi_backoff"
ON_FAILED_LOGIN = "webapi_on_failed_login"

OPEN: set[str] = {"openapi"}  # the framework's blueprint with /openapi.json
SIGNED_IN: set[str] = set()

basic = HTTPBasicAuth(realm="voucher campaigns", description="The user name and password that WEBAPI_USERS holds.")


class Users:
    """The users of the settings.

    A password is checked against its slow hash once; after that this process remembers a keyed digest of it, because HTTP basic
    sends it with every request. A wrong password, and an unknown user, always cost one slow check: time tells nothing.
    """

    def __init__(self, hashes: dict[str, str]) -> None:
        self._hashes = hashes
        self._for_unknown = next(iter(hashes.values()))
        self._key = secrets.token_bytes(32)
        self._remembered: dict[str, bytes] = {}

    def verify(self, name: str, password: str) -> bool:
        """Say whether the password is that user's."""
        digest = hashlib.blake2b(password.encode(), key=self._key, person=b"remembered").digest()
        if hmac.compare_digest(self._remembered.get(name, b""), digest):
            return True
        right = check_password_hash(self._hashes.get(name, self._for_unknown), password) and name in self._hashes
        if right:
            self._remembered[name] = digest
        return right


def open_blueprint(name: str, import_name: str, **options: object) -> APIBlueprint:
    """Return a blueprint that everybody may call."""
    OPEN.add(name)
    return APIBlueprint(name, import_name, **options)


def signed_in_blueprint(name: str, import_name: str, **options: object) -> APIBlueprint:
    """Return a blueprint whose every route asks for user name and password first."""
    SIGNED_IN.add(name)
    blueprint = APIBlueprint(name, import_name, **options)

    @blueprint.before_request
    @blueprint.auth_required(basic)
    def sign_in() -> None:
        """Let only known users through."""

    return blueprint


@basic.verify_password
def verify(name: str, password: str) -> str | None:
    """Return the user's name, or None for a 401; 429 after too many failures. No credentials at all are no failure."""
    if "Authorization" not in request.headers:
        return None
    backoff = current_app.extensions[BACKOFF]
    address = request.remote_addr or ""
    # Before the password is looked at: a right guess must not be told from a wrong one while guessing is refused.
    wait = backoff.seconds_to_wait(address, name)
    if wait:
        _failed("refused_login", name)
        sentence = f"Too many failed log-ins. Try again in {wait} seconds."
        raise HTTPError(429, detail=sentence, headers={"Retry-After": str(wait)})
    if name and current_app.extensions[USERS].verify(name, password):
        backoff.succeeded(address, name)
        request.environ[USER] = name
        return name
    backoff.failed(address, name)
    _failed("failed_login", name)
    return None


def _failed(event: str, name: str) -> None:
    log_login(event, name)
    current_app.extensions[ON_FAILED_LOGIN](event)
