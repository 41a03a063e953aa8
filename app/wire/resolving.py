"""Names -> addresses, and a connection to one that may be talked to."""

import asyncio
import socket

from app.rules import network

FIRST_SECONDS = 5.0

#: What getaddrinfo says about one address: family and socket address.
Where = tuple[int, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class NotAllowed(Exception):
    """The name leads only to private addresses, and these are refused here."""


async def resolve(host: str, port: int, *, allow_private: bool) -> list[Where]:
    """Where ``host`` can be reached, in the system's order. Raises OSError and NotAllowed."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError(f"{host!r} is no host name") from None
    places: list[Where] = [(family, where) for family, _, _, _, where in found]
    allowed = [
        place
        for place in places
        if network.may_connect(str(place[1][0]), allow_private=allow_private)
    ]
    if not allowed:
        raise NotAllowed(_refusal(host, str(places[0][1][0]), allow_private=allow_private))
    return allowed


def _refusal(host: str, ip: str, *, allow_private: bool) -> str:
    leads = f"{host} leads to {ip}" if host != ip else ip
    if allow_private:
        return f"{leads}, an address that is no host of its own; these are never connected to"
    return (
        f"{leads}, a private address; these are refused unless "
        "PRESSFERRY__NETWORK__ALLOW_PRIVATE=true"
    )


async def connect(places: list[Where]) -> socket.socket:
    """A socket connected to the first of ``places`` that answers. Raises the last OSError.

    All but the last have seconds only: a dead IPv6 must not eat the time of a living IPv4.
    """
    for place in places[:-1]:
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                return await _connected(place)
        except OSError:
            continue
    return await _connected(places[-1])


async def _connected(place: Where) -> socket.socket:
    family, where = place
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock
