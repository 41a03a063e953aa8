"""WordPress's own way to hand out an application password: its owner approves on her own site.

See https://developer.wordpress.org/rest-api/reference/application-passwords/ and
``wp-admin/authorize-application.php``: after the approval the browser is sent to the success
URL with ``site_url``, ``user_login`` and ``password``.
"""

from urllib.parse import urlencode, urlsplit
from uuid import UUID

from wp_bridge.client import Client
from wp_bridge.errors import NotUnderstood

_ME = {"context": "edit", "_fields": "id,username,roles"}


def link(endpoint: str, *, app_name: str, app_id: UUID, success_url: str, reject_url: str) -> str:
    """The page of the site on which its owner approves or rejects.

    ``app_id`` is the same for every link of one installation: the site shows it beside the name.
    """
    query = urlencode(
        {
            "app_name": app_name,
            "app_id": str(app_id),
            "success_url": success_url,
            "reject_url": reject_url,
        }
    )
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def may_return(site: str, base_url: str) -> str:
    """Why the site would not send its owner back to ``base_url``, "" when it will.

    WordPress sends a password to https only; over plain http just to this very machine, and not
    when that is called localhost (seen on WordPress 7.0).
    """
    back = urlsplit(base_url)
    if back.scheme == "https" or back.hostname in ("127.0.0.1", "::1"):
        return ""
    if urlsplit(site).scheme == "http":
        return ""  # a site for development, which takes any address, or none at all
    return (
        "A site on https sends the password only to an https:// address: give pressferry one "
        "(PRESSFERRY__BASE_URL), or make an application password by hand under Users > Profile."
    )


def is_at(site: str, approved_at: str) -> bool:
    """Whether an approval comes from the site it was asked of. Its scheme may differ: a site
    behind a proxy often believes that it is on http.
    """
    here, there = (urlsplit(url).hostname or "" for url in (site, approved_at))
    return here.removeprefix("www.") == there.removeprefix("www.")


def account(client: Client) -> str:
    """The login name as which the site knows ``client``.

    Raises TryLater, AskTheOwner or NotUnderstood when it does not.
    """
    data = client.get("wp/v2/users/me", _ME).data
    name = data.get("username") if isinstance(data, dict) else None
    if not isinstance(name, str) or not name:
        raise NotUnderstood("The site took the password but does not say whose it is.")
    return name
