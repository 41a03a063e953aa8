"""The web application: everything that answers HTTP, put together."""

from flask import Flask, Response

from app import __version__, api, logs, public
from app.api import access, prometheus
from app.opening import open_database, open_runtime
from app.runtime import Runtime
from app.sending.senders import waking
from config.given import SettingsError
from config.settings import load

LARGEST_BODY = 10 * 1024 * 1024
#: What a request for a message has beside the message.
_AROUND = 500_000
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def create_app(runtime: Runtime) -> Flask:
    """The application of one running pressferry."""
    app = Flask("app", static_folder=None)
    app.extensions["pressferry"] = runtime
    app.config["MAX_CONTENT_LENGTH"] = max(LARGEST_BODY, runtime.largest_message + _AROUND)
    app.after_request(_guard)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/metrics", "metrics", prometheus.page)
    api.register(app)
    app.register_blueprint(public.blueprint)
    return app


def from_settings() -> Flask:
    """The application alone, for a web server of your own: ``gunicorn 'app.wsgi:from_settings()'``.

    Jobs and senders run elsewhere. Raises SettingsError.
    """
    settings = load()
    if not settings.base_url:
        raise SettingsError(
            "base_url: say under which address recipients reach this web server "
            "(set as PRESSFERRY__BASE_URL)"
        )
    logs.configure(settings.log_level, settings.log_format)
    database = open_database(settings)
    return create_app(open_runtime(settings, database, waking.waker(database)))


def _healthz() -> dict[str, str]:
    """Whether pressferry can work: its database answers."""
    access.runtime().database.ping()
    return {"status": "ok", "version": __version__}


def _guard(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
