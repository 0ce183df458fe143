"""Who may: each blueprint is made open, signed in, or for lookups; a test walks the URL map to see that none is neither.

Lookups are open to everybody unless ``WEBAPI_LOOKUPS=token``. Then they ask for a token, which opens its subject's own records,
or for user name and password, which open all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from apiflask import APIBlueprint, HTTPBasicAuth, HTTPError
from flask import Response, abort, current_app, g, redirect, request, url_for
from werkzeug.security import check_password_hash

from webapi.auth import sessions
from webapi.auth.backoff import LoginBackoff
from webapi.auth.budget import OVER_BUDGET
from webapi.auth.tokens import WrongToken, read_token
from webapi.observability.logs import USER, log_login
from webapi.observability.metrics import over_budget
from webapi.protocol.browser import wants_page

USERS = "webapi_users"
BACKOFF = "webapi_backoff"
ON_FAILED_LOGIN = "webapi_on_failed_login"
TOKEN_KEYS = "webapi_token_keys"  # noqa: S105 (a name); None = lookups are open

OPEN: set[str] = set()
SIGNED_IN: set[str] = set()
LOOKUPS: set[str] = set()

REALM = "voucher campaigns"
WRONG_LOGIN = "The user name or the password is wrong."
NOT_BASIC = "This address takes basic auth: user name and password (Authorization: Basic …), and no other kind."
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
        self._checking = KeyedLocks()

    def remembers(self, name: str, password: str) -> bool:
        """Say whether the password was verified before; False says nothing."""
        return hmac.compare_digest(self._remembered.get(name, b""), self._digest(password))

    def verify(self, name: str, password: str) -> bool:
        """Say whether the password is that user's."""
        if self.remembers(name, password):
            return True
        right = check_password_hash(self._hashes.get(name, self._for_unknown), password) and name in self._hashes
        if right:
            self._remembered[name] = self._digest(password)
        return right

    def hash_of(self, name: str) -> str | None:
        """Return the hash of the user's password, or None."""
        return self._hashes.get(name)

    def one_at_a_time(self, name: str, password: str) -> AbstractContextManager[None]:
        """Hold the checks of these very credentials: who sends several requests at once signs in by one of them."""
        return self._checking.hold((name, self._digest(password)))

    def _digest(self, password: str) -> bytes:
        return hashlib.blake2b(password.encode(), key=self._key, person=b"remembered").digest()


class KeyedLocks:
    """A lock per key, as long as somebody holds or wants it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[Hashable, tuple[threading.Lock, int]] = {}

    @contextmanager
    def hold(self, key: Hashable) -> Iterator[None]:
        """Hold the lock of this key."""
        with self._guard:
            lock, wanted = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = lock, wanted + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, wanted = self._locks.pop(key)
                if wanted > 1:
                    self._locks[key] = lock, wanted - 1


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
        """Let nobody through who has spent the budget of open lookups, or without token or password while they are closed."""
        wait = request.environ.get(OVER_BUDGET)
        if wait:
            over_budget.inc()
            sentence = f"Too many lookups from this address. Try again in {wait} seconds."
            raise HTTPError(429, detail=sentence, headers={"Retry-After": str(wait)})
        keys = current_app.extensions[TOKEN_KEYS]
        g.only_uid = None if keys is None else _whose_token(keys)

    return blueprint


def _whose_token(keys: Sequence[str]) -> int | None:
    """Return the uid of the token shown, None for a user who is signed in; raises 401 and, as ``verify``, 429."""
    shown = request.authorization
    sentence = "Lookups are closed here: show your token (Authorization: Bearer …), or sign in."
    if shown is not None and shown.type == "bearer" and shown.token:
        try:
            uid = read_token(keys, shown.token)
        except WrongToken as error:
            sentence = str(error)
            note_failure("refused_token", "")
        else:
            request.environ[USER] = f"token of {uid}"
            return uid
    elif shown is not None and shown.type == "basic":
        if verify(shown.username or "", shown.password or ""):
            return None
        sentence = WRONG_LOGIN
    elif shown is None and sessions.present():
        if _session_user():
            return None
        uid = sessions.own_uid()
        if uid is not None:
            request.environ[USER] = f"token of {uid}"
            return uid
    if shown is None and wants_page():
        abort(redirect(url_for(sessions.OWN_DOOR)))
    raise HTTPError(
        401, detail=sentence, headers={"WWW-Authenticate": f'Bearer realm="{REALM}", Basic realm="{REALM}"'}
    )


@basic.verify_password
def verify(name: str, password: str) -> str | None:
    """Return the user's name, or None for a 401; 429 after too many failures. No user name and password are no failure."""
    if request.authorization is None:
        return _session_user()
    return log_in(name, password) if request.authorization.type == "basic" else None


def _session_user() -> str | None:
    """Return who has signed in by the page, or None."""
    name = sessions.user_name()
    return _signed_in(name) if name else None


def log_in(name: str, password: str) -> str | None:
    """Return the name of the user whose password this is, or None; raises 429 after too many failures. All are logged."""
    address = request.remote_addr or ""
    backoff: LoginBackoff = current_app.extensions[BACKOFF]
    users: Users = current_app.extensions[USERS]
    # Before the password is looked at: a right guess must not be told from a wrong one while guessing is refused.
    wait = backoff.seconds_to_wait(address, name)
    if not wait:
        with users.one_at_a_time(name, password):
            if users.remembers(name, password):
                wait = backoff.seconds_to_wait(address, name)  # others may have guessed meanwhile
                if not wait:
                    backoff.note_known(address, name)
                    return _signed_in(name)
            else:
                wait = backoff.guess(address, name)
                if not wait and name and users.verify(name, password):
                    backoff.was_right(address, name)
                    log_login("signed_in", name)
                    return _signed_in(name)
    if wait:
        note_failure("refused_login", name)
        sentence = f"Too many failed log-ins. Try again in {wait} seconds."
        raise HTTPError(429, detail=sentence, headers={"Retry-After": str(wait)})
    note_failure("failed_login", name)
    return None


def _signed_in(name: str) -> str:
    request.environ[USER] = name
    return name


@basic.error_processor
def not_signed_in(error: HTTPError) -> Response:
    """Return the problem, which tells wrong credentials from none and another kind; a browser is sent to sign in."""
    if wants_page() and "Authorization" not in request.headers:
        return redirect(url_for(sessions.SIGN_IN, next=request.full_path.rstrip("?")))
    if request.authorization is not None and request.authorization.type == "basic":
        error.detail = WRONG_LOGIN
    elif "Authorization" in request.headers:
        error.detail = NOT_BASIC
    return current_app.error_callback(error)


def note_failure(event: str, name: str) -> None:
    """Log and count that somebody was not let in."""
    log_login(event, name)
    current_app.extensions[ON_FAILED_LOGIN](event)
