"""Secrets at rest: encrypted with the operator's master key, and keys derived from it."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import Conflict


class WrongKey(Exception):
    """A secret was closed with another master key: give that key back, or enter it again."""


class Vault:
    """Encrypts and decrypts small secrets.

    ``master_keys``: the current key first, then older ones that may still open what they closed.
    Each is any text of 16 characters or more.
    """

    def __init__(self, master_keys: list[str]) -> None:
        self._masters = master_keys
        self._fernet = MultiFernet(
            [Fernet(urlsafe_b64encode(_derive(key, b"secrets"))) for key in master_keys]
        )

    def close(self, secret: str) -> str:
        """Plain text -> what may be stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, stored: str) -> str:
        """What was stored -> plain text. Raises WrongKey."""
        try:
            return self._fernet.decrypt(stored.encode()).decode()
        except InvalidToken as error:
            raise WrongKey("a stored secret does not open with this master key") from error

    def close_bytes(self, secret: bytes) -> bytes:
        """The same of bytes."""
        return self._fernet.encrypt(secret)

    def open_bytes(self, stored: bytes) -> bytes:
        """What was stored -> the bytes. Raises WrongKey."""
        try:
            return self._fernet.decrypt(stored)
        except InvalidToken as error:
            raise WrongKey("stored bytes do not open with this master key") from error

    def key_for(self, purpose: str) -> bytes:
        """32 bytes that only this installation knows, another one for each purpose."""
        return self.keys_for(purpose)[0]

    def keys_for(self, purpose: str) -> list[bytes]:
        """The same for every master key, the current one first: what was signed stays valid."""
        return [_derive(master, purpose.encode()) for master in self._masters]


@contextmanager
def speaking_of(what: str, mend: str) -> Iterator[None]:
    """Says to people what does not open and how to ``mend`` it: WrongKey becomes Conflict."""
    try:
        yield
    except WrongKey:
        raise Conflict(
            f"{what} was encrypted with another master key: start with that key, or {mend}."
        ) from None


def _derive(master: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"pressferry " + purpose).derive(master.encode())


def opened(master_key: str, key_file: Path, old_keys: Sequence[str]) -> Vault:
    """The vault of ``master_key``, "" for the one in ``key_file``, made when there is none yet."""
    return Vault([master_key or read_or_make_master_key(key_file), *old_keys])


def read_or_make_master_key(path: Path) -> str:
    """The master key in ``path``; made (mode 0600) when the file is not there yet.

    Raises WrongKey when the file holds no key.
    """
    if not path.exists():
        _make_master_key(path)
    key = path.read_text().strip()
    if len(key) < 16:
        raise WrongKey(
            f"{path} holds no master key of 16 characters or more: put the key back, "
            "or remove the file to have a new one made (stored secrets are lost with the old one)"
        )
    return key


def _make_master_key(path: Path) -> None:
    """Appears complete or not at all; whoever comes second takes the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(Fernet.generate_key().decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
