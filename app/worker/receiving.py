"""The receiver as a child process: it listens on our socket, and says when it stored a mail."""

import socket
import subprocess
import threading
from collections.abc import Callable, Mapping

from app.worker.child import ChildProcess

#: What is run: the receiver, by this very Python.
PROGRAM = ("-P", "-m", "app.receiver")
#: So many may wait to be answered.
BACKLOG = 100


class ReceiverProcess(ChildProcess):
    """Takes mail in by SMTP. The socket is ours and listens already: who comes before the receiver
    is ready, or while it is started again, waits. ``stored`` is called after each mail.
    """

    _stdout = subprocess.PIPE

    def __init__(
        self,
        environment: Mapping[str, str],
        listening: socket.socket,
        *,
        stored: Callable[[], None],
    ) -> None:
        listening.listen(BACKLOG)
        number = listening.fileno()
        super().__init__(environment, "receiver", (*PROGRAM, str(number)), (number,))
        self._stored = stored

    def _met(self, child: subprocess.Popen[bytes]) -> None:
        threading.Thread(target=self._hear, args=(child,), name="receiver", daemon=True).start()

    def _hear(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        with child.stdout as told:
            while told.readline():
                self._stored()
