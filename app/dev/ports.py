"""Ports that stay ours while nobody listens there: whoever is dead is never taken for another."""

import asyncio
import socket


def kept(port: int = 0) -> socket.socket:
    """Takes a port of 127.0.0.1 until it is closed; 0 takes a free one.

    Who connects is refused, and no other program is given the port. It can be listened on: with
    this socket itself, or (on Linux) beside it, by any server that sets SO_REUSEADDR and is told
    the number. Raises OSError when somebody listens there.
    """
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
    except BaseException:
        made.close()
        raise
    return made


def number(port: socket.socket) -> int:
    """What others have to be told of a port that is kept."""
    found: int = port.getsockname()[1]
    return found


async def close(server: asyncio.Server) -> None:
    """Nobody is let in any more. Who was let in a moment ago is known to ``server`` first: asyncio
    loses a connection, and leaves it open, whose server is closed before.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening)
    await asyncio.sleep(0)
    server.close()
