"""A real, small IMAP server in the process: enough of RFC 3501 to be read by any client."""

import base64
import re
import socket
import socketserver
import ssl
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.waiting import PATIENCE

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
USERNAME, PASSWORD = "bounces@example.com", 'pass "word" \\'


@dataclass
class Kept:
    """A mail in a folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    day: date = date(2026, 11, 22)


@dataclass
class Server:
    """``folders``: name on the wire -> mails. ``refuse``: command -> what is answered instead of
    doing it (without its tag when it begins with a star). ``before``: called with every command;
    what it raises cuts the line.
    """

    port: int = 0
    validity: int = 7
    password: str = PASSWORD
    offers: str = "IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE"
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    folders: dict[str, list[Kept]] = field(default_factory=lambda: {"INBOX": []})
    refuse: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], Any] = lambda _: None
    commands: list[str] = field(default_factory=list)
    _uid: int = 0

    def put(
        self, *mails: str | bytes, folder: str = "INBOX", day: date = date(2026, 11, 22)
    ) -> None:
        """Mails arrive."""
        for mail in mails:
            self._uid += 1
            raw = mail if isinstance(mail, bytes) else mail.replace("\n", "\r\n").encode()
            self.folders.setdefault(folder, []).append(Kept(self._uid, raw, day=day))

    def made_anew(self) -> None:
        """As after a restore: the same mails, other numbers."""
        self.validity += 1
        self._uid = 0
        for mails in self.folders.values():
            for mail in mails:
                self._uid += 1
                mail.uid = self._uid


@contextmanager
def imap_server(**settings: Any) -> Iterator[Server]:
    """Listens on a free port of 127.0.0.1."""
    server = Server(**settings)

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True  # or each answer of two lines waits for the client's system

        def handle(self) -> None:
            _Session(server, self.request).run()

    class Listening(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Listening(("127.0.0.1", 0), Handler) as listening:
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        listening.shutdown()
        thread.join(PATIENCE)


class _Session:
    def __init__(self, server: Server, connection: socket.socket) -> None:
        self._server = server
        self._use(connection)
        self._folder = ""

    def _use(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")

    def run(self) -> None:
        try:
            if self._server.at_once:
                self._secure()
            self._say("* OK ready")
            while line := self._file.readline():
                if not self._answer(line.decode().rstrip("\r\n")):
                    return
        except (OSError, ValueError, ssl.SSLError):
            return
        finally:
            self._file.close()
            self._connection.close()

    def _secure(self) -> None:
        assert self._server.tls is not None
        self._use(self._server.tls.wrap_socket(self._connection, server_side=True))

    def _say(self, line: str) -> None:
        self._connection.sendall(line.encode() + b"\r\n")

    def _answer(self, line: str) -> bool:
        tag, _, rest = line.partition(" ")
        name, _, given = rest.partition(" ")
        name = name.upper()
        if name == "UID":
            second, _, given = given.partition(" ")
            name = f"UID {second.upper()}"
        self._server.commands.append(f"{name} {given}".strip())
        self._server.before(name)
        if name in self._server.refuse:
            answer = self._server.refuse[name]
            self._say(answer if answer.startswith("*") else f"{tag} {answer}")
            return True
        if name == "LOGOUT":
            self._say("* BYE see you")
            self._say(f"{tag} OK done")
            return False
        try:
            done = getattr(self, "do_" + name.lower().replace(" ", "_"))(given)
        except LookupError as error:
            self._say(f"{tag} NO {error.args[0]}")
        else:
            self._say(f"{tag} {done or 'OK done'}")
            if name == "STARTTLS":
                self._secure()
        return True

    def do_capability(self, _: str) -> None:
        self._say(f"* CAPABILITY {self._server.offers}")

    def do_starttls(self, _: str) -> None:
        pass

    def do_login(self, given: str) -> None:
        username, password = (_unquoted(one) for one in _words(given))
        self._admit(username, password)

    def do_authenticate(self, _: str) -> None:
        self._say("+ ")
        _, username, password = base64.b64decode(self._file.readline()).decode().split("\0")
        self._admit(username, password)

    def _admit(self, username: str, password: str) -> None:
        if (username, password) != (USERNAME, self._server.password):
            raise LookupError("[AUTHENTICATIONFAILED] wrong user name or password")

    def do_list(self, given: str) -> None:
        wanted = _unquoted(_words(given)[1])
        if wanted in self._server.folders:
            self._say(f'* LIST () "/" "{wanted}"')

    def do_select(self, given: str) -> str:
        self._folder = self._known(given)
        self._say(f"* {len(self._mails)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self._server.validity}] valid")
        return "OK [READ-WRITE] opened"

    def _known(self, quoted: str) -> str:
        name = _unquoted(quoted)
        if name not in self._server.folders:
            raise LookupError(f"there is no folder {name}")
        return name

    @property
    def _mails(self) -> list[Kept]:
        return self._server.folders[self._folder]

    def _place(self, uid: int) -> int:
        """Where the mail stands, counted from 0, or the next one if it is not there."""
        return bisect_left(self._mails, uid, key=lambda mail: mail.uid)

    def do_uid_search(self, given: str) -> None:
        found = self._mails
        if match := re.search(r"UID (\d+):(\d+)", given):
            first, last = int(match[1]), int(match[2])
            found = found[self._place(first) : self._place(last + 1)]
        if match := re.search(r"SINCE (\d+)-(\w{3})-(\d{4})", given):
            day, month, year = match.groups()
            young = date(int(year), _MONTHS.index(month) + 1, int(day))
            found = [mail for mail in found if mail.day >= young]
        self._say(f"* SEARCH {' '.join(str(mail.uid) for mail in found)}".rstrip())

    def do_fetch(self, given: str) -> None:
        first, _, last = given.removesuffix(" (UID)").partition(":")
        places = [len(self._mails) if one == "*" else int(one) for one in (first, last or first)]
        if max(places) > len(self._mails) or min(places) < 1:
            raise LookupError("there is no mail at this place")
        lines = [
            f"* {place} FETCH (UID {self._mails[place - 1].uid})"
            for place in range(min(places), max(places) + 1)
        ]
        self._say("\r\n".join(lines))

    def do_uid_fetch(self, given: str) -> None:
        if given == "* (UID)":
            if self._mails:
                self.do_fetch(given)
            return
        uid, most = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", given).groups()  # type: ignore[union-attr]
        place = self._place(int(uid))
        for number, mail in enumerate(self._mails[place : place + 1], place + 1):
            if mail.uid == int(uid):
                raw = mail.raw[: int(most)]
                head = f"* {number} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode()
                self._connection.sendall(head + raw + b")\r\n")

    def do_uid_store(self, given: str) -> None:
        uid, flags = re.fullmatch(r"(\d+) \+FLAGS\.SILENT \((.*)\)", given).groups()  # type: ignore[union-attr]
        for mail in self._mails:
            if mail.uid == int(uid):
                mail.flags |= set(flags.split())

    def do_uid_copy(self, given: str) -> None:
        self._copy(given)

    def do_uid_move(self, given: str) -> None:
        self._remove(self._copy(given))

    def do_uid_expunge(self, given: str) -> None:
        self._remove(int(given))

    def _copy(self, given: str) -> int:
        uid, _, quoted = given.partition(" ")
        folder = self._known(quoted)
        for mail in self._mails:
            if mail.uid == int(uid):
                self._server.put(mail.raw, folder=folder)
        return int(uid)

    def _remove(self, uid: int) -> None:
        self._mails[:] = [mail for mail in self._mails if mail.uid != uid]


def _words(given: str) -> list[str]:
    return re.findall(r'"(?:\\.|[^"\\])*"|\S+', given)


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word
