"""How sync agents are known: no key travels, but a signature over every body that they send."""

import zlib

from flask import Request, abort, g, request

from app.api.access import runtime
from app.api.parsing import Parser
from app.errors import Invalid, Unauthorized
from app.sources.agents import enrolling

#: How an agent says who it is, in the words of OpenAPI.
SECURITY_SCHEMES = {
    "agent": {
        "type": "apiKey",
        "in": "header",
        "name": "Pressferry-Signature",
        "description": "Of a sync agent: `Pressferry-Agent: <id>` and `Pressferry-Signature: "
        "t=<Unix seconds>,v1=<hex>`, the HMAC-SHA256 of `<t>.<body as it is sent>` with the "
        "secret of its key",
    },
}
#: What a body may unfold to: a page is far smaller.
MOST_BYTES = 32 * 2**20


def admit() -> None:
    """Lets the request in when an agent signed it. Raises Unauthorized or Forbidden."""
    running = runtime()
    agent = request.headers.get("Pressferry-Agent", "")
    signature = request.headers.get("Pressferry-Signature", "")
    if not (agent and signature):
        raise Unauthorized("Give the headers Pressferry-Agent and Pressferry-Signature.")
    body = request.get_data(cache=True)
    with running.database.reading() as session:
        g.agent = enrolling.who_signed(
            session, agent, signature, body, vault=running.vault, now=running.now()
        )


def agent() -> enrolling.Known:
    """Who asks. Only routes for agents have one."""
    found: enrolling.Known = g.agent
    return found


def said() -> bytes:
    """What the agent says, unfolded: whoever says the same again may fold it differently."""
    found: bytes = g.agent_said
    return found


class AgentParser(Parser):
    """Bodies may be gzipped; none unfolds beyond what a page may be."""

    def body_of(self, req: Request) -> bytes:
        """The body as it was before it was folded."""
        raw = req.get_data(cache=True)
        coding = req.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip"):
            abort(415, description="Content-Encoding may be gzip, or left out.")
        g.agent_said = _unfolded(raw) if coding == "gzip" else raw
        return said()


def _unfolded(raw: bytes) -> bytes:
    unfolding = zlib.decompressobj(wbits=31)
    try:
        body = unfolding.decompress(raw, MOST_BYTES + 1)
    except zlib.error:
        abort(400, description="The body is not gzip, though it says so.")
    if len(body) > MOST_BYTES:
        raise Invalid(f"The body unfolds to more than {MOST_BYTES} bytes: send smaller pages.")
    if not unfolding.eof or unfolding.unused_data:
        abort(400, description="The gzip of the body is cut off, or something follows it.")
    return body
