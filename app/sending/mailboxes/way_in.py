"""How to get into a mailbox, one for bounces or one for notification mails."""

from typing import Protocol

from app.vault import Vault, speaking_of
from app.wire.imap import Place


class Login(Protocol):
    """What is stored about a mailbox; ``secret`` is its encrypted password."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def encryption(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def secret(self) -> str: ...
    @property
    def folder(self) -> str: ...


def place(login: Login, vault: Vault, *, allow_private: bool, seconds: float = 30.0) -> Place:
    """Where the mailbox is and how to get in. Raises Conflict for another master key."""
    with speaking_of("The mailbox's password", "enter the password again"):
        password = vault.open(login.secret)
    return Place(
        login.host, login.port, login.encryption, login.username, password, seconds, allow_private
    )
