"""Whose certificates are believed when nobody else was named: the system's authorities."""

import asyncio
import ssl
import threading
from functools import cache

_READING = threading.Lock()


async def authorities() -> ssl.SSLContext:
    """Reading them takes up to a third of a second: it is done once, and never on the loop."""
    return await asyncio.to_thread(_read)


def _read() -> ssl.SSLContext:
    with _READING:
        return _made()


@cache
def _made() -> ssl.SSLContext:
    return ssl.create_default_context()
