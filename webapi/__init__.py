"""The web service: who bought, who sold, who is suspected and why, from the published marts.

A request's way: ``logs`` (id, one line) → ``headers`` → ``auth`` (blueprints say who may) → ``caching`` (304) → a route in
``lookups``, ``campaigns``, ``health``, ``docs`` or ``pages`` → ``queries`` (all SQL) over ``database`` → ``answers`` (rows to an
answer) → ``schemas`` (its typed form). Whatever goes wrong leaves as problem+json, by ``problems``.

Started by ``gunicorn -c webapi/gunicorn.conf.py 'webapi:create_app()'`` from the project's root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

    from webapi.settings import WebSettings


def create_app(settings: WebSettings | None = None) -> APIFlask:
    """Return the WSGI application; raises SettingsError, a sentence, where a setting is missing or wrong."""
    from webapi.app import make_app  # gunicorn's own process reads the settings, and nothing of the app

    return make_app(settings)
