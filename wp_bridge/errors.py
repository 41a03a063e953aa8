"""What can go wrong at a site, named by what the caller does next. Imports nothing."""

#: WordPress's codes for a login that will never do.
WRONG_LOGIN = frozenset({"incorrect_password", "invalid_username", "invalid_email"})


class TryLater(Exception):
    """The site cannot answer now: ask again, not before ``retry_after`` seconds if it named any.

    ``throttled``: it asked for patience, so nothing is broken.
    """

    def __init__(
        self, sentence: str, retry_after: float | None = None, *, throttled: bool = False
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after = retry_after
        self.throttled = throttled


class AskTheOwner(Exception):
    """Only a person can mend this; ``sentence`` says how.

    ``state`` is one of needs_permission, plugin_absent, blocked, header_stripped,
    app_passwords_unavailable, insecure_http, version_too_old, stores_no_entries, unreachable.
    ``code``: WordPress's own word for it, "" when there was none. ``anonymous``: the site
    treated us as a stranger although we said who we are.
    """

    def __init__(
        self, state: str, sentence: str, *, code: str = "", anonymous: bool = False
    ) -> None:
        super().__init__(sentence)
        self.state = state
        self.sentence = sentence
        self.code = code
        self.anonymous = anonymous

    @property
    def is_wrong_login(self) -> bool:
        """Whether the site counted a wrong login: asking again makes it lock the account."""
        return self.code in WRONG_LOGIN


class NotUnderstood(Exception):
    """The site's answer is none that this version understands: report it, go on with others."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
