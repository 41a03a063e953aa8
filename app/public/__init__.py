"""Pages for people without a key: what runs here, the way out of every mail, sites' approvals."""

from app.public import connecting, documentation, hooks  # noqa: F401 - their routes
from app.public.pages import blueprint

__all__ = ["blueprint"]
