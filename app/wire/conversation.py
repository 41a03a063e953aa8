"""Carries parcels over a line, one after another, as fast as the server bears it.

A message is said in four steps: MAIL, RCPT, DATA, and the body with its final dot. They are
said one by one (*lock_step*), the first three together (*group*), or, with *overlap*, a body
together with the first three of the next message: one round trip per message, and still at
most one message whose fate hangs on a reply.
"""

from collections.abc import Callable

from app.rules.replies.meaning import Reply
from app.wire.envelope import Parcel, Spoken, speak
from app.wire.flight import Flight, Over, ended
from app.wire.hearing import tidy
from app.wire.line import Line, Silence

__all__ = ["WITHDRAWN", "Parcel", "converse"]

#: How the text begins by which a parcel is heard that we ourselves kept back: nothing was said.
WITHDRAWN = "withdrawn"

_DATA = b"DATA\r\n"
_RSET = b"RSET\r\n"
_LONE_DOT = b".\r\n"


async def converse(
    line: Line,
    first: Parcel,
    *,
    take: Callable[[], Parcel | None],
    say: Callable[[Parcel], bool],
    heard: Callable[[Parcel, Reply], None],
    most: int,
) -> int:
    """Carries ``first`` and what ``take`` gives; how many were said on the line.

    Ends when ``take`` gives None, when ``most`` were said, or when the line is lost. ``heard``
    is called exactly once for every parcel, with the reply that decides about it; ``code`` None
    with phase ``final_dot`` means that its body was handed over and nobody knows. ``say`` is
    asked immediately before a body (or a lone dot) is handed over: when it answers False
    nothing is said, what is open is heard with code None and a text that begins with WITHDRAWN,
    and the line is closed. Raises only CancelledError and what the callbacks raise, and then
    too every parcel was heard before.
    """
    conversation = _Conversation(line, take, say, heard, most)
    why = "the line was given up"
    try:
        await conversation.run(first)
    except (Silence, Over) as end:
        why = str(end)
        line.abort(why)
    finally:
        conversation.close(why)
    return conversation.said


class _Conversation:
    def __init__(
        self,
        line: Line,
        take: Callable[[], Parcel | None],
        say: Callable[[Parcel], bool],
        heard: Callable[[Parcel, Reply], None],
        most: int,
    ) -> None:
        self._line = line
        self._take = take
        self._say = say
        self._heard = heard
        self._most = most
        self._open: list[Flight] = []
        self.said = 0

    async def run(self, first: Parcel) -> None:
        flight = self._board(first)
        if flight is not None and not await self._line.still_open():
            raise Over(self._line.ended)
        while flight is not None:
            following = await self._hand_over(flight) if await self._wanted(flight) else None
            if following is None and self.said < self._most and await self._line.still_open():
                following = self._board(self._take())
            flight = following

    def close(self, why: str) -> None:
        """Tells of every parcel that nothing decided about; a line in the middle is dropped."""
        if self._open:
            self._line.abort(why)
        while self._open:
            flight = self._open[0]
            self._land(flight, flight.verdict or Reply(flight.phase, None, why))

    def _board(self, parcel: Parcel | None) -> Flight | None:
        while parcel is not None:
            spoken = speak(parcel, self._line)
            if isinstance(spoken, Spoken):
                flight = Flight(spoken)
                self._open.append(flight)
                return flight
            self._heard(parcel, spoken)
            parcel = self._take()
        return None

    async def _wanted(self, flight: Flight) -> bool:
        """Says the envelope, unless it was said before; whether the body is wanted."""
        line = self._line
        if flight.asked:
            return await self._hear_group(flight)
        flight.reset = line.dirty
        steps = [(_RSET, "mail_from")] if flight.reset else []
        steps += [
            (flight.spoken.mail, "mail_from"),
            (flight.spoken.rcpt, "rcpt_to"),
            (_DATA, "data"),
        ]
        if line.level == "lock_step" or not line.carried:
            self._count(flight)
            return await self._step_by_step(flight, steps)
        self._count(flight)
        line.say(b"".join(command for command, _ in steps))
        return await self._hear_group(flight)

    async def _step_by_step(self, flight: Flight, steps: list[tuple[bytes, str]]) -> bool:
        for command, phase in steps:
            flight.phase = phase
            await self._settle()
            self._line.say(command)
            code, words = await self._line.hear(self._line.reply_seconds)
            if not self._goes_on(flight, phase, code, words, resetting=command is _RSET):
                break
        return self._is_wanted(flight)

    async def _hear_group(self, flight: Flight) -> bool:
        """Hears the replies to a whole envelope, also those after a refusal."""
        if not flight.reset and self._line.goes_ahead():
            flight.phase = "data"
            return True
        seconds = self._line.reply_seconds
        if flight.reset:
            self._goes_on(flight, "mail_from", *await self._line.hear(seconds), resetting=True)
        for phase in ("mail_from", "rcpt_to", "data"):
            flight.phase = phase
            code, words = await self._line.hear(seconds)
            self._goes_on(flight, phase, code, words)
        if flight.verdict and code == 354:
            await self._lone_dot(flight)
        return self._is_wanted(flight)

    def _is_wanted(self, flight: Flight) -> bool:
        if flight.verdict:
            self._land(flight, flight.verdict)
        return flight.verdict is None

    def _goes_on(
        self, flight: Flight, phase: str, code: int, words: bytes, *, resetting: bool = False
    ) -> bool:
        """Judges one reply before the body; whether it is the one that was hoped for.

        The first refusal decides.
        """
        if (code == 354) if phase == "data" else (200 <= code < 300):
            if resetting:
                self._line.dirty = False
            return True
        if code < 400:
            raise self._out_of_step(code, words)
        if code == 503 and self._line.level == "overlap":
            self._line.level = "group"
        flight.verdict = flight.verdict or Reply(phase, code, tidy(words))
        if code == 421 or resetting:
            raise ended(code, words)
        return False

    async def _hand_over(self, flight: Flight) -> Flight | None:
        """Hands over the body; the next flight when its envelope went along with it."""
        line = self._line
        await self._settle()
        following = self._overlapping()
        if not self._say(flight.spoken.parcel):
            raise Over(f"{WITHDRAWN} before its body was said")
        flight.phase = "final_dot"
        envelope = b""
        if following is not None:
            envelope = following.spoken.mail + following.spoken.rcpt + _DATA
            self._count(following)
        line.hand_over(flight.spoken.body, envelope)
        code, words = await line.hear(line.final_reply_seconds)
        self._judge_dot(flight, code, words)
        return following

    def _overlapping(self) -> Flight | None:
        line = self._line
        if line.level != "overlap" or line.dirty or line.carried < 2 or self.said >= self._most:
            return None
        return self._board(self._take())

    def _judge_dot(self, flight: Flight, code: int, words: bytes) -> None:
        if 300 <= code < 400:
            raise self._out_of_step(code, words)
        self._land(flight, Reply("final_dot", code, tidy(words)))
        if code == 421:
            raise ended(code, words)

    async def _lone_dot(self, flight: Flight) -> None:
        """The server wants a body for nobody: give it none, so that both stay in step."""
        await self._settle()
        if not self._say(flight.spoken.parcel):
            raise Over(f"{WITHDRAWN} before a lone dot was said")
        self._line.say(_LONE_DOT)
        code, words = await self._line.hear(self._line.final_reply_seconds)
        if 300 <= code < 400:
            raise self._out_of_step(code, words)
        if code == 421:
            raise ended(code, words)

    async def _settle(self) -> None:
        if self._line.stirs():
            await self._line.settle()
        if self._line.unread:
            raise self._out_of_step(*await self._line.hear(0))
        if self._line.lost:
            raise Over(self._line.ended)

    def _count(self, flight: Flight) -> None:
        flight.asked = True
        self.said += 1
        self._line.carried += 1

    def _land(self, flight: Flight, reply: Reply) -> None:
        self._open.remove(flight)
        if reply.code is None or reply.code >= 400:
            self._line.dirty = True
        self._heard(flight.spoken.parcel, reply)

    def _out_of_step(self, code: int, words: bytes) -> Over:
        line = self._line
        line.level = "group" if line.level == "overlap" else "lock_step"
        why = f"out of step: the server said {code} {tidy(words)}".rstrip()
        line.abort(why)
        return Over(why)
