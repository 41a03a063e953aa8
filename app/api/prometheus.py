"""`/metrics` for Prometheus: with its token, or for this very machine."""

import hmac
from ipaddress import ip_address

from flask import Request, Response, request

from app.api import access
from app.errors import Forbidden, Unauthorized
from app.watching.prometheus import scrape

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Headers by which a proxy says that somebody else asks.
_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def page() -> Response:
    """All workspaces' figures as text. Raises Unauthorized, Forbidden."""
    running = access.runtime()
    _admit(request, running.metrics_token)
    text = scrape(running.database, running.now())
    return Response(text, content_type=CONTENT_TYPE)


def _admit(asked: Request, token: str) -> None:
    """Without a token only a caller on this machine, and none whom a proxy here speaks for."""
    if token:
        _, _, given = asked.headers.get("Authorization", "").partition(" ")
        if not hmac.compare_digest(given.strip().encode(), token.encode()):
            raise Unauthorized("Give the token of the setting metrics.token as a Bearer token.")
        return
    proxied = any(name in asked.headers for name in _PROXIED)
    if proxied or not asked.remote_addr or not ip_address(asked.remote_addr).is_loopback:
        raise Forbidden(
            "Only callers on this machine may read this: set PRESSFERRY__METRICS__TOKEN and give "
            "it as a Bearer token."
        )
