"""Who may: each blueprint is made open, signed in, or for lookups; a test walks the URL map to see that none is neither.

Lookups are open to everybody unless ``WEBAPI_LOOKUPS=token``. Then they ask for a token, which opens its subject's own records,
or for user name and password, which open all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from apiflask import APIBlueprint, HTTPBasicAuth, HTTPError
from flask import Response, current_app, g, request
from werkzeug.security import check_password_hash

from webapi.logs import USER, log_login
from webapi.tokens import WrongToken, read_token

USERS = "webapi_users"
BACKOFF = "webapi_backoff"
ON_FAILED_LOGIN = "webapi_on_failed_login"
TOKEN_KEY = "webapi_token_key"  # noqa: S105 (a name); None = lookups are open

OPEN: set[str] = {"openapi"}  # the framework's blueprint with /openapi.json
SIGNED_IN: set[str] = set()
LOOKUPS: set[str] = set()

REALM = "voucher campaigns"
WRONG_LOGIN = "The user name or the password is wrong."
basic = HTTPBasicAuth(realm=REALM, description="Given to you by whoever runs this service (setting WEBAPI_USERS).")


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


def lookup_blueprint(name: str, import_name: str, **options: object) -> APIBlueprint:
    """Return a blueprint that is open or asks for a token, as the settings say; ``g.only_uid`` is whom a token is for."""
    LOOKUPS.add(name)
    blueprint = APIBlueprint(name, import_name, **options)

    @blueprint.before_request
    def look_at_token() -> None:
        """Let nobody through without token or password while lookups are closed."""
        key = current_app.extensions[TOKEN_KEY]
        g.only_uid = None if key is None else _whose_token(key)

    return blueprint


def _whose_token(key: str) -> int | None:
    """Return the uid of the token shown, None for a user who is signed in; raises 401 and, as ``verify``, 429."""
    shown = request.authorization
    sentence = "Lookups are closed here: show your token (Authorization: Bearer …), or sign in."
    if shown is not None and shown.type == "bearer" and shown.token:
        try:
            uid = read_token(key, shown.token)
        except WrongToken as error:
            sentence = str(error)
            _failed("refused_token", "")
        else:
            request.environ[USER] = f"token of {uid}"
            return uid
    elif shown is not None and shown.type == "basic":
        if verify(shown.username or "", shown.password or ""):
            return None
        sentence = WRONG_LOGIN
    raise HTTPError(
        401, detail=sentence, headers={"WWW-Authenticate": f'Bearer realm="{REALM}", Basic realm="{REALM}"'}
    )


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


@basic.error_processor
def not_signed_in(error: HTTPError) -> Response:
    """Return the problem, which tells wrong credentials from none."""
    if "Authorization" in request.headers:
        error.detail = WRONG_LOGIN
    return current_app.error_callback(error)


def _failed(event: str, name: str) -> None:
    log_login(event, name)
    current_app.extensions[ON_FAILED_LOGIN](event)
