"""Reading a request: JSON that is JSON, queries that are known; everything else is refused."""

import json
from typing import Any, NoReturn

from flask import Request, abort
from marshmallow import RAISE
from webargs.core import missing
from webargs.flaskparser import FlaskParser, is_json_request


class Parser(FlaskParser):
    """Like its parent, but strict about the content type, about JSON and about unknown fields."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}

    def body_of(self, req: Request) -> bytes:
        """The bytes of the JSON."""
        return req.get_data(cache=True)

    def _raw_load_json(self, req: Request) -> Any:
        raw = self.body_of(req)
        if not raw:
            return missing
        if not is_json_request(req):
            abort(415, description="Send JSON, with the header 'Content-Type: application/json'.")
        try:
            return json.loads(raw.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            abort(400, description="The body is not JSON in UTF-8, or is nested too deeply.")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
