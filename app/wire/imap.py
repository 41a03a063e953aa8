"""A mailbox over IMAP (RFC 3501): its new mails one by one, each of them bounded in size."""

import asyncio
import imaplib
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from app.wire import imap_numbers, resolving
from app.wire.imap_numbers import Numbers
from app.wire.imap_words import good, named, number

#: More than that no server has to say at once.
_LARGEST = 4_000_000


class Trouble(Exception):
    """The mailbox cannot be read now. ``step``: connect, tls, login, folder or read; the text is
    the server's, or ours about its silence. ``is_refused``: the server answered, with a no.
    """

    def __init__(self, step: str, words: str, *, is_refused: bool = False) -> None:
        super().__init__(f"{step}: {words}")
        self.step, self.words, self.is_refused = step, words, is_refused


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox is and how to get in. ``encryption``: ssl (TLS from the first byte), tls
    (STARTTLS, required) or none.
    """

    host: str
    port: int
    encryption: str
    username: str
    password: str
    seconds: float = 30.0
    allow_private: bool = False
    tls_trusted: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was opened: what its numbers are valid for, and how many mails it holds."""

    validity: int
    mails: int


@contextmanager
def opened(place: Place) -> Iterator["Mailbox"]:
    """A mailbox, logged in to; closed politely at the end. Raises Trouble."""
    client = _client(place)
    try:
        with _telling("login"):
            _log_in(client, place)
        yield Mailbox(client)
    finally:
        try:
            client.logout()
        except (imaplib.IMAP4.error, OSError):
            _hang_up(client)


class Mailbox:
    """What can be done in a mailbox; numbers of mails are UIDs. Everything raises Trouble."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        with _telling("login"):
            offered = b" ".join(good(client.capability())).decode("ascii", "replace")
        self._offers = frozenset(offered.upper().split())

    def open(self, folder: str) -> Folder:
        """Opens a folder for reading and changing."""
        with _telling("folder"):
            answer = good(self._client.select(named(folder)))
            validity = self._client.response("UIDVALIDITY")[1]
            return Folder(number(validity[0]), number(answer[0]))

    def after(self, uid: int) -> list[int]:
        """The next mails after mail number ``uid``, oldest first: [] when there are none, and never
        more than a part of them. Whoever wants all asks again after the last.
        """
        with _telling("read"):
            return imap_numbers.after(Numbers(self._client), uid)

    def newest(self, most: int) -> list[int]:
        """The ``most`` newest mails, newest first."""
        with _telling("read"):
            return imap_numbers.newest(Numbers(self._client), most)

    def young(self, uids: list[int], day: date) -> list[int]:
        """Those of these mails that came on ``day`` or later, in the same order."""
        with _telling("read"):
            found = set(Numbers(self._client).between(min(uids), max(uids), since=day))
            return [uid for uid in uids if uid in found]

    def fetch(self, uid: int, most: int) -> bytes:
        """The first ``most`` bytes of a mail, which stays unread; b"" when it is gone."""
        with _telling("read"):
            found = good(self._client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{most}>)"))
            parts = [one[1] for one in found if isinstance(one, tuple) and len(one) > 1]
            return bytes(parts[0])[:most] if parts else b""

    def mark_read(self, uid: int) -> None:
        """Somebody need not read this one any more."""
        with _telling("read"):
            good(self._client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    def move(self, uid: int, folder: str) -> None:
        """Puts a mail into another folder; where the server cannot move, it is copied and marked
        as deleted, and removed at once where that can be done for one mail.
        """
        with _telling("read"):
            if "MOVE" in self._offers:
                good(self._client.uid("MOVE", str(uid), named(folder)))
                return
            good(self._client.uid("COPY", str(uid), named(folder)))
            good(self._client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)"))
            if "UIDPLUS" in self._offers:
                good(self._client.uid("EXPUNGE", str(uid)))

    def has(self, folder: str) -> bool:
        """Whether there is such a folder."""
        with _telling("folder"):
            found = good(self._client.list('""', named(folder)))
            return any(one for one in found)


class _Client(imaplib.IMAP4):
    """imaplib's client on a connection of ours, which takes no more than it should."""

    def __init__(self, place: Place, connected: socket.socket) -> None:
        self._connected = connected
        super().__init__(place.host, place.port)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._connected

    def read(self, size: int) -> bytes:
        if size > _LARGEST:
            raise self.abort(f"the server announces {size} bytes at once")
        return super().read(size)


def _client(place: Place) -> imaplib.IMAP4:
    trusted = place.tls_trusted or ssl.create_default_context()
    with _telling("connect"):
        connected = asyncio.run(_connected(place))
    try:
        connected.setblocking(True)
        connected.settimeout(place.seconds)
        if place.encryption == "ssl":
            with _telling("tls"):
                connected = trusted.wrap_socket(connected, server_hostname=place.host)
        with _telling("connect"):
            client = _Client(place, connected)
        if place.encryption == "tls":
            with _telling("tls"), _hanging_up(client):
                client.starttls(trusted)
    except BaseException:
        connected.close()
        raise
    return client


@contextmanager
def _hanging_up(client: imaplib.IMAP4) -> Iterator[None]:
    """Nobody stays on a line on which something went wrong."""
    try:
        yield
    except BaseException:
        _hang_up(client)
        raise


def _hang_up(client: imaplib.IMAP4) -> None:
    try:
        client.shutdown()
    except OSError:
        pass


async def _connected(place: Place) -> socket.socket:
    async with asyncio.timeout(place.seconds):
        places = await resolving.resolve(place.host, place.port, allow_private=place.allow_private)
        return await resolving.connect(places)


def _log_in(client: imaplib.IMAP4, place: Place) -> None:
    """Passwords that LOGIN cannot carry go by AUTHENTICATE PLAIN (RFC 4616)."""
    if place.username.isascii() and place.password.isascii():
        client.login(place.username, place.password)
        return
    secret = f"\0{place.username}\0{place.password}".encode()
    client.authenticate("PLAIN", lambda _: secret)


@contextmanager
def _telling(step: str) -> Iterator[None]:
    """Whatever goes wrong becomes Trouble at this step."""
    try:
        yield
    except Trouble:
        raise
    except TimeoutError:
        raise Trouble(step, "no answer in time") from None
    except ssl.SSLCertVerificationError as error:
        raise Trouble("tls", f"its certificate cannot be trusted: {error.verify_message}") from None
    except (OSError, resolving.NotAllowed) as error:
        raise Trouble(step, _words(error)) from None
    except (imaplib.IMAP4.error, ValueError) as error:
        is_refused = not isinstance(error, imaplib.IMAP4.abort | ValueError)
        raise Trouble(step, _words(error), is_refused=is_refused) from None


def _words(error: Exception) -> str:
    if isinstance(error, ConnectionError) and error.errno is not None:
        return os.strerror(error.errno)
    given = error.args[0] if error.args else ""
    text = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(error)
    return " ".join(text.split())[:300] or type(error).__name__
