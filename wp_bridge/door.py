"""Connections that look whom they reached before a byte is said.

A name can lead to another address each time it is asked for, so neither the URL nor a look-up
beforehand says whom a request goes to: only the connected socket does.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

#: Whether a connection to this IP address may be used.
Allowed = Callable[[str], bool]


class Refused(Exception):
    """The name led to ``ip``, which may not be spoken to; ``scheme`` is how it would have been."""

    def __init__(self, ip: str, scheme: str) -> None:
        super().__init__(ip)
        self.ip = ip
        self.scheme = scheme


class Door(HTTPAdapter):
    """A requests adapter that leaves only for addresses that are allowed, per scheme.

    For one thread at a time; another one may ``hang_up``.
    """

    def __init__(self, http: Allowed, https: Allowed) -> None:
        self._pools = {"http": _http_pool(self, http), "https": _https_pool(self, https)}
        self._lines: dict[tuple[str, int], socket.socket] = {}
        super().__init__(pool_connections=4, pool_maxsize=1, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """Where requests makes its connections."""
        self.poolmanager = PoolManager(connections, maxsize=maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def hang_up(self) -> None:
        """Ends what is under way: whoever reads or writes there gets an error at once."""
        for line in list(self._lines.values()):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Gives the connections back."""
        super().close()
        for line in self._lines.values():
            line.close()
        self._lines.clear()

    def connected(self, line: socket.socket, host: str, port: int) -> None:
        """Remembers a connection. A copy, because TLS takes the socket itself over."""
        if older := self._lines.pop((host, port), None):
            older.close()
        self._lines[host, port] = line.dup()


def _http_pool(door: Door, allowed: Allowed) -> type[HTTPConnectionPool]:
    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _leave(door, allowed, self, super()._new_conn)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    return Pool


def _https_pool(door: Door, allowed: Allowed) -> type[HTTPSConnectionPool]:
    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _leave(door, allowed, self, super()._new_conn)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


def _leave(
    door: Door, allowed: Allowed, to: HTTPConnection, connect: Callable[[], socket.socket]
) -> socket.socket:
    scheme = "https" if isinstance(to, HTTPSConnection) else "http"
    _look_up(to.host, to.port, allowed, scheme)
    line = connect()
    ip = str(line.getpeername()[0])
    if not allowed(ip):
        line.close()
        raise Refused(ip, scheme)
    door.connected(line, to.host, to.port)
    return line


def _look_up(host: str, port: int, allowed: Allowed, scheme: str) -> None:
    """Refuses what is known beforehand, so that not even the handshake tells who listens there."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # connecting fails in the same way and says why
    addresses = [str(address[0]) for *_, address in found]
    if addresses and not any(allowed(ip) for ip in addresses):
        raise Refused(addresses[0], scheme)
