"""Where WordPress sends a site's owner back to, with the password or with her no.

The password comes in the address, because WordPress knows no other way. So it is taken at once,
and the browser is sent on to an address without it, which is all that its history keeps.
"""

from flask import Response, request, url_for

from app.errors import NotFound
from app.public.pages import blueprint, page, runtime
from app.sources.sites import authorizing
from app.sources.sites.authorizing import Approved

_NO = (
    "The approval was turned down at the site. If that was not meant, ask pressferry for a new "
    "link and approve there, or make an application password by hand (Users > Profile)."
)
_OFF = (
    "Application passwords are switched off at the site: a security plugin does that, or the "
    "site is not on https. Mend that there, then ask pressferry for a new link."
)


@blueprint.get("/connect/<token>")
def approved(token: str) -> Response:
    """Takes the password of a site whose owner approved."""
    given = request.args
    if given.get("success") == "false":
        return _rejected(token, _NO)
    approval = Approved(
        *(given.get(name, "")[:2000] for name in ("site_url", "user_login", "password"))
    )
    if not (approval.site_url and approval.user_login and approval.password):
        return page("connect_unknown.html", 400)
    try:
        authorizing.finish(runtime(), token, approval)
    except NotFound:
        return page("connect_unknown.html", 404)
    return _on(token)


@blueprint.get("/connect/<token>/rejected")
def rejected(token: str) -> Response:
    """The owner said no, or her site cannot do it."""
    return _rejected(token, _OFF if request.args.get("error") == "disabled" else _NO)


@blueprint.get("/connect/<token>/outcome")
def connected(token: str) -> Response:
    """What came of it: what can be read at the site, and what cannot and why."""
    try:
        with runtime().database.reading() as session:
            outcome = authorizing.outcome(session, token)
    except NotFound:
        return page("connect_unknown.html", 404)
    return page("connect_outcome.html", outcome=outcome)


def _rejected(token: str, sentence: str) -> Response:
    try:
        authorizing.reject(runtime(), token, sentence)
    except NotFound:
        return page("connect_unknown.html", 404)
    return _on(token)


def _on(token: str) -> Response:
    return Response(status=303, headers={"Location": url_for("public.connected", token=token)})
