"""What a program may hand in by SMTP, and what it is told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app import clock, outages
from app.db import Database
from app.errors import Problem
from app.messages import taking_in
from app.rules import email_address
from app.rules.mail.finished import NotAMail
from app.rules.mail.submitted import submitted
from app.rules.pace import allowance
from app.rules.pace.allowance import Allowance

log = structlog.get_logger(__name__)

_LONGEST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Measures:
    """``largest``: bytes of a mail; ``recipients`` of one mail; ``per_minute``: messages a key."""

    largest: int
    recipients: int
    per_minute: int


class Desk:
    """The hooks of aiosmtpd. ``stored`` is called after each mail that was taken.

    Who logged in is asked again for each mail: a key that was revoked takes effect at once.
    """

    def __init__(
        self,
        database: Database,
        measures: Measures,
        *,
        name: str,
        now: Callable[[], datetime],
        stored: Callable[[], None],
    ) -> None:
        self.measures = measures
        self._database = database
        self._name = name
        self._now = now
        self._stored = stored
        self._allowances: dict[UUID, Allowance] = {}

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any
    ) -> AuthResult:
        """The password is an API key with the scope ``send``; the user name may be anything."""
        refused = AuthResult(success=False, handled=False)
        if not isinstance(data, LoginPassword):
            return refused
        key_text = data.password.decode("utf-8", "replace")
        try:
            with self._database.reading() as reading:
                who = taking_in.principal(reading, key_text, self._now())
        except Problem as problem:
            log.warning("a login was refused", peer=str(session.peer), why=problem.detail)
            refused.message = f"535 5.7.8 {problem.detail}"
            return refused
        return AuthResult(success=True, auth_data=_Login(who.key_id, key_text))

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Where it says it comes from is not used: a relay's own address goes on the envelope."""
        if allowance.take(self._allowance(session), clock.monotonic(), self.measures.per_minute):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
            return "250 2.1.0 OK"
        return "451 4.7.0 This key hands in too much at once: try again in a minute"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whom it is for; each counts."""
        if email_address.parse(address) is None:
            return "553 5.1.3 This is no address that can be written to"
        if len(envelope.rcpt_tos) >= self.measures.recipients:
            return f"452 4.5.3 At most {self.measures.recipients} recipients: send the mail again"
        now, per_minute = clock.monotonic(), self.measures.per_minute
        left = allowance.take(self._allowance(session), now, per_minute)
        if left is None:
            return "452 4.5.3 This key hands in too much at once: try again in a minute"
        self._allowances[_login(session).key_id] = left
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail: what is answered with 250 is on disk."""
        loop = asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(None, self._take_in, session, envelope)
        except NotAMail as error:
            return _reply("554 5.6.0", str(error))
        except Problem as problem:
            return _reply("554 5.7.1", problem.detail)
        self._stored()
        more = f" and {len(made) - 1} more" if len(made) > 1 else ""
        return f"250 2.0.0 Stored as {made[0]}{more}"

    async def handle_exception(self, error: Exception) -> str:
        """Something went wrong here: nothing was taken, and it may be tried again."""
        log.error("a mail could not be taken", exc_info=error)
        if outages.is_full(error):
            return "452 4.3.1 The disk under the database is full here: try again later"
        return "451 4.3.0 Something went wrong here: try again later"

    def _take_in(self, session: Session, envelope: Envelope) -> list[UUID]:
        now = self._now()
        content = envelope.original_content or b""
        with_ = "ESMTPSA" if session.ssl else "ESMTPA"
        mail = submitted(content, by=self._name, with_=with_, now=now)
        parsed = (email_address.parse(one) for one in envelope.rcpt_tos)
        people = {one.address: one for one in parsed if one is not None}
        with self._database.transaction() as writing:
            return taking_in.take_in(
                writing, _login(session).key_text, mail, list(people.values()), now=now
            )

    def _allowance(self, session: Session) -> Allowance | None:
        return self._allowances.get(_login(session).key_id)


@dataclass(frozen=True, slots=True)
class _Login:
    key_id: UUID
    key_text: str

    def __repr__(self) -> str:
        return "_Login(...)"


def _login(session: Session) -> _Login:
    """Who logged in: without that nothing else is asked of the desk."""
    found: Any = session.auth_data
    assert isinstance(found, _Login)
    return found


def _reply(code: str, words: str) -> str:
    said = "".join(letter if " " <= letter <= "~" else "?" for letter in words)
    return f"{code} {said[:_LONGEST_WORDS]}"
