"""A port that is kept: nobody answers there, nobody else is given it, a server can listen there."""

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.dev import ports
from tests.agent.conftest import switched_on
from tests.faults.relay import SickRelay
from tests.ports import is_to_be_had, keeps_its_port, refuses
from tests.sending.servers import RelayServer
from tests.watching.inbox import Receiver


def test_nobody_answers_and_nobody_else_is_given_it() -> None:
    with ports.kept() as kept:
        port = ports.number(kept)
        assert refuses(port)
        assert not is_to_be_had(port)
    assert is_to_be_had(port), "this test could not have failed"


def test_servers_listen_beside_it_one_after_the_other() -> None:
    with ports.kept() as kept:
        port = ports.number(kept)
        for _ in range(2):
            server = make_server("127.0.0.1", port, Flask("any"))
            assert not is_to_be_had(port)
            assert keeps_its_port(port, server.server_close)


def test_it_can_be_listened_on_itself() -> None:
    with ports.kept() as kept:
        kept.listen()
        assert not refuses(ports.number(kept))
        with pytest.raises(OSError, match="in use"):
            ports.kept(ports.number(kept))


def test_stand_ins_that_stop_are_not_taken_for_others() -> None:
    """Else somebody who means the dead one reaches the stand-in of another test."""
    relay, sick, receiver = RelayServer().start(), SickRelay(), Receiver()
    address = receiver._server.server_port
    try:
        assert keeps_its_port(relay.port, relay.stop)
        assert keeps_its_port(sick.port, sick.hush)
        assert keeps_its_port(address, receiver.stop)
        relay.start()
        sick.listen()
        assert not refuses(relay.port)
        assert not refuses(sick.port)
    finally:
        for one in (relay, sick, receiver):
            one.end()
    with switched_on(Flask("any")) as server:
        assert keeps_its_port(server.port, server.off)
        server.on()
        assert not refuses(server.port)
