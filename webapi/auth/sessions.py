"""Who has signed in by the page, in a signed cookie: a user by password, or a person by the token of closed lookups.

The cookie holds no password and no token. It ends with the browser, or after ``LIFETIME``; a user's also when their password or
``WEBAPI_SESSION_KEY`` changes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from apiflask import APIFlask
from flask import current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect

COOKIE = "campaign_session"
LIFETIME = timedelta(hours=12)
SIGN_IN, OWN_DOOR = "door.sign_in", "me_pages.start"
OWN_UID, OWN_UNTIL = "own_uid", "own_until"

csrf = CSRFProtect()


class User(UserMixin):
    """A user of the settings; the id in the cookie changes with the password's hash."""

    def __init__(self, name: str, mark: str) -> None:
        self.name = name
        self.id = f"{mark}:{name}"


class Sessions(SecureCookieSessionInterface):
    """Cookies that a browser sends over TLS only, where they came over TLS."""

    def get_cookie_secure(self, app: APIFlask) -> bool:
        """Say whether this request came over TLS."""
        return request.is_secure


def register_sessions(app: APIFlask, given_key: str, folder: Path, hash_of: Callable[[str], str | None]) -> None:
    """Let the app keep sessions, and check the CSRF token of every form; ``hash_of`` gives a user's password hash."""
    app.secret_key = given_key or shared_key(folder / "session.key")
    app.session_interface = Sessions()
    app.config |= {
        "SESSION_COOKIE_NAME": COOKIE,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": LIFETIME,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # it wants a Referer, which our pages tell browsers not to send
    }
    csrf.init_app(app)

    def load(user_id: str) -> User | None:
        mark, _, name = user_id.partition(":")
        hashed = hash_of(name)
        known = hashed is not None and hmac.compare_digest(mark, _mark(hashed))
        return User(name, mark) if known else None

    # Not by init_app: that looks into the session after every request, and so makes each answer depend on cookies.
    app.login_manager = LoginManager()
    app.login_manager.user_loader(load)


def shared_key(file: Path) -> str:
    """Return the key in the file; the first process that asks makes it, for this user alone to read."""
    if not file.exists():
        own = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
            written.write(secrets.token_urlsafe(32))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_text()


def present() -> bool:
    """Say whether the client sent a session's cookie; it may be forged."""
    return COOKIE in request.cookies


def user_name() -> str | None:
    """Return the name of the user who has signed in by the page, or None."""
    return current_user.name if present() and current_user.is_authenticated else None


def begin(name: str, hashed: str) -> None:
    """Sign this user in; whose password it is has been verified."""
    session.clear()
    session.permanent = True
    login_user(User(name, _mark(hashed)))


def begin_own(uid: int, until: float) -> None:
    """Open this person's own records, until the moment at which their token ends (seconds since 1970)."""
    session.clear()
    session.permanent = True
    session[OWN_UID], session[OWN_UNTIL] = uid, until


def own_uid() -> int | None:
    """Return whose own records the cookie opens, or None."""
    return session.get(OWN_UID) if session.get(OWN_UNTIL, 0) > time.time() else None


def end() -> None:
    """Sign out, whoever it is."""
    logout_user()
    session.clear()


def _mark(hashed: str) -> str:
    return hmac.new(current_app.secret_key.encode(), hashed.encode(), hashlib.sha256).hexdigest()[:32]
