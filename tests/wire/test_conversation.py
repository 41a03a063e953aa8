"""What is said to a relay and what is made of its answers, also of the odd ones."""

import asyncio
import socket
import threading

import pytest

from app.rules.replies.meaning import Reply
from app.wire.conversation import Parcel, converse
from app.wire.opening import open_line
from tests.waiting import PATIENCE
from tests.wire.scripted import (
    ONE_GOOD,
    PIPELINING,
    PLAIN,
    Relay,
    Talk,
    carry,
    parcels,
    play,
    relay,
)

#: The second message of a pipelined line: three commands at once, then the body.
GROUP = """
C: MAIL
C: RCPT
C: DATA
S: 250 ok
S: 250 ok
S: 354 go on
"""
#: Two good messages; the third one's envelope has come along with the second one's body.
UP_TO_OVERLAP = PIPELINING + ONE_GOOD + GROUP + "body\nC: MAIL\nC: RCPT\nC: DATA\n"
TAKEN = ("final_dot", 250)


def test_without_pipelining_everything_waits_for_its_reply() -> None:
    talk = play(PLAIN + ONE_GOOD * 3 + "C: QUIT\nS: 221 bye", 3)
    assert [talk.reply(n) for n in (1, 2, 3)] == [TAKEN] * 3
    assert (talk.relay.surprises, talk.carried) == ([], 3)
    assert talk.relay.commands[-1] == "QUIT"


def test_with_pipelining_the_next_envelope_goes_with_the_body() -> None:
    talk = play(
        UP_TO_OVERLAP
        + "S: 250 taken\nS: 250 ok\nS: 250 ok\nS: 354 go on\nbody\nS: 250 taken\nC: QUIT",
        3,
    )
    assert [talk.reply(n) for n in (1, 2, 3)] == [TAKEN] * 3
    assert talk.relay.surprises == []
    assert talk.level == "overlap"
    assert "RSET" not in " ".join(talk.relay.commands)


def test_a_body_is_announced_before_it_is_said_and_nothing_is_taken_too_early() -> None:
    talk = play(PLAIN + ONE_GOOD * 2, 2)
    assert talk.events == ["say 1", "heard 1", "say 2", "heard 2"]


def test_the_last_allowed_message_takes_nothing_along() -> None:
    talk = play(PIPELINING + ONE_GOOD + GROUP + "body\nS: 250 taken\nC: QUIT", 5, most=2)
    assert (talk.carried, talk.left, talk.relay.surprises) == (2, 3, [])
    assert not talk.lost


def test_a_reply_of_many_lines_is_one_reply() -> None:
    script = PLAIN + ONE_GOOD.replace(
        "S: 250 2.0.0 taken", "S: 250-2.0.0 taken\nS: 250-queued\nS: 250 as 4711"
    )
    assert play(script).replies[1] == Reply("final_dot", 250, "2.0.0 taken queued as 4711")


def test_a_strangers_words_are_bounded_and_hold_no_controls() -> None:
    script = PLAIN + f"C: MAIL\nS: 550 bad\\x00 \x1b[31mred \u2028{'x' * 4000}\n"
    text = play(script).replies[1].text
    assert text.startswith("bad   [31mred")
    assert len(text) == 500
    assert text.isprintable()


def test_after_a_refusal_the_next_group_begins_with_rset() -> None:
    refused = (
        "C: MAIL\nC: RCPT\nC: DATA\nS: 250 ok\nS: 550 5.1.1 nobody\nS: 503 5.5.1 no recipients\n"
    )
    again = GROUP.replace("C: MAIL", "C: RSET\nC: MAIL").replace(
        "S: 250 ok", "S: 250 reset\nS: 250 ok", 1
    )
    talk = play(PIPELINING + ONE_GOOD + refused + again + "body\nS: 250 taken\n", 3)
    assert talk.replies[2] == Reply("rcpt_to", 550, "5.1.1 nobody")
    assert talk.reply(3) == TAKEN
    assert talk.relay.surprises == []


def test_after_a_refusal_without_pipelining_rset_is_said_alone() -> None:
    refused = "C: MAIL\nS: 250 ok\nC: RCPT\nS: 450 4.2.1 later\nC: RSET\nS: 250 reset\n"
    talk = play(PLAIN + refused + ONE_GOOD, 2)
    assert (talk.reply(1), talk.reply(2)) == (("rcpt_to", 450), TAKEN)


def test_after_a_refused_body_the_envelope_after_next_begins_with_rset() -> None:
    """The next one was under way already; nothing is taken along until both sides are clean."""
    second_refused = "S: 552 5.2.3 big\nS: 250 ok\nS: 250 ok\nS: 354 go on\nbody\nS: 250 taken\n"
    again = GROUP.replace("C: MAIL", "C: RSET\nC: MAIL").replace(
        "S: 250", "S: 250 reset\nS: 250", 1
    )
    talk = play(UP_TO_OVERLAP + second_refused + again + "body\nS: 250 taken\nC: QUIT", 4)
    assert [talk.reply(n) for n in (1, 2, 3, 4)] == [TAKEN, ("final_dot", 552), TAKEN, TAKEN]
    assert talk.relay.surprises == []


def test_a_body_for_nobody_gets_a_lone_dot() -> None:
    odd = "C: MAIL\nC: RCPT\nC: DATA\nS: 250 ok\nS: 550 nobody\nS: 354 go on\nbody\nS: 554 none\n"
    talk = play(PIPELINING + ONE_GOOD + odd + "C: RSET\nC: MAIL\nclose", 3)
    assert talk.relay.bodies[1] == b".\r\n"
    assert talk.reply(2) == ("rcpt_to", 550)
    assert talk.events[2:4] == ["say 2", "heard 2"]


def test_an_envelope_that_came_along_may_be_refused_and_still_want_a_body() -> None:
    odd = "S: 250 taken\nS: 250 ok\nS: 550 nobody\nS: 354 go on\nbody\nS: 554 none\nC: QUIT"
    talk = play(UP_TO_OVERLAP + odd, 3)
    assert [talk.reply(n) for n in (1, 2, 3)] == [TAKEN, TAKEN, ("rcpt_to", 550)]
    assert talk.relay.bodies[2] == b".\r\n"


@pytest.mark.parametrize(
    ("came", "goes_ahead", "left"),
    [
        (b"250 a\r\n251 b\r\n354 c\r\n", True, 0),
        (b"250 a\r\n250 b\r\n354 c\r\n421 d\r\n", True, 1),
        (b"250 a\r\n550 b\r\n354 c\r\n", False, 3),
        (b"550 a\r\n250 b\r\n354 c\r\n", False, 3),
        (b"250 a\r\n250 b\r\n250 c\r\n", False, 3),
        (b"250 a\r\n250 b\r\n451 c\r\n", False, 3),
        (b"250 a\r\n250 b\r\n", False, 2),
    ],
)
def test_replies_are_passed_over_only_where_all_three_are_hoped_for(
    came: bytes, goes_ahead: bool, left: int
) -> None:
    async def run() -> tuple[bool, int]:
        async with relay(PIPELINING) as found:
            line = await open_line(found.endpoint)
            line.listen(came)
            try:
                return line.goes_ahead(), line.unread
            finally:
                line.abort()

    assert asyncio.run(run()) == (goes_ahead, left)


def test_a_lone_dot_may_be_withdrawn_too() -> None:
    odd = "C: MAIL\nC: RCPT\nC: DATA\nS: 250 ok\nS: 550 nobody\nS: 354 go on\n"
    talk = play(PIPELINING + ONE_GOOD + odd + "wait", 3, say=lambda parcel: parcel.attempt_id == 1)
    assert talk.reply(2) == ("rcpt_to", 550)
    assert (talk.lost, talk.left) == (True, 1)


@pytest.mark.parametrize(
    ("replies", "phase", "code"),
    [
        ("S: 550 5.7.1 not you", "mail_from", 550),
        ("S: 250 ok\nC: RCPT\nS: 550 5.1.1 nobody", "rcpt_to", 550),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 451 4.3.0 later", "data", 451),
        (
            "S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nS: 552 5.3.4 big",
            "final_dot",
            552,
        ),
        (
            "S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nS: 451 4.7.1 spam?",
            "final_dot",
            451,
        ),
    ],
)
def test_a_refusal_says_whom_it_is_about(replies: str, phase: str, code: int) -> None:
    talk = play(f"{PLAIN}C: MAIL\n{replies}\nwait")
    assert talk.reply(1) == (phase, code)


@pytest.mark.parametrize(
    ("replies", "phase", "code"),
    [
        ("S: 421 4.3.2 going down\nclose", "mail_from", 421),
        ("S: 421 4.3.2 going down\nwait", "mail_from", 421),
        ("close", "mail_from", None),
        ("reset", "mail_from", None),
        ("wait", "mail_from", None),
        ("S: 354 what?\nwait", "mail_from", None),
        ("S: this is not SMTP\nwait", "mail_from", None),
        ("S: 999 no such code\nwait", "mail_from", None),
        ("S: 250-and no\nwait", "mail_from", None),
        ("S: 250 ok\nC: RCPT\nclose", "rcpt_to", None),
        ("S: 250 ok\nC: RCPT\nS: 421 enough\nclose", "rcpt_to", 421),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nclose", "data", None),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 250 for what?\nwait", "data", None),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nS: 421 no\nwait", "data", None),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nclose", "final_dot", None),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nreset", "final_dot", None),
        ("S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nwait", "final_dot", None),
        (
            "S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nS: 354 what?\nwait",
            "final_dot",
            None,
        ),
        (
            "S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nS: \u00e4h\nwait",
            "final_dot",
            None,
        ),
        (
            "S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nS: 421 no\nclose",
            "final_dot",
            421,
        ),
        (
            "S: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nS: 421 no\nwait",
            "final_dot",
            421,
        ),
    ],
)
def test_a_line_that_breaks_decides_only_what_it_answered(
    replies: str, phase: str, code: int | None
) -> None:
    talk = play(f"{PLAIN}C: MAIL\n{replies}", 2)
    assert talk.reply(1) == (phase, code)
    assert talk.replies[1].text
    assert (talk.lost, talk.left, list(talk.replies)) == (True, 1, [1])


@pytest.mark.parametrize(
    ("answers", "second", "third"),
    [
        ("S: 250 taken\nS: 421 enough\nclose", TAKEN, ("mail_from", 421)),
        ("S: 250 taken\nclose", TAKEN, ("mail_from", None)),
        ("S: 250 taken\nreset", None, ("mail_from", None)),
        ("S: 421 not taken\nclose", ("final_dot", 421), ("mail_from", None)),
        ("close", ("final_dot", None), ("mail_from", None)),
        ("wait", ("final_dot", None), ("mail_from", None)),
        ("S: 250 taken\nS: 250 ok\nclose", TAKEN, ("rcpt_to", None)),
        ("S: 250 taken\nS: 250 ok\nS: 250 ok\nclose", TAKEN, ("data", None)),
        ("S: 250 taken\nS: 250 ok\nS: 250 ok\nS: 250 what?\nwait", TAKEN, ("data", None)),
        ("S: 250 taken\nS: 250 twice\nS: 250 ok\nS: 250 ok\nwait", TAKEN, ("data", None)),
        ("S: 354 what?\nwait", ("final_dot", None), ("mail_from", None)),
        ("S: rubbish\nwait", ("final_dot", None), ("mail_from", None)),
        ("S: 250 taken\nS: rubbish\nwait", TAKEN, ("mail_from", None)),
        ("S: 250 taken\nS: 550 5.1.8 bad sender\nS: 503 no\nS: 503 no", TAKEN, ("mail_from", 550)),
        (
            "S: 552 5.2.3 big\nS: 250 ok\nS: 250 ok\nS: 354 go\nbody\nS: 250 t",
            ("final_dot", 552),
            TAKEN,
        ),
    ],
)
def test_at_most_one_message_is_in_doubt_when_two_are_under_way(
    answers: str, second: tuple[str, int | None] | None, third: tuple[str, int | None]
) -> None:
    talk = play(UP_TO_OVERLAP + answers, 3)
    assert talk.reply(1) == TAKEN
    if second is not None:
        assert talk.reply(2) == second
    assert talk.reply(3) == third
    assert sorted(talk.replies) == [1, 2, 3]


def test_an_accepted_body_is_known_although_the_server_closes_at_once() -> None:
    """The 250 comes together with a 421 and the end; writing first would lose it."""
    script = UP_TO_OVERLAP + "S: 250 2.0.0 taken\nS: 421 4.7.0 enough for one line\nclose"
    for _ in range(20):
        assert play(script, 3).reply(2) == TAKEN


def test_an_anomaly_makes_the_line_more_careful() -> None:
    assert play(UP_TO_OVERLAP + "S: 354 what?\nwait", 3).level == "group"
    odd = "S: 250 taken\nS: 503 nested MAIL\nS: 503 no\nS: 503 no"
    assert play(UP_TO_OVERLAP + odd, 3).level == "group"


def test_withdrawing_says_nothing_and_closes_the_line() -> None:
    talk = play(
        PLAIN + "C: MAIL\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go on\nwait",
        2,
        say=lambda parcel: False,
    )
    assert talk.reply(1) == ("data", None)
    assert talk.replies[1].text.startswith("withdrawn")
    assert (talk.lost, talk.left, talk.relay.bodies) == (True, 1, [])


def test_withdrawing_in_the_middle_of_two_touches_neither_body() -> None:
    talk = play(
        PIPELINING + ONE_GOOD + GROUP + "wait", 3, say=lambda parcel: parcel.attempt_id == 1
    )
    assert talk.reply(2) == ("data", None)
    assert talk.reply(3) == ("mail_from", None)
    assert talk.replies[3].text.startswith("withdrawn")
    assert len(talk.relay.bodies) == 1


def test_an_idle_close_is_noticed_before_anything_is_taken() -> None:
    talk = play(PLAIN + ONE_GOOD + "S: 421 4.4.2 idle too long\nclose", 2)
    assert talk.reply(1) == TAKEN
    assert (talk.left, talk.lost, list(talk.replies)) == (1, True, [1])


def test_what_the_server_said_meanwhile_is_heard_before_more_is_said() -> None:
    """Our loop was busy while the server said goodbye: reading comes before writing."""

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 hi\r\n")
            for answer in (b"250 me", b"250 ok", b"250 ok", b"354 go"):
                connection.recv(4096)
                connection.sendall(answer + b"\r\n")
            connection.recv(4096)
            connection.sendall(b"250 taken\r\n")
            busy.wait(PATIENCE)
            connection.sendall(b"421 4.3.2 enough\r\n")
            connection.shutdown(socket.SHUT_WR)
            said_goodbye.set()
            connection.recv(4096)

    async def run(port: int) -> list[tuple[int, Reply]]:
        line = await open_line(Relay(port).endpoint)
        first, second = parcels(2)
        told: list[tuple[int, Reply]] = []

        def heard(parcel: Parcel, reply: Reply) -> None:
            busy.set()
            said_goodbye.wait(PATIENCE)
            told.append((parcel.attempt_id, reply))

        await converse(line, first, take=lambda: second, say=lambda _: True, heard=heard, most=2)
        await line.quit()
        return told

    busy, said_goodbye = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        told = asyncio.run(run(listening.getsockname()[1]))
        thread.join()
    assert told == [(1, Reply("final_dot", 250, "taken"))]


def test_a_line_that_was_lost_while_idle_can_be_told_apart() -> None:
    async def run() -> None:
        async with relay(PLAIN + ONE_GOOD + "S: 421 4.4.2 idle\nclose") as found:
            line = await open_line(found.endpoint)
            talk = Talk(found)
            await carry(line, parcels(1), talk)
            while not line.lost:
                await asyncio.sleep(0.01)
            assert not await line.still_open()
            await carry(line, parcels(1), talk2 := Talk(found))
            assert talk2.reply(1) == ("mail_from", None)
            assert talk2.carried == 0
            await line.quit()

    asyncio.run(run())


def test_being_cancelled_tells_of_everything_under_way() -> None:
    async def run() -> Talk:
        script = PIPELINING + ONE_GOOD + GROUP + "body\nwait"
        async with relay(script) as found:
            line = await open_line(found.endpoint)
            talk = Talk(found)
            task = asyncio.create_task(carry(line, parcels(4), talk))
            while len(found.bodies) < 2:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert line.lost
            await line.quit()
            return talk

    talk = asyncio.run(run())
    assert talk.reply(2) == ("final_dot", None)
    assert talk.reply(3) == ("mail_from", None)
    assert sorted(talk.replies) == [1, 2, 3]


def test_a_callback_that_fails_leaves_nobody_untold() -> None:
    def broken(parcel: Parcel) -> bool:
        raise RuntimeError("the journal is on a full disk")

    async def run() -> Talk:
        script = PLAIN + "C: MAIL\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go on\nwait"
        async with relay(script) as found:
            line = await open_line(found.endpoint)
            talk = Talk(found)
            with pytest.raises(RuntimeError):
                await carry(line, parcels(2), talk, say=broken)
            assert line.lost
            await line.quit()
            return talk

    talk = asyncio.run(run())
    assert talk.reply(1) == ("data", None)
    assert talk.relay.bodies == []


def test_every_reply_has_its_own_patience() -> None:
    """Three slow replies may together take longer than one may take."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        while not (line := await reader.readuntil(b"\r\n")).startswith(b"QUIT"):
            await asyncio.sleep(0.8)
            writer.write(b"354 go\r\n" if line.startswith(b"DATA") else b"250 ok\r\n")
            if line.startswith(b"DATA"):
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(0.8)
                writer.write(b"250 taken\r\n")
        writer.close()

    async def run() -> Talk:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            talk = Talk(Relay(server.sockets[0].getsockname()[1], patience=3.5))
            line = await open_line(talk.relay.endpoint)
            await carry(line, parcels(1), talk)
            await line.quit()
            return talk

    assert asyncio.run(run()).reply(1) == TAKEN
