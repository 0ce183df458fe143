"""Puts the service together: settings, logs, database, then blueprints. Nothing connects here; that happens on first use."""

from __future__ import annotations

import threading

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapi.auth import access, sessions
from webapi.auth.backoff import LoginBackoff
from webapi.auth.budget import LookupBudget
from webapi.marts import queries
from webapi.marts.database import MartDatabase
from webapi.observability.logs import RequestLog, configure_logs
from webapi.observability.metrics import RequestMetrics, failed_logins, note_route
from webapi.openapi.document import describe
from webapi.pages.campaign_pages import campaign_pages
from webapi.pages.door import door
from webapi.pages.languages import register_languages
from webapi.pages.me_pages import me_pages, own_records
from webapi.pages.plan_pages import plan_pages
from webapi.performance.fast_path import FastLane
from webapi.performance.runtime import runtime_folder
from webapi.presenters.lookup_answers import LOOKUPS, LookupAnswers
from webapi.protocol import caching
from webapi.protocol.headers import register_headers
from webapi.protocol.problems import register_problems
from webapi.routes.analysis import analysis
from webapi.routes.campaigns import campaigns
from webapi.routes.checks import checks
from webapi.routes.docs import docs
from webapi.routes.exports import EXPORTS
from webapi.routes.health import health
from webapi.routes.lookups import lookups
from webapi.schemas import IdForm
from webapi.settings import WebSettings, load_web_settings

TITLE = "Voucher campaign analytics"
VERSION = "1.0"


def make_app(settings: WebSettings | None = None) -> APIFlask:
    """Return the WSGI application; raises SettingsError, a sentence, where a setting is missing or wrong."""
    settings = settings or load_web_settings()
    users = access.Users(settings.password_hashes())
    configure_logs(settings)
    IdForm.as_text = settings.ids == "text"

    app = APIFlask(__name__, title=TITLE, version=VERSION, docs_path=None, spec_path=None, static_folder=None)
    app.json.sort_keys = False
    app.url_map.strict_slashes = False  # an address answers with and without a slash at its end
    app.url_map.merge_slashes = False  # "//" is an unknown address, not a redirect

    database = MartDatabase(settings, connections=2 * settings.threads)  # lookups have threads of their own
    token_keys = settings.token_keys() if settings.lookups == "token" else None
    answers = LookupAnswers(database, settings.contact, closed=token_keys is not None)
    published = caching.PublishedGeneration()
    representation = caching.representation(settings.contact, settings.lookups, settings.ids)
    app.extensions |= {
        access.USERS: users,
        access.BACKOFF: LoginBackoff(runtime_folder() / "logins.sqlite"),
        access.ON_FAILED_LOGIN: lambda event: failed_logins.labels(event).inc(),
        access.TOKEN_KEYS: token_keys,
        queries.DATABASE: database,
        caching.PUBLISHED: published,
        caching.REPRESENTATION: representation,
        LOOKUPS: answers,
        EXPORTS: threading.BoundedSemaphore(max(1, settings.threads // 2)),
    }
    app.before_request(note_route)
    sessions.register_sessions(app, settings.session_key.get_secret_value(), runtime_folder(), users.hash_of)
    register_languages(app, runtime_folder() / "translations")
    register_headers(app)
    register_problems(app)
    describe(app, closed=token_keys is not None, ids_as_text=IdForm.as_text)
    for blueprint in (
        lookups, campaigns, analysis, checks, health, docs, door, me_pages, own_records, campaign_pages, plan_pages,
    ):  # fmt: skip
        app.register_blueprint(blueprint)

    if token_keys is None:
        budget = LookupBudget(runtime_folder() / "lookups", settings.lookups_per_minute)
        # The fast path asks nobody who they are.
        app.wsgi_app = FastLane(app.wsgi_app, answers, published, representation, budget)
    app.wsgi_app = RequestLog(RequestMetrics(app.wsgi_app))
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(
            app.wsgi_app,
            x_for=settings.trusted_proxies,
            x_proto=settings.trusted_proxies,
            x_prefix=settings.trusted_proxies,
        )
    return app
