"""Opens the site that an agent is near to."""

from app import __version__
from app.rules import network
from config.agent import SiteAccess
from wp_bridge.client import Client
from wp_bridge.ways import Keys


def open_site(site: SiteAccess) -> Client:
    """A client for the site; it may be at a private address, which is what agents are for.

    A password goes over plain http to private addresses only, unless the owner said otherwise.
    """
    return Client(
        site.url,
        site.username,
        site.password,
        allowed=lambda ip: network.may_connect(ip, allow_private=True),
        plainly=lambda ip: network.may_speak_plainly(ip, allow_http=site.allow_http),
        keys=Keys(*site.keys) if site.keys else None,
        user_agent=f"pressferry-agent/{__version__}",
    )
