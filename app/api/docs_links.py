"""What is wrong with a source comes with a link to the page that tells more."""

from typing import Any

from marshmallow import fields
from marshmallow.utils import get_value

from app.api.access import runtime
from wp_bridge.reasons import page_about


class DocsLink(fields.Url):
    """The page about the ``state`` of a ``source``, or of a whole site where there is no source."""

    def __init__(self) -> None:
        super().__init__(required=True, dump_only=True)

    def serialize(self, attr: str, obj: Any, accessor: Any = None, **kwargs: Any) -> str:
        """Where it is served: by this very server."""
        page = page_about(get_value(obj, "source", ""), get_value(obj, "state", ""))
        return f"{runtime().base_url}/docs/{page}"
