"""What others see of a port of this machine: whether somebody answers, whether they can have it."""

import errno
import socket
import struct
from collections.abc import Callable

#: Linux (6.3 and newer): among which ports a socket is given a free one.
_RANGE = getattr(socket, "IP_LOCAL_PORT_RANGE", 51)


def refuses(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def is_to_be_had(port: int) -> bool:
    """Whether a server that takes any free port could be given this one."""
    with socket.socket() as other:
        wanted = _only(other, port)
        try:
            other.bind(("127.0.0.1", wanted))
            other.listen()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        return bool(other.getsockname()[1] == port)


def _only(other: socket.socket, port: int) -> int:
    """Leaves a socket no choice but this port; gives what it has to ask for."""
    try:
        other.setsockopt(socket.IPPROTO_IP, _RANGE, struct.pack("I", port | port << 16))
    except OSError:  # an older system
        return port
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
    return 0


def keeps_its_port(port: int, stop: Callable[[], object]) -> bool:
    """Whether what listens there refuses after ``stop``, and nobody else is given its port."""
    assert not refuses(port)
    stop()
    return refuses(port) and not is_to_be_had(port)
