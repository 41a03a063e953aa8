"""Opens a site with its stored login, within what the operator allows."""

from uuid import UUID

from app import __version__
from app.rules import network
from app.runtime import Runtime
from app.sources.models import Site
from app.sources.sites import shop_keys
from app.vault import Vault, speaking_of
from wp_bridge.client import WHOLE_SECONDS, Client
from wp_bridge.ways import Keys


def open_site(
    runtime: Runtime,
    site: Site,
    *,
    seconds: float = WHOLE_SECONDS,
    login: tuple[str, str] | None = None,
) -> Client:
    """A client for ``site`` that gives each answer ``seconds``. ``login``: user name and password
    instead of the stored ones, empty for a stranger.

    Raises Conflict when the stored password does not open.
    """
    username, password = login or (
        site.username,
        _password(runtime.vault, site.secret, site.id),
    )
    keys = None if login else _keys(runtime.vault, site)
    return Client(
        site.url,
        username,
        password,
        allowed=lambda ip: network.may_connect(ip, allow_private=runtime.allow_private),
        plainly=lambda ip: network.may_speak_plainly(ip, allow_http=runtime.allow_http),
        keys=keys,
        rest_root=site.rest_root,
        seconds=seconds,
        user_agent=f"pressferry/{__version__}",
    )


def _keys(vault: Vault, site: Site) -> Keys | None:
    mend = f"give the keys again (PATCH /api/v1/sites/{site.id})"
    with speaking_of("The shop's pair of keys", mend):
        return shop_keys.of(site, vault)


def _password(vault: Vault, secret: str, site_id: UUID) -> str:
    mend = f"give the password again (PATCH /api/v1/sites/{site_id})"
    with speaking_of("The site's application password", mend):
        return vault.open(secret) if secret else ""
