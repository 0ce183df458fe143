"""The way in: the first page, signing in and out, the language, and what pages load."""

from __future__ import annotations

import re

from apiflask import HTTPError
from flask import Response, current_app, redirect, request, send_from_directory, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapi.auth import access, sessions
from webapi.pages import languages
from webapi.pages.shell import translated

door = access.open_blueprint("door", __name__, template_folder="templates", enable_openapi=False)

YEAR = 365 * 86_400
WRONG = "The user name or the password is wrong."


@door.get("/")
def start() -> Response:
    """Show where to go: to one's own records, or to the campaigns."""
    return translated("door.html", closed=closed(), user=sessions.user_name())


@door.get("/sign-in")
def sign_in() -> Response:
    """Show the form."""
    return translated("sign_in.html", next=within(request.args.get("next")))


@door.post("/sign-in")
def check_sign_in() -> AnyResponse:
    """Sign in, and go on to where the person wanted to go."""
    name, target = request.form.get("name", ""), within(request.form.get("next"))
    try:
        known = access.log_in(name, request.form.get("password", ""))
    except HTTPError as error:  # too many failures
        answer = translated("sign_in.html", error.status_code, next=target, name=name, problem=error.detail)
        answer.headers.extend(error.headers)
        return answer
    if known is None:
        return translated("sign_in.html", 401, next=target, name=name, problem=WRONG)
    sessions.begin(known, current_app.extensions[access.USERS].hash_of(known))
    return _gone_on(target, "campaign_pages.listing")


@door.get("/sign-out")
def sign_out() -> Response:
    """Ask whether to sign out."""
    return translated("sign_out.html", user=sessions.user_name())


@door.post("/sign-out")
def check_sign_out() -> AnyResponse:
    """Sign out."""
    sessions.end()
    return redirect(url_for("door.start"), 303)


@door.get("/language/<code>")
def language(code: str) -> AnyResponse:
    """Keep the language that a person chose, and go back to the page."""
    answer = _gone_on(within(request.args.get("next")), "door.start")
    if code in languages.LANGUAGES:
        answer.set_cookie(languages.COOKIE, code, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return answer


@door.get("/assets/style.css")
def style() -> Response:
    """Return the style sheet."""
    return send_from_directory(f"{door.root_path}/assets", "style.css", max_age=3600)


def closed() -> bool:
    """Say whether lookups ask for a token."""
    return current_app.extensions[access.TOKEN_KEYS] is not None


def within(target: str | None) -> str | None:
    """Return the address to go on to if it is one of this service, else None."""
    return target if target and re.fullmatch(r"/(?![/\\])[^\s\\]*", target) else None


def _gone_on(target: str | None, otherwise: str) -> AnyResponse:
    return redirect(request.script_root + target if target else url_for(otherwise), 303)
