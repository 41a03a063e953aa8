"""What is only nice to know: a site may keep it to itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from wp_bridge.errors import AskTheOwner, NotUnderstood


@contextmanager
def nice_to_know() -> Iterator[None]:
    """Passes over what a site refuses or says in words of its own.

    But not that the login is wrong, which is raised: with each try more a site is nearer to locking
    the account.
    """
    try:
        yield
    except NotUnderstood:
        pass
    except AskTheOwner as trouble:
        if trouble.is_wrong_login:
            raise
