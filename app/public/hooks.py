"""Where sites say that something changed, and where programs post rows; both prove who they are."""

from uuid import UUID

from flask import Response, jsonify, request

from app.public.pages import blueprint, runtime
from app.sources.webhooks import hinting, taking
from app.sources.webhooks.taking import Posted

#: The largest bodies: an order with all it holds, and some rows.
LARGEST_HINT = 2 * 1024 * 1024
LARGEST_POST = 256 * 1024


@blueprint.post("/hints/<uuid:hint_id>")
def hint(hint_id: UUID) -> Response:
    """A site says that something changed there."""
    hinting.hear(runtime(), hint_id, _headers(), _body(LARGEST_HINT))
    return jsonify(status="ok")


@blueprint.post("/webhooks/<uuid:webhook_id>")
def webhook(webhook_id: UUID) -> tuple[Response, int]:
    """Rows that a program hands in; they are among the contacts a little later."""
    posted = Posted(_body(LARGEST_POST), request.content_type or "", _headers())
    is_new = taking.take(runtime(), webhook_id, posted)
    return jsonify(status="accepted" if is_new else "known"), 202


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _body(largest: int) -> bytes:
    request.max_content_length = largest
    return request.get_data(cache=False)
