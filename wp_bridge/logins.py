"""Whether a site knows a login, where its REST API does not say: WordPress 6.1 was seen to treat
a wrong application password as it treats no password at all.
"""

from functools import cached_property

from wp_bridge import authorize
from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

#: States in which the REST API takes whoever gives a login for a stranger, whatever is asked.
_STRANGER = frozenset({"header_stripped", "app_passwords_unavailable"})


def is_dead(trouble: AskTheOwner, *, xmlrpc: bool = False) -> bool:
    """Whether a login that was refused so is refused at every other source of the site, too.

    ``xmlrpc``: that source is read over XML-RPC, where no header can get lost.
    """
    return trouble.is_wrong_login or (trouble.state in _STRANGER and not xmlrpc)


class Login:
    """The login of a client, tried over XML-RPC, where no header can get lost.

    Asked once, however many sources want to know: sites count wrong logins.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @cached_property
    def is_known(self) -> bool | None:
        """Whether user name and password are right; None where the site does not tell."""
        try:
            self._client.call("wp.getProfile")
        except AskTheOwner as trouble:
            # 403: the login is wrong; 401: it is right, but may not do this.
            return {"xmlrpc_401": True, "xmlrpc_403": False}.get(trouble.code)
        except (TryLater, NotUnderstood):
            return None
        return True

    def why_a_stranger(self) -> tuple[str, str]:
        """Why a site that takes application passwords treats this one as none: state and what
        to do.
        """
        if self.is_known is False:
            return "needs_permission", _WRONG
        if self.is_known and not self._client.has_application_password:
            return "needs_permission", (
                "This is the password of the login page, which opens no REST API: make an "
                "application password under Users > Profile > Application Passwords."
            )
        return "header_stripped", _DROPPED + ("" if self.is_known else _OR_WRONG)

    def why_not_by_xmlrpc(self) -> tuple[str, str]:
        """Why a site that takes application passwords refuses this one over XML-RPC."""
        try:
            authorize.account(self._client)
        except AskTheOwner as trouble:
            is_lost = trouble.anonymous or trouble.state != "needs_permission"
            return "needs_permission", _WRONG if is_lost else trouble.sentence
        except (TryLater, NotUnderstood):
            return "needs_permission", _WRONG
        return "blocked", (
            "XML-RPC refuses this login although the REST API takes it: a security plugin closes "
            "XML-RPC to logins (Wordfence: Login Security > Settings > Disable XML-RPC "
            "authentication). Allow it for this server."
        )


_WRONG = (
    "The user name or the application password is wrong, or it was revoked: make a new one under "
    "Users > Profile > Application Passwords (it is not the password of the login page)."
)
_DROPPED = (
    "The web server drops the Authorization header before WordPress sees it. Apache (also with "
    "PHP-FPM): add `CGIPassAuth On`, or put `RewriteRule .* - "
    "[E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]` first in .htaccess (saving Settings > "
    "Permalinks writes it). nginx: add `fastcgi_param HTTP_AUTHORIZATION $http_authorization;`. "
    "A proxy in front must pass the header on."
)
_OR_WRONG = (
    " Or the user name or the application password is wrong: this site does not say which, so "
    "look at those first."
)
