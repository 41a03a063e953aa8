"""The receiver: a process of its own that takes mail in by SMTP until its stdin ends."""

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from app import clock, logs
from app.db import Database
from app.submission.conversation import Conversation, Doorway
from app.submission.desk import Desk, Measures
from config.settings import Settings, load

#: So many mails are stored at the same time.
THREADS = 4
MOST_CONNECTIONS = 100
#: Connections get this long to hear the last answers when it stops.
STOP_SECONDS = 5.0


def main() -> int:
    """Listens on the socket whose number is the only argument; 0 when it stopped as asked.

    Each stored mail is told with a line on stdout, so that the sender can be woken.
    """
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    database = Database(settings.database_url, pool_size=THREADS)
    try:
        with socket.socket(fileno=int(sys.argv[1])) as listening:
            asyncio.run(receive(settings, database, listening))
    finally:
        database.close()
    return 0


async def receive(settings: Settings, database: Database, listening: socket.socket) -> None:
    """Takes mail in until stdin ends or SIGTERM comes."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "storing"))
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_wait_for_end, args=(loop, stop), name="ears", daemon=True).start()
    name = settings.sending.hello_name or socket.getfqdn()
    given = settings.submission
    desk = Desk(
        database,
        Measures(settings.largest_message, given.recipients, given.per_minute),
        name=name,
        now=clock.now,
        stored=_tell,
    )
    doorway = Doorway(MOST_CONNECTIONS)
    make = partial(Conversation, desk, doorway, name=name, tls=_tls(settings), loop=loop)
    server = await loop.create_server(make, sock=listening)
    await stop.wait()
    server.close()
    await _leave(doorway)


async def _leave(doorway: Doorway) -> None:
    """Waits until everybody is gone, but not for long; then cuts them."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            while doorway.inside:
                await asyncio.sleep(0.05)
    except TimeoutError:
        doorway.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    given = settings.submission
    if not given.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(given.certificate, given.key)
    return context


def _tell() -> None:
    sys.stdout.write("stored\n")
    sys.stdout.flush()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    try:
        loop.call_soon_threadsafe(stop.set)
    except RuntimeError:  # the loop has ended already
        pass


if __name__ == "__main__":
    sys.exit(main())
