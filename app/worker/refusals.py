"""What the web server refuses by itself, such as a file that is too large, said like all else."""

import json

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

from app.api.problems import CONTENT_TYPE

_TOO_LARGE = (
    "The request is larger than anything that is taken here: a file may have {most:,} bytes "
    "(largest_upload in the section [sync] of the settings). Bring it in parts, or ask "
    "the operator."
)


class _Refusal(ErrorTask):  # type: ignore[misc]  # waitress says no types
    """Answers what no route ever sees."""

    def execute(self) -> None:
        """Writes the answer, and closes the line."""
        error, channel = self.request.error, self.channel
        detail = str(error.body)
        if isinstance(error, RequestEntityTooLarge):
            detail = _TOO_LARGE.format(most=channel.largest_upload)
        document = {
            "type": "about:blank",
            "title": error.reason,
            "status": error.code,
            "detail": detail,
            "errors": [],
        }
        body = json.dumps(document).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", CONTENT_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def channel(largest: int) -> type[HTTPChannel]:
    """A line to a client, whose refusals are problem documents. ``largest``: bytes of a file."""
    return type("Line", (HTTPChannel,), {"error_task_class": _Refusal, "largest_upload": largest})
