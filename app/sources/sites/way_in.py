"""Opens a site with its stored login, within what the operator allows."""

from uuid import UUID

from app import __version__
from app.errors import Conflict
from app.rules import network
from app.runtime import Runtime
from app.sources.models import Site
from app.sources.sites import shop_keys
from app.vault import Vault, WrongKey
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
    try:
        return shop_keys.of(site, vault)
    except WrongKey:
        raise Conflict(
            "The keys of the shop were encrypted with another master key: start with that key, or "
            f"give the keys again (PATCH /api/v1/sites/{site.id})."
        ) from None


def _password(vault: Vault, secret: str, site_id: UUID) -> str:
    try:
        return vault.open(secret) if secret else ""
    except WrongKey:
        raise Conflict(
            "The site's application password was encrypted with another master key: start with "
            f"that key, or give the password again (PATCH /api/v1/sites/{site_id})."
        ) from None
