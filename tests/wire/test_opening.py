"""aiosmtplib opens a line and hands it over: plain, STARTTLS, TLS, login, and each way to fail."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.rules.replies.meaning import Reply
from app.wire import line as lines
from app.wire import opening, trust
from app.wire.opening import Endpoint, LineRefused, Step, open_line
from bench.missing import Missing, tool
from bench.sinks import sink
from tests.waiting import PATIENCE
from tests.wire import certificates
from tests.wire.scripted import PIPELINING, Relay, Talk, carry, parcels, relay
from tests.wire.servers import PASSWORD, USERNAME, Server, smtp_server


def endpoint(port: int, encryption: str = "none", **more: object) -> Endpoint:
    found = Endpoint(
        "127.0.0.1", port, encryption, "", "", hello_name="t.example", connect_seconds=PATIENCE
    )
    return replace(found, **more)  # type: ignore[arg-type]


def send(where: Endpoint, count: int = 5) -> Talk:
    async def run() -> Talk:
        talk = Talk(Relay())
        line = await open_line(where)
        assert line.pipelining
        await carry(line, parcels(count), talk)
        await line.quit()
        return talk

    return asyncio.run(run())


def refused(where: Endpoint) -> Reply:
    async def run() -> Reply:
        with pytest.raises(LineRefused) as error:
            await open_line(where)
        return error.value.reply

    return asyncio.run(run())


def assert_all_arrived(server: Server, talk: Talk, count: int) -> None:
    assert [talk.reply(n) for n in range(1, count + 1)] == [("final_dot", 250)] * count
    assert [envelope.rcpt_tos for envelope in server.envelopes] == [
        [f"c{n}@home.example"] for n in range(1, count + 1)
    ]
    assert server.envelopes[-1].content == f"Subject: {count}\r\n\r\nhello {count}\r\n".encode()


def test_the_hand_over_works_on_a_plain_line() -> None:
    with smtp_server() as server:
        assert_all_arrived(server, send(endpoint(server.port)), 5)


def test_whom_to_trust_is_looked_up_only_where_tls_is_spoken() -> None:
    with smtp_server() as server:
        before = trust._made.cache_info()
        send(endpoint(server.port))
        assert trust._made.cache_info() == before
        assert refused(endpoint(server.port, "ssl")).phase == "starttls"
        assert trust._made.cache_info() != before


def test_the_hand_over_works_after_starttls_and_login(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    with smtp_server(starttls=made.server, auth_required=True) as server:
        where = endpoint(
            server.port, "tls", tls_trusted=made.trusted, username=USERNAME, password=PASSWORD
        )
        assert_all_arrived(server, send(where), 5)


def test_the_hand_over_works_on_a_line_that_is_tls_from_the_start(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    with smtp_server(implicit=made.server, auth_require_tls=False) as server:
        where = endpoint(
            server.port, "ssl", tls_trusted=made.trusted, username=USERNAME, password=PASSWORD
        )
        assert_all_arrived(server, send(where), 5)


def test_a_login_without_tls_works_where_the_server_allows_it() -> None:
    with smtp_server(auth_require_tls=False) as server:
        where = endpoint(server.port, username=USERNAME, password=PASSWORD)
        assert_all_arrived(server, send(where), 5)


@pytest.fixture
def postfix() -> Iterator[int]:
    """The port of a real Postfix's smtp-sink."""
    try:
        tool("smtp-sink")
    except Missing as error:
        pytest.skip(str(error))
    with sink() as port:
        yield port


def test_a_real_postfix_takes_hundreds(postfix: int) -> None:
    talk = send(endpoint(postfix), 300)
    assert {talk.reply(n) for n in range(1, 101)} == {("final_dot", 250)}
    assert (talk.carried, talk.left, talk.level) == (100, 200, "overlap")


def test_each_step_is_told_and_none_of_them_tells_the_password(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    steps: list[Step] = []

    async def run(where: Endpoint) -> None:
        line = await open_line(where, tell=steps.append)
        await line.quit()

    with smtp_server(starttls=made.server) as server:
        where = endpoint(
            server.port, "tls", tls_trusted=made.trusted, username=USERNAME, password=PASSWORD
        )
        asyncio.run(run(where))
    assert [step.phase for step in steps] == [
        "dns", "connect", "greeting", "ehlo", "starttls", "ehlo", "auth",
    ]  # fmt: skip
    assert [step.code for step in steps] == [None, None, 220, 250, 220, 250, 235]
    assert "TLSv1" in steps[4].text
    assert PASSWORD not in repr(steps) + repr(where)


def test_a_wrong_password_is_asked_about_once(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    with smtp_server(starttls=made.server) as server:
        where = endpoint(
            server.port, "tls", tls_trusted=made.trusted, username=USERNAME, password="wrong"
        )
        reply = refused(where)
    assert reply == Reply("auth", 535, "5.7.8 Username and Password not accepted")


def test_a_refused_login_is_not_tried_in_another_way() -> None:
    script = "S: 220 hi\nC: EHLO\nS: 250-x\nS: 250 AUTH PLAIN LOGIN\nC: AUTH PLAIN\nS: 535 no\n"

    async def run() -> list[str]:
        async with relay(script) as found:
            with pytest.raises(LineRefused):
                await open_line(replace(found.endpoint, username="u", password="p"))
            return found.commands

    assert [command.split()[0] for command in asyncio.run(run())] == ["EHLO", "AUTH"]


def test_one_login_method_that_is_not_there_gives_way_to_the_next() -> None:
    script = """
    S: 220 hi
    C: EHLO
    S: 250-x
    S: 250 AUTH PLAIN LOGIN
    C: AUTH PLAIN
    S: 504 5.5.4 not really
    C: AUTH LOGIN
    S: 334 UGFzc3dvcmQ6
    C:
    S: 235 welcome
    C: QUIT
    """

    async def run() -> Relay:
        async with relay(script) as found:
            line = await open_line(replace(found.endpoint, username="u", password="p"))
            await line.quit()
            return found

    assert asyncio.run(run()).surprises == []


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    with smtp_server(starttls=made.server) as server:
        reply = refused(endpoint(server.port, "tls", username=USERNAME, password=PASSWORD))
    assert (reply.phase, reply.code) == ("starttls", None)
    assert "certificate verify failed" in reply.text
    with smtp_server(implicit=made.server) as server:
        reply = refused(endpoint(server.port, "ssl"))
    assert (reply.phase, reply.code) == ("starttls", None)


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    made = certificates.made(tmp_path, host="other.example")
    with smtp_server(starttls=made.server) as server:
        reply = refused(endpoint(server.port, "tls", tls_trusted=made.trusted))
    assert reply.phase == "starttls"
    assert "127.0.0.1" in reply.text


def test_starttls_is_never_given_up_silently() -> None:
    with smtp_server() as server:
        reply = refused(endpoint(server.port, "tls", username=USERNAME, password=PASSWORD))
    assert (reply.phase, reply.code) == ("starttls", None)


def test_a_server_without_login_says_so() -> None:
    with smtp_server(auth_require_tls=True) as server:
        reply = refused(endpoint(server.port, username=USERNAME, password=PASSWORD))
    assert (reply.phase, reply.code) == ("auth", None)
    assert "no login" in reply.text


@pytest.mark.parametrize(
    ("script", "reply"),
    [
        ("S: 421 4.3.2 too busy\nclose", Reply("greeting", 421, "4.3.2 too busy")),
        ("S: 554 5.7.1 go away\nclose", Reply("greeting", 554, "5.7.1 go away")),
        ("close", Reply("greeting", None, "Unexpected EOF received")),
        ("wait", Reply("greeting", None, "no answer within 2 seconds")),
        ("S: HTTP/1.1 400 Bad Request\nwait", None),
        ("S: 220 hi\nC: EHLO\nS: 550 5.7.1 not you", Reply("ehlo", 550, "5.7.1 not you")),
        ("S: 220 hi\nC: EHLO\nwait", Reply("ehlo", None, "no answer within 2 seconds")),
        ("S: 220 hi\nC: EHLO\nS: 421 bye\nclose", Reply("ehlo", 421, "bye")),
    ],
)
def test_a_server_that_does_not_want_us_is_quoted(script: str, reply: Reply | None) -> None:
    seconds = 2 if script.endswith("wait") else PATIENCE

    async def run() -> Reply:
        async with relay(script) as found:
            with pytest.raises(LineRefused) as error:
                await open_line(replace(found.endpoint, connect_seconds=seconds))
            return error.value.reply

    found = asyncio.run(run())
    assert found.phase in ("greeting", "ehlo")
    if reply is None:
        assert found.code is None
    else:
        assert found == reply


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "501 what"])
def test_a_starttls_that_is_refused_is_quoted(answer: str) -> None:
    script = f"S: 220 hi\nC: EHLO\nS: 250-x\nS: 250 STARTTLS\nC: STARTTLS\nS: {answer}"

    async def run() -> Reply:
        async with relay(script) as found:
            with pytest.raises(LineRefused) as error:
                await open_line(replace(found.endpoint, encryption="tls"))
            return error.value.reply

    code, _, text = answer.partition(" ")
    assert asyncio.run(run()) == Reply("starttls", int(code), text)


def test_an_old_server_is_greeted_the_old_way() -> None:
    script = "S: 220 hi\nC: EHLO\nS: 502 what?\nC: HELO\nS: 250 hello\nC: QUIT"

    async def run() -> None:
        async with relay(script) as found:
            line = await open_line(found.endpoint)
            assert (line.pipelining, line.level, line.size_limit) == (False, "lock_step", None)
            await line.quit()
            assert found.surprises == []

    asyncio.run(run())


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70])
def test_a_wrong_host_is_a_fault_of_the_name(host: str) -> None:
    reply = refused(endpoint(25, host=host))
    assert (reply.phase, reply.code) == ("dns", None)


def test_a_closed_port_is_a_fault_of_the_connection(dead_port: int) -> None:
    reply = refused(endpoint(dead_port))
    assert reply == Reply("connect", None, "Connection refused")


def test_tls_towards_a_server_that_speaks_plainly_is_a_fault_of_tls() -> None:
    async def run() -> Reply:
        async with relay("S: 220 hi\nwait") as found:
            with pytest.raises(LineRefused) as error:
                await open_line(replace(found.endpoint, encryption="ssl"))
            return error.value.reply

    assert asyncio.run(run()).phase == "starttls"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "10.1.2.3"])
def test_private_addresses_are_refused_before_anything_is_said(host: str) -> None:
    async def run() -> tuple[Reply, list[str]]:
        async with relay(PIPELINING) as found:
            with pytest.raises(LineRefused) as error:
                await open_line(replace(found.endpoint, host=host, allow_private=False))
            return error.value.reply, found.commands

    reply, commands = asyncio.run(run())
    assert (reply.phase, reply.code) == ("dns", None)
    assert "PRESSFERRY__NETWORK__ALLOW_PRIVATE" in reply.text
    assert commands == []


def test_what_the_server_said_in_the_same_breath_as_its_welcome_is_not_lost() -> None:
    login = "S: 220 hi\nC: EHLO\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH\nS: 235 ok\n"
    script = login + "S: 421 too many\nwait"

    async def run() -> bool:
        async with relay(script) as found:
            line = await open_line(replace(found.endpoint, username="u", password="p"))
            return await line.still_open()

    assert asyncio.run(run()) is False


def test_taking_leave_of_a_silent_server_does_not_take_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However patient one is with its other replies."""
    monkeypatch.setattr(lines, "QUIT_SECONDS", 0.2)

    async def run() -> float:
        async with relay(PIPELINING + "C: QUIT\nwait") as found:
            found.patience = PATIENCE
            line = await open_line(found.endpoint)
            loop = asyncio.get_running_loop()
            since = loop.time()
            await line.quit()
            await line.quit()
            assert line.lost
            return loop.time() - since

    assert asyncio.run(run()) < PATIENCE / 2


def test_a_line_that_is_not_opened_in_time_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is this machine's own name that nobody knows in time."""
    gone = threading.Event()

    def nobody_knows() -> str:
        gone.wait(PATIENCE)
        return "t.example"

    async def run() -> bytes:
        heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.set_result(await reader.read())
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            nameless = replace(endpoint(port), hello_name="", connect_seconds=2)
            with pytest.raises(LineRefused, match="greeting: no answer within 2 seconds") as error:
                await open_line(nameless)
            gone.set()
            del error
            return await asyncio.wait_for(heard, PATIENCE)

    monkeypatch.setattr(opening, "_own_name", nobody_knows)
    assert asyncio.run(run()) == b""
