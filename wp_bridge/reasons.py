"""Why a source of a site cannot be read: its state, and one sentence to act on."""

from typing import Protocol

from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater
from wp_bridge.logins import Login
from wp_bridge.root import Root
from wp_bridge.ways import opens_shop

Trouble = TryLater | AskTheOwner | NotUnderstood
#: State and what to do.
Reason = tuple[str, str]
_REFUSED = ("rest_", "woocommerce_rest_", "xmlrpc_401")
_OR_KEYS = (
    " Or give the keys of the shop (WooCommerce > Settings > Advanced > REST API): they open it "
    "without an application password."
)


class Needs(Protocol):
    """What must be at a site for a source to be readable."""

    @property
    def namespace(self) -> str:
        """The namespace that its plugin registers, such as ``wc/v3``."""
        ...

    @property
    def plugin(self) -> str:
        """Who brings it, as its owner calls it."""
        ...

    @property
    def permission(self) -> str:
        """Which role or setting an account needs to read it: a sentence."""
        ...


class Reasons:
    """Of one site. A login that it refused once is not tried again for every other source: sites
    count wrong logins, and lock accounts out.
    """

    def __init__(self, client: Client, root: Root) -> None:
        self._client = client
        self._root = root
        self._login = Login(client)
        self._refusal: Reason | None = None

    def beforehand(self, needs: Needs) -> Reason | None:
        """Why a source need not even be asked for."""
        client = self._client
        if not client.opens(needs.namespace):
            why = "The shop's keys open nothing but the shop. " if client.keys else ""
            keys = ", or the keys of the shop" if opens_shop(needs.namespace) else ""
            ask = f"Give a user name and an application password{keys}. {needs.permission}"
            return "needs_permission", why + ask
        is_by_keys = client.keys is not None and opens_shop(needs.namespace)
        return None if is_by_keys else self._refusal

    def why(self, trouble: Trouble, needs: Needs) -> Reason:
        """Why a source could not be read."""
        state, detail = self._why(trouble, needs)
        if isinstance(trouble, AskTheOwner) and self._is_wrong_login(trouble, state):
            self._refusal = state, detail
        return state, detail + or_keys(self._client, trouble, state, needs.namespace)

    def _why(self, trouble: Trouble, needs: Needs) -> Reason:
        if isinstance(trouble, AskTheOwner):
            if trouble.anonymous:
                return self._why_a_stranger(trouble)
            if trouble.code == "xmlrpc_403":
                return self._why_not_by_xmlrpc()
            if trouble.state == "needs_permission" and trouble.code.startswith(_REFUSED):
                return "needs_permission", f"This account may not read it. {needs.permission}"
        if isinstance(trouble, NotUnderstood) and not trouble.code:
            return "blocked", f"The route answers, but not as its plugin does. {trouble.sentence}"
        return named(trouble)

    def _why_a_stranger(self, trouble: AskTheOwner) -> Reason:
        """Why the site treats us as a stranger although we gave a password."""
        if trouble.state == "blocked":
            return named(trouble)
        if self._root.app_passwords:
            return self._login.why_a_stranger()
        return no_app_passwords(self._client.url, self._root)

    def _why_not_by_xmlrpc(self) -> Reason:
        """Why XML-RPC does not know the login."""
        if not self._root.app_passwords:
            return no_app_passwords(self._client.url, self._root)
        return self._login.why_not_by_xmlrpc()

    def _is_wrong_login(self, trouble: AskTheOwner, state: str) -> bool:
        if trouble.is_wrong_login:
            return True
        if state != "needs_permission":
            return False
        # The password of the login page is taken over XML-RPC, if nowhere else.
        return trouble.code == "xmlrpc_403" or (trouble.anonymous and not self._login.is_known)


def no_app_passwords(url: str, root: Root) -> Reason:
    """Why the site at ``url`` says that it takes no application passwords."""
    if root.runs("wordfence"):
        return "app_passwords_unavailable", (
            "Wordfence has switched application passwords off: untick Wordfence > All Options > "
            "Brute Force Protection > Disable WordPress application passwords."
        )
    if "wp-site-health/v1" not in root.namespaces:  # both came with WordPress 5.6
        return "version_too_old", (
            "This WordPress has no application passwords, which came with version 5.6: update it."
        )
    if url.startswith("http://"):
        return "insecure_http", (
            "WordPress takes application passwords only over https: give the site a certificate "
            "and add it with its https:// address. (A test site may set "
            "WP_ENVIRONMENT_TYPE=local instead.)"
        )
    return "app_passwords_unavailable", (
        "Application passwords are switched off at the site: a security plugin (such as "
        "All-In-One Security) does that, or WordPress does not know that it is reached over "
        "https because a proxy in front does not tell it (X-Forwarded-Proto)."
    )


def named(trouble: Trouble) -> Reason:
    """A trouble as a state and what to do."""
    state = trouble.state if isinstance(trouble, AskTheOwner) else "unreachable"
    return state, trouble.sentence


def page_about(source: str, state: str) -> str:
    """The page of the documentation that tells more, with the place on it."""
    if source and state in ("ready", "needs_permission", "plugin_absent", "stores_no_entries"):
        return f"sources/{source.replace('_', '-')}" + (
            "" if state == "ready" else "#what-it-needs"
        )
    return f"sources/cannot-be-read#{state}" if state != "ready" else "recipes/pull-a-site"


def or_keys(client: Client, trouble: Trouble, state: str, namespace: str) -> str:
    """The other way into a shop, where it was seen to stay open; "" where there is none."""
    if client.keys or not opens_shop(namespace) or not isinstance(trouble, AskTheOwner):
        return ""
    no_passwords = ("app_passwords_unavailable", "insecure_http", "version_too_old")
    is_open = trouble.state == "blocked" and trouble.code
    return _OR_KEYS if is_open or (trouble.anonymous and state in no_passwords) else ""
